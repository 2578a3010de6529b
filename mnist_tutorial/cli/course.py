"""The commands around the course: ``lab``, ``doctor``, ``kit``, ``workshop`` and ``grade``."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer

from mnist_tutorial.cli.common import Variant, end_on_signals, errors, say, show
from mnist_tutorial.cli.data import fetch
from mnist_tutorial.errors import MNISTError

# Options of `lab` that we do not know are for JupyterLab, and come as they are.
FOR_JUPYTERLAB = {"ignore_unknown_options": True}
TORCH_INDEX = "https://download.pytorch.org/whl"
LAB_HELP = "A folder for the course, by default course, and options of JupyterLab, such as --port 9999."

Out = Annotated[Path, typer.Option(help="The file for the grades, as CSV.")]
Limit = Annotated[float, typer.Option(min=0.1, max=3_600, metavar="SECONDS", help="For each answer.")]
Replace = Annotated[
    bool, typer.Option("--force", help="Replace a file that is there; by default, ours goes beside it.")
]


def lab(arguments: Annotated[list[str] | None, typer.Argument(metavar="[DIR] [OPTION]", help=LAB_HELP)] = None) -> None:
    """Fetch MNIST, write the course into DIR, and open JupyterLab on it.

    Files that you have changed stay as they are. To end it, press Ctrl-C.

    Example: python -m mnist_tutorial lab --port 9999 course
    """
    with errors():
        from mnist_tutorial.setup.lab import check_lab, open_lab, split_arguments

        check_lab()
    folder, options = split_arguments(arguments or [])
    fetch(Variant.auto)
    write_course(folder)
    open_lab(folder / "student", options)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for a teacher who collects it.")] = False,
) -> None:
    """Check whether the course will run here, and say what to do; exit code 1 if there is a problem.

    Example: python -m mnist_tutorial doctor --json > doctor.json
    """
    from mnist_tutorial.setup.doctor import CHECKS, examine

    width, findings = max(map(len, CHECKS)), {}
    for name, finding in examine():
        findings[name] = finding
        if not as_json:
            advice = f"; {finding.advice}" if finding.advice else ""
            say(f"{finding.status:8}{name:{width}}  {finding.found}{advice}", flush=True)
    problems = [name for name, finding in findings.items() if finding.status == "problem"]
    if as_json:
        report = {
            "version": version("mnist-tutorial"),
            "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
            "problems": problems,
            "checks": [{"name": name, **finding._asdict()} for name, finding in findings.items()],
        }
        # The name of a person is often that of the home folder.
        print(json.dumps(report, indent=1).replace(json.dumps(str(Path.home()))[1:-1], "~"))
    elif problems:
        say(f"problems: {', '.join(problems)}", err=True)
    raise typer.Exit(int(bool(problems)))


def kit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, on a stick for instance.")],
    platforms: Annotated[
        str | None,
        typer.Option("--platform", metavar="NAMES", help="linux,macos,windows, or some of them; by default this one."),
    ] = None,
    python: Annotated[str | None, typer.Option(metavar="VERSION", help="As in 3.12; by default this one.")] = None,
    torch_backend: Annotated[
        Literal["auto", "cpu", "default"],
        typer.Option(help="For Linux. cpu: small; default: with CUDA; auto: cpu if its index can be reached."),
    ] = "auto",
    torch_index: Annotated[str, typer.Option(metavar="URL", help="Where torch's small build is.")] = TORCH_INDEX,
    verify: Annotated[bool, typer.Option("--verify", help="Check each file of the kit in DIR.")] = False,
) -> None:
    """Write a kit into DIR, from which a room without a network sets the course up; or check one.

    It is made in a clone of the repository. If it is interrupted, run it again: what is there is kept.

    Example: python -m mnist_tutorial kit /media/stick/kit --platform linux,windows --python 3.12
    """
    end_on_signals()
    with errors():
        from mnist_tutorial.setup import kit as kits

        if verify:
            count, findings = kits.verify(folder)
            if findings:
                say("\n".join(findings), err=True)
                raise typer.Exit(1)
            return say(f"{folder}: {count} files, complete and unchanged")
        systems = [name.strip() for name in platforms.split(",")] if platforms else [kits.HERE]
        index = _small_torch(torch_backend, f"{torch_index.rstrip('/')}/cpu") if "linux" in systems else None
        for sentence in kits.write(folder, systems, python or platform.python_version().rpartition(".")[0], index):
            say(sentence, flush=True)


def _small_torch(backend, index):
    """Return the index of torch's small build for Linux; None if the one with CUDA is wanted, or all that there is."""
    from mnist_tutorial.data.mirrors import out_of_reach

    if backend == "auto" and (failure := out_of_reach(f"{index}/torch/")):
        say(f"torch for Linux: the build with CUDA, since the small one is out of reach: {failure}", flush=True)
        return None
    return None if backend == "default" else index


