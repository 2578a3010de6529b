"""The commands of ``python -m mnist_tutorial workshop``."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from mnist_tutorial.cli.common import Force, end_on_signals, errors, say, show
from mnist_tutorial.errors import MNISTError


class _WriteByDefault(TyperGroup):
    """A group whose command `write` need not be named: ``workshop DIR``."""

    def parse_args(self, ctx, args):
        named = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["write", *args])


workshop = typer.Typer(cls=_WriteByDefault, help="Write the course into a folder (`workshop DIR`), or grade notebooks.")


@workshop.command()
def write(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into.")],
    start: Annotated[str, typer.Option(help="When the day begins.")] = "09:00",
    execute: Annotated[
        bool, typer.Option("--execute", help="Run the notebooks, so that solutions and slides have figures.")
    ] = False,
    online: Annotated[
        bool,
        typer.Option("--online", help="Links lead to the repository, for notebooks opened one by one, as in Colab."),
    ] = False,
) -> None:
    """Write the course: notebooks, solutions, slides, plans, a check list. The word `write` may be left out."""
    write_course(folder, start, execute, online)
    with errors():
        course = _course()
        missing = [] if execute else course.not_run(course.folder())
    if missing:
        say(f"notebooks without figures in slides and solutions: {len(missing)}; --execute makes them")
    say(f"begin with {folder / 'checklist.md'}")


def write_course(folder: Path, start: str = "09:00", execute: bool = False, online: bool = False) -> None:
    """Write the course, and say which files a user has changed."""
    end_on_signals()
    with errors():
        course = _course()
        from mnist_tutorial.course.working_folder import update

        files = course.files(course.folder(), start, execute, online)
        written, kept = update(folder, files)
        for name, new_version in kept.items():
            if new_version:
                say(f"{folder / name}: you have changed it, so it stays as it is; its new version is {new_version}")
        changed = f"; changed by you and kept: {len(kept)}" if kept else ""
        say(f"{folder}: {len(written)} of {len(files)} files written{changed}")


@workshop.command()
def grade(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="with a folder for each person, or files with their names")
    ],
    out: Annotated[Path, typer.Option(help="The file for the grades, as CSV.")] = Path("grades.csv"),
    limit: Annotated[float, typer.Option(min=0.1, max=3_600, metavar="SECONDS", help="For each answer.")] = 30,
    force: Force = False,
) -> None:
    """Run the checks on notebooks that were handed in, and write who solved what.

    Each exercise runs in a process of its own. Files that are no notebooks of the course are refused, each with the
    reason; the exit code is then 1.
    """
    end_on_signals()
    with errors():
        course = _course()
        from mnist_tutorial.benchmark.outputs import check_replaceable, signed
        from mnist_tutorial.course.grading import table
        from mnist_tutorial.data import atomic

        check_replaceable([out], force)
        grades, refused = table.grade(folder, course.lessons(course.folder()), limit)
        with atomic(out) as part:
            part.write_text(
                signed(table.as_csv(grades)), encoding="utf-8-sig"
            )  # or spreadsheets take it for another encoding
    show(table.summary(grades))
    solved = sum(row.solved == "yes" for row in grades)
    say(f"{out}: {len(grades):,} exercises, {solved:,} of them solved")
    for notebook in refused:
        say(f"refused: {notebook.path}: {notebook.refused}", err=True)
    if refused:
        raise typer.Exit(1)


def _course():
    """Import what needs JupyterLab."""
    try:
        from mnist_tutorial.course import workshop as course
    except ImportError as error:
        raise MNISTError(f'{error}; the course needs JupyterLab: pip install "mnist-tutorial[lab]"') from error
    return course
