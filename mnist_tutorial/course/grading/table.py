"""Grades: who solved what, as a file and as a table."""

import csv
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_tutorial.benchmark.outputs import MARK
from mnist_tutorial.course.grading.handed_in import HandedIn, read_all, stubs
from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("person", "notebook", "exercise", "solved", "the check says", "line of the answer", MARK)


@dataclass(frozen=True)
class Grade:
    """What became of an exercise that was handed in.

    Attributes
    ----------
    person, notebook, lesson, exercise : str
        The path of the notebook in the folder of all, its name in the course, and the name of the check.
    solved : str
        yes, no or not answered.
    line : str
        What the check says.
    place : str
        The line of the answer that raised an error, or else its last one; empty if it is right.
    """

    person: str
    notebook: str
    lesson: str
    exercise: str
    solved: str
    line: str = ""
    place: str = ""


def grade(folder: Path, lessons: Sequence[Lesson], limit: float) -> tuple[list[Grade], list[HandedIn]]:
    """Run the checks on all notebooks of a folder.

    Of the notebook before the exercises, imports, functions, classes and the name ``mnist`` are at hand, and nothing
    else: an answer that uses other names of the lesson is not solved, and its line says so. This judges answers, not
    people: an answer runs in the process of its check, and could change it.

    Parameters
    ----------
    folder : Path
        The folders of persons, or files with their names.
    lessons : sequence of Lesson
    limit : float
        Seconds for an answer.

    Returns
    -------
    grades : list of Grade
        In the order of persons and notebooks.
    refused : list of HandedIn
        Files that are no notebooks of the course.

    Raises
    ------
    MNISTError
        If there are no notebooks in the folder.
    """
    handed_in = read_all(folder, stubs(lessons))
    if not handed_in:
        raise MNISTError(f"{folder}: no notebooks; expected a folder for each person, or files with their names")
    tasks = [(notebook, exercise) for notebook in handed_in for exercise in notebook.exercises]
    with (
        progress_bar("checking", " exercises", total=len(tasks)) as bar,
        ThreadPoolExecutor(os.cpu_count()) as pool,  # each thread waits for a process
    ):

        def one(task):
            row = _grade(folder, *task, limit)
            bar.update()
            return row

        grades = list(pool.map(one, tasks))
    return grades, [notebook for notebook in handed_in if notebook.refused]


def _grade(folder, notebook, exercise, limit):
    row = notebook.person, notebook.path.relative_to(folder).as_posix(), notebook.lesson, exercise.check
    if not exercise.answer:
        return Grade(*row, "not answered", "the check is not in the notebook")
    if exercise.stub:
        return Grade(*row, "not answered")
    from mnist_tutorial.course.grading.worker import judge  # imports torch

    judgement = judge(exercise, limit)
    if judgement.right:
        return Grade(*row, "yes", judgement.line)
    lines = [line for cell in exercise.cells for line in cell.splitlines() if line.strip()]
    return Grade(*row, "no", judgement.line, judgement.place or (lines[-1].strip() if lines else ""))


def as_csv(grades: Sequence[Grade]) -> str:
    """Write grades as CSV; the last column says which program wrote it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in grades:
        cells = row.person, row.notebook, row.exercise, row.solved, row.line, row.place
        writer.writerow([*map(_cell, cells), version("mnist-tutorial")])
    return text.getvalue()


def summary(grades: Sequence[Grade]) -> "Table":
    """Count the exercises that are solved: a row for each person, a column for each lesson."""
    from rich.markup import escape
    from rich.table import Table

    solved, lessons, persons = {}, {}, {}
    for row in grades:
        lessons.setdefault(row.lesson, {})[row.exercise] = None
        persons[row.person] = None
        right = solved.setdefault((row.person, row.lesson), set())
        if row.solved == "yes":
            right.add(row.exercise)
    table = Table(title="Exercises solved")
    table.add_column("person")
    for lesson in sorted(lessons):
        table.add_column(f"{int(lesson[:2])} (of {len(lessons[lesson])})", justify="right")
    table.add_column("together", justify="right")
    for person in persons:
        counts = [len(solved[person, lesson]) if (person, lesson) in solved else None for lesson in sorted(lessons)]
        cells = ["" if count is None else str(count) for count in counts]
        table.add_row(escape(printable(person, keep="")), *cells, str(sum(filter(None, counts))))
    return table


def _cell(text):
    """Make text harmless: a spreadsheet takes what begins like a formula for one."""
    text = printable(text, keep="")
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