def workshop(
    arguments: Annotated[list[Path], typer.Argument(metavar="DIR", help="The folder to write into.")],
    start: Annotated[str, typer.Option(help="When the day begins.")] = "09:00",
    execute: Annotated[
        bool, typer.Option("--execute", help="Run the notebooks, so that solutions and slides have figures.")
    ] = False,
    online: Annotated[
        bool,
        typer.Option("--online", help="Links lead to the repository, for notebooks opened one by one, as in Colab."),
    ] = False,
    out: Annotated[Path, typer.Option(hidden=True)] = Path("grades.csv"),  # of `workshop grade DIR`, as it was
    limit: Annotated[float, typer.Option(hidden=True)] = 30,
    force: Annotated[bool, typer.Option("--force", hidden=True)] = False,
) -> None:
    """Write the course into DIR: notebooks, solutions, slides, plans, a check list, as in `workshop my-class`."""
    *old, folder = arguments
    if old == [Path("grade")]:
        say(f"`workshop grade` is `grade` now; next time, run: python -m mnist_tutorial grade {folder}", err=True)
        return grade(folder, out, limit, force)
    if old not in ([], [Path("write")]) or arguments == [Path("grade")]:
        found = f"{' '.join(map(str, arguments))}; expected one folder, as in: workshop my-class"
        raise typer.BadParameter(f"{found}. For grades, run: python -m mnist_tutorial grade HANDED_IN")
    write_course(folder, start, execute, online)
    course = _course()
    if not execute and (missing := course.not_run(course.folder())):
        say(f"notebooks without figures in slides and solutions: {len(missing)}; --execute makes them")
    say(f"begin with {folder / 'checklist.md'}")


def write_course(folder: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> None:
    """Write the course, and say which files differ from ours."""
    end_on_signals()
    with errors():
        course = _course()
        files = course.files(course.folder(), start, execute, online)
        written = course.update(folder, files)
        beside = {name: ours for name, ours in written.items() if ours != name}
        for name, ours in beside.items():
            say(f"{folder / name}: differs from ours, so it stays as it is; ours is {ours}")
        say(f"{folder}: {len(written) - len(beside)} of {len(files)} files written")


def grade(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What was handed in: a folder or a zip file.")],
    out: Out = Path("grades.csv"),
    limit: Limit = 30,
    force: Replace = False,
) -> None:
    """Run the checks on notebooks that were handed in, and write who solved what, as in `grade downloads`.

    DIR has notebooks, folders or zip files with the names of persons, as a learning platform delivers them. Each file
    that cannot be graded has a row with the reason; the exit code is then 1.
    """
    end_on_signals()
    with errors():
        course = _course()
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
    if refused:
        raise typer.Exit(1)


def _course():
    """Import what needs JupyterLab."""
    try:
        from mnist_tutorial import course

        _ = course.files  # imported when it is used
    except ImportError as error:
        raise MNISTError(f'{error}; the course needs JupyterLab: pip install "mnist-tutorial[lab]"') from error
    return course
