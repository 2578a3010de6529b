"""The commands around the course: ``lab``, ``doctor``, ``kit``, ``workshop`` and ``grade``."""

import json
import platform
from pathlib import Path
from typing import Annotated, Literal

import typer

import mnist_tutorial as mt
from mnist_tutorial import course
from mnist_tutorial.cli.common import EXAMPLE, Force, app, say, show
from mnist_tutorial.cli.data import fetch

BACKEND = typer.Option(help="For Linux. cpu: small; default: with CUDA; auto: cpu if its index can be reached.")
FOR_JUPYTERLAB = {"ignore_unknown_options": True}  # but pass them on, as they are
LAB_HELP = "A folder for the course, by default course, and options of JupyterLab, such as --port 9999."


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
    elif problems:
        say(f"problems: {', '.join(problems)}", err=True)
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
    files = course.files(course.folder(), *options)
    written, beside = course.update(folder, files)
    for name, ours in beside.items():
        say(f"{folder / name}: differs from ours, so it stays as it is; ours is {ours}")
    say(f"{folder}: {len(written)} of {len(files)} files written")


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

    grades = grading.grade(folder, course.lessons(course.folder()), limit)
    content = grading.as_csv(grades).encode("utf-8-sig")  # or spreadsheets take it for another encoding
    if force:
        out.unlink(missing_ok=True)
    if ours := course.update(out.parent, {out.name: content})[1].get(out.name):
        say(f"{out}: differs from these grades, so it stays as it is; --force replaces it", err=True)
        out = out.with_name(ours)
    show(grading.summary(grades))
    solved, refused = (sum(row.solved == word for row in grades) for word in ("yes", "refused"))
    say(f"{out}: {len(grades) - refused:,} exercises, {solved:,} of them solved; {refused:,} files refused")
    raise typer.Exit(int(refused > 0))
