"""A lesson: one notebook of the course, and its variant for each kind of reader.

The notebook in the repository has everything. Tags tell the cells of an exercise apart: ``task``, ``hint``, ``stub``,
``solution`` and ``check``; where an explanation is asked for, ``write`` is for the student's, and ``model`` is ours.
``notes`` are for instructors; ``review`` asks what has been learnt. For ``slide`` and ``slide-more``, see `slides`;
``slide-only`` is text that nobody but the audience sees.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from mnist_tutorial.course.online import add_install_cell
from mnist_tutorial.errors import MNISTError

# What is not told in class.
APART = {"task", "hint", "stub", "solution", "check", "write", "model", "notes", "slide-only"}
LEFT_OUT = {
    "student": {"solution", "notes", "slide-only"},
    "instructor": {"stub", "write", "slide-only"},
    "solutions": {"stub", "write", "notes", "slide-only"},
    "pages": {"stub", "write"},  # what solutions and slides are made of
}


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course.

    Attributes
    ----------
    name : str
        File name.
    notebook : NotebookNode
        All cells.
    title : str
        Its first line.
    minutes : int
        Class time.
    exercise_minutes : int
        The part of it that is for exercises.
    needs : str
        What it needs, as in "notebooks 1 and 2".
    """

    name: str
    notebook: nbformat.NotebookNode
    title: str
    minutes: int
    exercise_minutes: int
    needs: str = ""

    def variant(self, kind: str) -> nbformat.NotebookNode:
        """Make the notebook of a kind of reader, as the function `variant` does."""
        return variant(self.notebook, kind)


def variant(notebook: nbformat.NotebookNode, kind: str) -> nbformat.NotebookNode:
    """Leave out the cells that are not for a kind of reader; only for students, model answers are folded.

    The notebooks of students and instructors get a cell that installs the course where it is missing, and lead to their
    own kind in Colab and Kaggle. The solutions are pages to read.

    Parameters
    ----------
    notebook : NotebookNode
    kind : {"student", "instructor", "solutions", "pages"}

    Returns
    -------
    NotebookNode
        A copy.
    """
    notebook = deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if not LEFT_OUT[kind] & tags(cell)]
    for cell in notebook.cells:
        if "model" in tags(cell) and kind != "student":
            cell.source = cell.source.replace("<details>", "<details open>", 1)
        if kind == "instructor":
            cell.source = cell.source.replace("/course/student/", "/course/instructor/")
    if kind in ("student", "instructor"):
        add_install_cell(notebook)
    return notebook


def tags(cell: nbformat.NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook; a file that is none is an `MNISTError`."""
    try:
        if not path.is_file():  # to open a pipe may take forever
            raise ValueError("no file")
        notebook = nbformat.convert(nbformat.reader.reads(path.read_text(encoding="utf-8")), 4)
        nbformat.validate(notebook)
        return notebook
    except Exception as error:  # whatever nbformat meets where it expects a dictionary or a number
        reason = " ".join(f"{type(error).__name__}: {error!s:.100}".split())  # on one line
        raise MNISTError(
            f"{path}: no notebook ({reason}); expected one of the course. Restore the file, and run the command again"
        ) from error


def read_lesson(path: Path) -> Lesson:
    """Read a notebook of the course.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Lesson

    Raises
    ------
    MNISTError
        If it is not a notebook, or its first cell lacks the title or the time.
    """
    notebook = read_notebook(path)
    first = notebook.cells[0].source if notebook.cells else ""
    title = re.search(r"^# (.+)", first)
    time = re.search(r"\*\*Time\*\* (\d+) minutes(?:, (\d+) of them for exercises)?", first)
    if not title or not time:
        raise MNISTError(
            f"{path}: the first cell lacks a title or a time; expected '# 1. Title' and "
            "'**Time** 40 minutes, 15 of them for exercises'"
        )
    needs = re.search(r"\*\*You need\*\* (.+?)\.(?: |$)", first, re.M)
    return Lesson(path.name, notebook, title[1], int(time[1]), int(time[2] or 0), needs[1] if needs else "")
