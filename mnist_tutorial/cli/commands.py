"""The commands around the data and the course: all but those of ``benchmark``."""

import hashlib
import json
import platform
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import typer

import mnist_tutorial as mt
from mnist_tutorial import course
from mnist_tutorial.cli.common import EXAMPLE, Force, Variant, app, say, show

BACKEND = typer.Option(help="For Linux. cpu: small; default: with CUDA; auto: cpu if its index can be reached.")
FOR_JUPYTERLAB = {"ignore_unknown_options": True}  # but pass them on, as they are
LAYOUT = typer.Option(help="class-folders: train/7/7_000123.png; flat: mnist/train/...; torchvision: MNIST/raw/...")
LAB_HELP = "A folder for the course, by default course, and options of JupyterLab, such as --port 9999."


@app.command(epilog=f"{EXAMPLE} fetch")
def fetch(variant: Variant = "full") -> None:
    """Fetch MNIST into the cache unless it is there, and verify it."""
    mnist = mt.load(variant)
    when = f", fetched {mnist.fetched}" if mnist.fetched else ""
    digits = f"{len(mnist.train):,} + {len(mnist.test):,} digits"
    say(f"MNIST {mnist.variant}: {digits}, verified, from {mnist.origin}{when}")
    for name, digest in mnist.digests._asdict().items():
        say(f"  SHA-256 of the {name.replace('_', ' '):12} {digest}")


@app.command(epilog=f"{EXAMPLE} export mnist --layout torchvision")
def export(
    folder: Annotated[str | None, typer.Argument(metavar="DIR", help="The folder to write into.")] = None,
    layout: Annotated[Literal["class-folders", "flat", "torchvision"], LAYOUT] = "class-folders",
    zip_file: Annotated[str | None, typer.Option("--zip", metavar="FILE", help="Write one zip file, too.")] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Add manifest.csv, a table of all files.")] = False,
    variant: Variant = "full",
    force: Force = False,
) -> None:
    """Write MNIST as PNG files, or as IDX files for torchvision, with a README and the licence."""
    if not (folder or zip_file) or "" in (folder, zip_file):  # a variable that is not set would be the current folder
        raise typer.BadParameter("no name to write to; expected DIR, --zip FILE, or both")
    mnist = mt.load(variant)
    from mnist_tutorial.data.export import LAYOUTS, ROOT, to_folder, to_zip

    if folder:
        written = to_folder(mnist, folder, layout, manifest, force)
        say(f"{folder}: MNIST {mnist.variant}, complete; {written:,} files written")
    if zip_file:
        written = to_zip(mnist, zip_file, layout, manifest, force)
        digest = hashlib.sha256(Path(zip_file).read_bytes()).hexdigest()
        say(f"{zip_file}: MNIST {mnist.variant}, {written:,} files, SHA-256 {digest}")
    for other, (_, use) in LAYOUTS.items():
        name, place = ("this", folder or ROOT) if other == layout else (f"--layout {other}", "DIR")
        say(f"  {name} is for {use.format(folder=place)}")


@app.command(epilog=f"{EXAMPLE} verify mnist.zip")
def verify(path: Annotated[str, typer.Argument(help="A folder, a clone, an archive or a file.")]) -> None:
    """Check whether PATH is MNIST, and list the differences."""
    from mnist_tutorial.data import verify as verification

    variant, findings = verification.verify(path)
    lines = [f"  {kind}: {name}" for kind, names in findings.items() for name in names]
    if len(lines) > 5:
        lines[5:] = [f"  ... and {len(lines) - 5:,} more"]
    say("\n".join([f"{path}: {verification.summary(variant, findings)}", *lines]), err=bool(lines))
    raise typer.Exit(int(bool(lines)))


@app.command(epilog=f"{EXAMPLE} cite > citations.md")
def cite() -> None:
    """Print the citations, with BibTeX."""
    print((files("mnist_tutorial") / "data/texts/citation.txt").read_text(encoding="utf-8"), end="")


@app.command(epilog=f"{EXAMPLE} lab --port 9999 course", context_settings=FOR_JUPYTERLAB)
def lab(arguments: Annotated[list[str] | None, typer.Argument(metavar="[DIR] [OPTION]", help=LAB_HELP)] = None) -> None:
    """Fetch MNIST, write the course into DIR, and open JupyterLab on it.

    Files that you have changed stay as they are. To end it, press Ctrl-C.
    """
    from mnist_tutorial.setup.lab import open_lab, split_arguments

    folder, options = split_arguments(arguments or [])
    fetch("auto")
    _write_course(folder)
    open_lab(folder / "student", options)


