"""The commands ``workshop`` and ``grade``."""

from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import end_on_signals, errors, say, show
from mnist_tutorial.errors import MNISTError

Out = Annotated[Path, typer.Option(help="The file for the grades, as CSV.")]
Limit = Annotated[float, typer.Option(min=0.1, max=3_600, metavar="SECONDS", help="For each answer.")]
Replace = Annotated[
    bool, typer.Option("--force", help="Replace a file that is there; by default, ours goes beside it.")
]


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
    if old not in ([], [Path("write")]):
        say(f"error: {len(arguments)} folders; expected one", err=True)
        raise typer.Exit(2)
    write_course(folder, start, execute, online)
    course = _course()
    missing = [] if execute else course.not_run(course.folder())
    if missing:
        say(f"notebooks without figures in slides and solutions: {len(missing)}; --execute makes them")
    say(f"begin with {folder / 'checklist.md'}")


def write_course(folder: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> None:
    """Write the course, and say which files differ from ours."""
    end_on_signals()
    with errors():
        course = _course()
        files = course.files(course.folder(), start, execute, online)
        written, beside = course.update(folder, files)
        for name, ours in beside.items():
            say(f"{folder / name}: differs from ours, so it stays as it is; ours is {ours}")
        say(f"{folder}: {len(written)} of {len(files)} files written")


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
        if force:
            with atomic(out) as part:
                part.write_bytes(content)
        elif ours := course.update(out.parent, {out.name: content})[1].get(out.name):
            say(f"{out}: differs from these grades, so it stays as it is; --force replaces it", err=True)
            out = out.with_name(ours)
    show(grading.summary(grades))
    solved, refused = (sum(row.solved == word for row in grades) for word in ("yes", "refused"))
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
