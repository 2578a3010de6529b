"""A lesson: one notebook of the course, and what each kind of reader gets of it.

The notebook in the repository has everything, told apart by the tags of its cells: of an exercise the ``task``, a
``hint``, the ``stub``, the ``solution`` and the ``check``; and ``notes`` for teachers.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat

from mnist_tutorial.errors import MNISTError

WITHOUT = {
    "student": {"solution", "notes"},
    "instructor": {"stub"},
    "solutions": {"stub", "notes"},
}


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course.

    Attributes
    ----------
    name : str
        Of the file.
    notebook : NotebookNode
        With everything.
    title : str
        As in its first line.
    minutes : int
        Of class time.
    exercising : int
        How many of them are for exercises.
    """

    name: str
    notebook: nbformat.NotebookNode
    title: str
    minutes: int
    exercising: int

    def variant(self, kind):
        """Leave out what is not for a reader.

        Parameters
        ----------
        kind : {"student", "instructor", "solutions"}

        Returns
        -------
        NotebookNode
            A copy.
        """
        notebook = deepcopy(self.notebook)
        notebook.cells = [cell for cell in notebook.cells if not WITHOUT[kind] & tags(cell)]
        return notebook


def tags(cell):
    """Give the tags of a cell.

    Parameters
    ----------
    cell : NotebookNode

    Returns
    -------
    set of str
    """
    return set(cell.metadata.get("tags", []))


def read(path):
    """Read a lesson.

    Parameters
    ----------
    path : Path
        A notebook.

    Returns
    -------
    Lesson

    Raises
    ------
    MNISTError
        If it is no notebook, or its first cell has no title or no time.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        first = notebook.cells[0].source
    except (OSError, ValueError, IndexError, KeyError, nbformat.ValidationError) as error:
        raise MNISTError(f"{path}: no notebook of the course ({error}); expected one with cells") from error
    title = re.search(r"^# (.+)", first)
    time = re.search(r"\*\*Time\*\* (\d+) minutes(?:, (\d+) of them for exercises)?", first)
    if not title or not time:
        raise MNISTError(
            f"{path}: the first cell has no title or no time; expected '# 1. Title' and '**Time** 40 minutes, 15 "
            "of them "
            "for exercises'"
        )
    return Lesson(Path(path).name, notebook, title[1], int(time[1]), int(time[2] or 0))