@app.command(epilog=f"{EXAMPLE} doctor --json > doctor.json")
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a teacher who collects it.")] = False,
) -> None:
    """Check whether the course will run here, and say what to do; exit code 1 if there is a problem."""
    from mnist_tutorial.setup.doctor import CHECKS, examine

    width, findings = max(map(len, CHECKS)), {}
    for name, finding in examine():
        findings[name] = finding
        if not as_json:
            advice = f"; {finding.advice}" if finding.advice else ""
            say(f"{finding.status:8}{name:{width}}  {finding.found}{advice}", flush=True)
    problems = [name for name, finding in findings.items() if finding.status == "problem"]
    if as_json:
        machine = f"{platform.system()} {platform.release()} {platform.machine()}"
        checks = [{"name": name, **finding._asdict()} for name, finding in findings.items()]
        report = {"version": mt.__version__, "machine": machine, "problems": problems, "checks": checks}
        # The name of a person is often that of the home folder.
        print(json.dumps(report, indent=1).replace(json.dumps(str(Path.home()))[1:-1], "~"))
    raise typer.Exit(int(bool(problems)))


@app.command(epilog=f"{EXAMPLE} kit /media/stick/kit --platform linux,windows --python 3.12")
def kit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder for the kit, on a stick for instance.")],
    platforms: Annotated[str | None, typer.Option("--platform", help="Some of linux,macos,windows; else this.")] = None,
    python: Annotated[str | None, typer.Option(metavar="VERSION", help="As in 3.12; by default this one.")] = None,
    torch_backend: Annotated[Literal["auto", "cpu", "default"], BACKEND] = "auto",
    verify: Annotated[bool, typer.Option("--verify", help="Check each file of the kit in DIR.")] = False,
) -> None:
    """Write a kit into DIR, from which a room without a network sets the course up; or check one.

    It is made in a clone of the repository. If it is interrupted, run it again: what is there is kept.
    """
    from mnist_tutorial.data.mirrors import out_of_reach
    from mnist_tutorial.setup import kit as kits

    if verify:
        return say(f"{folder}: {kits.verify(folder)} files, complete and unchanged")
    systems = [name.strip() for name in platforms.split(",")] if platforms else [kits.HERE]
    index = kits.TORCH_INDEX if "linux" in systems and torch_backend != "default" else None
    if index and torch_backend == "auto" and (failure := out_of_reach(f"{index}/torch/")):
        say(f"torch for Linux: the build with CUDA, since the small one is out of reach: {failure}", flush=True)
        index = None
    for sentence in kits.write(folder, systems, python or platform.python_version().rpartition(".")[0], index):
        say(sentence, flush=True)


@app.command(epilog=f"{EXAMPLE} workshop my-class")
def workshop(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into.")],
    start: Annotated[str, typer.Option(help="When the day begins.")] = "09:00",
    execute: Annotated[bool, typer.Option("--execute", help="Run the notebooks, for figures in the slides.")] = False,
    online: Annotated[bool, typer.Option("--online", help="Links lead to the repository, as for Colab.")] = False,
) -> None:
    """Write the course into DIR: notebooks, solutions, slides, plans, a check list."""
    _write_course(folder, start, execute, online)
    if not execute and (missing := course.not_run(course.folder())):
        say(f"notebooks without figures in slides and solutions: {len(missing)}; --execute makes them")
    say(f"begin with {folder / 'checklist.md'}")


def _write_course(folder, *options):
    """Write the course, and say which files differ from ours."""
    contents = course.files(course.folder(), *options)
    written = course.update(folder, contents)
    beside = {name: ours for name, ours in written.items() if ours != name}
    for name, ours in beside.items():
        say(f"{folder / name}: differs from ours, so it stays as it is; ours is {ours}")
    say(f"{folder}: {len(written) - len(beside)} of {len(contents)} files written")


@app.command(epilog=f"{EXAMPLE} grade downloads")
def grade(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What was handed in: a folder or a zip file.")],
    out: Annotated[Path, typer.Option(help="The file for the grades, as CSV.")] = Path("grades.csv"),
    limit: Annotated[float, typer.Option(min=0.1, max=3_600, metavar="SECONDS", help="For each answer.")] = 30,
    force: Force = False,
) -> None:
    """Run the checks on notebooks that were handed in, and write who solved what.

    DIR has notebooks, folders or zip files with the names of persons, as a learning platform delivers them. Each file
    that cannot be graded has a row with the reason; the exit code is then 1. A file for the grades with other contents
    stays, and ours goes beside it, unless you add --force.
    """
    from mnist_tutorial.course import grade as grading
    from mnist_tutorial.data import atomic

    grades = grading.grade(folder, course.lessons(course.folder()), limit)
    content = grading.as_csv(grades).encode("utf-8-sig")  # or spreadsheets take it for another encoding
    if not force and out.exists() and out.read_bytes() != content:
        say(f"{out}: differs from these grades, so it stays as it is; --force replaces it", err=True)
        out = out.with_stem(f"{out.stem}.new-{hashlib.sha256(content).hexdigest()[:6]}")
    if force or not out.exists():
        with atomic(out) as part:
            part.write_bytes(content)
    show(grading.summary(grades))
    solved, refused = (sum(grades.solved == word) for word in ("yes", "refused"))
    say(f"{out}: {len(grades) - refused:,} exercises, {solved:,} of them solved; {refused:,} files refused")
    raise typer.Exit(int(refused > 0))
