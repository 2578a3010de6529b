"""Grades: who has solved what, from the checks of the notebooks that were handed in."""

import asyncio
import contextlib
import logging
import math
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import pandas as pd
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from mnist_tutorial.course.handed_in import HandedIn, read_all, stubs
from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:
    from rich.table import Table

START = 300  # seconds that a kernel may take to import what a notebook needs, on a busy machine
SETTINGS = (
    "import mnist_tutorial as mt\nimport mnist_tutorial.course.checks.exercise as _exercise\n_exercise.LIMIT = {}"
)
SILENT = logging.Logger("kernels", logging.CRITICAL + 1)  # what is wrong with an answer stands in its row
COLUMNS = ["person", "notebook", "exercise", "solved", "the check says", "line of the answer"]


class Grade(NamedTuple):
    """What became of an exercise that was handed in, or of a file that is refused."""

    person: str
    path: str
    lesson: str  # its name in the course
    exercise: str
    solved: str  # yes, no, not answered or refused
    says: str = ""  # the line of the check, or why the file is refused
    line: str = ""  # of the answer: the one that raised an error, or else the last one


def grade(place: Path, lessons: Sequence[Lesson], limit: float) -> list[Grade]:
    """Run the exercises of all notebooks in a folder or a zip file, with a limit in seconds for each answer.

    Each notebook has a kernel of its own. Of the lesson, imports, functions, classes and the name ``mnist`` are at hand
    there, and nothing else: an answer that uses other names is not solved, and its line says so. This judges answers,
    not people: an answer runs in the kernel of its check, and could change it.
    """
    return asyncio.run(_grade_all(read_all(place, stubs(lessons)), limit))


async def _grade_all(files, limit):
    free = asyncio.Semaphore(os.cpu_count() or 1)
    with progress_bar("checking", " notebooks", total=len(files)) as bar:

        async def grade_one(file):
            async with free:
                grades = await _grade(file, limit)
            bar.update()
            return grades

        # With exceptions returned, ctrl-C waits until each has ended its kernel.
        results = await asyncio.gather(*map(grade_one, files), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [row for rows in results for row in rows]


async def _grade(file: HandedIn, limit: float) -> list[Grade]:
    """Run the exercises of a notebook in a kernel; after one that ends it or never ends itself, in a new one."""
    if file.refused:
        return [Grade(file.person, file.path, "", "", "refused", file.refused)]
    results, waiting, before = {}, [exercise for exercise in file.exercises if exercise.call], [*file.context]
    if any("mnist" in cell for exercise in waiting for cell in exercise.cells):
        before.append("mnist = mt.load('auto')")
    while any(exercise.answered for exercise in waiting):
        async with _kernel() as client:
            try:
                for source in (SETTINGS.format(limit), *before):
                    await _run(client, source, START)
                while any(exercise.answered for exercise in waiting):  # the next one may need our answer to this one
                    results[waiting[0].check] = await _check(client, waiting[0], limit)
                    before += waiting.pop(0).cells
            except (CellTimeoutError, DeadKernelError) as error:
                if asyncio.current_task().cancelling():  # nbclient takes it for the death of the kernel
                    raise asyncio.CancelledError from error
                late = isinstance(error, CellTimeoutError)
                reason = f"was still running after {limit:g} s, and was ended" if late else "ended the process"
                exercise = waiting.pop(0)
                said = f"✗ {exercise.check}: your answer {reason}."
                results[exercise.check] = "no", said, _last_line(exercise)
    rows = []
    for exercise in file.exercises:
        unanswered = "not answered", "" if exercise.call else "the check is not in the notebook"
        result = results[exercise.check] if exercise.answered else unanswered
        rows.append(Grade(file.person, file.path, file.lesson, exercise.check, *result))
    return rows


@contextlib.asynccontextmanager
async def _kernel():
    """Start a kernel of this Python in an empty folder; with the block, it ends, and all that it has started."""
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(nbformat.v4.new_notebook(), km=manager, allow_errors=True, log=SILENT)
    options = {"env": os.environ | {"OMP_NUM_THREADS": "1"}, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            await client.async_start_new_kernel(cwd=folder, **options)
            try:
                await client.async_start_new_kernel_client()
            except RuntimeError as error:
                raise MNISTError(f"no kernel starts ({error}); run: python -m mnist_tutorial doctor") from error
            yield client
        finally:
            await manager.shutdown_kernel(now=True)


async def _run(client, source, seconds):
    """Run a cell, and return its outputs."""
    client.timeout = math.ceil(seconds)
    client.nb.cells = [nbformat.v4.new_code_cell(source)]
    return (await client.async_execute_cell(client.nb.cells[0], 0)).outputs


async def _check(client, exercise, limit):
    """Run the cells of an answer and its check: whether it is solved, what the check says, the line that failed."""
    failed = None
    for source in exercise.cells:
        outputs = await _run(client, source, limit)
        failed = next(((source, output) for output in outputs if output.output_type == "error"), failed)
    # The check has a limit of its own, which is longer on a busy machine, and says which line was running.
    outputs = await _run(client, exercise.call, 3 * limit + 10)
    printed = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
    if said := re.findall(rf"^([✓✗] {exercise.check}: .*?)(?: \(Until then, .*)?$", printed, re.M):
        if said[-1].startswith("✓"):
            return "yes", said[-1]
        line = re.search(r"line \d+ of your code, `(.*)`, ", said[-1])
        return "no", said[-1], line[1] if line else _last_line(exercise)
    reason, line = "the check has said nothing", ""
    for source, output in [failed] if failed else [("", output) for output in outputs if output.output_type == "error"]:
        text = re.sub(r" \(\d+\.py, line \d+\)$", "", f"{output.ename}: {output.evalue}")  # a file that nobody knows
        reason, line = f"your answer raised {text:.300}", _failed_line(source, output)
    return "no", f"✗ {exercise.check}: {reason}.", line or _last_line(exercise)


def _failed_line(source, error):
    """Find the line of a cell that raised an error, in the traceback of IPython."""
    try:
        compile(source, "a cell", "exec")
    except SyntaxError as problem:
        return (problem.text or "").strip()
    frames = [re.sub(r"\x1b\[[\d;]*m", "", frame) for frame in error.traceback]
    arrows = [re.search(r"^-+> ?\d+ (.*)$", frame, re.M) for frame in frames if source and frame.startswith("Cell In")]
    return arrows[-1][1].strip() if arrows and arrows[-1] else ""


def _last_line(exercise):
    lines = [line for cell in exercise.cells for line in cell.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def as_csv(grades: Sequence[Grade]) -> str:
    """Write grades as CSV."""
    return pd.DataFrame(grades).drop(columns="lesson").map(_cell).to_csv(index=False, header=COLUMNS)


def _cell(text):
    """Make text harmless: a spreadsheet takes what begins like a formula for one."""
    text = printable(text, keep="")
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def summary(grades: Sequence[Grade]) -> "Table":
    """Count the exercises that are solved, and the files that are refused: a row for each person."""
    from rich.markup import escape
    from rich.table import Table

    frame = pd.DataFrame(grades)
    table, columns = Table("person", title="Exercises solved"), {}
    for lesson, rows in frame[frame.lesson != ""].groupby("lesson"):
        solved = rows.exercise.where(rows.solved == "yes").groupby(rows.person).nunique()
        columns[f"{int(lesson[:2])} (of {rows.exercise.nunique()})"] = solved
    columns["together"] = pd.DataFrame(columns).sum(axis=1)
    columns["files refused"] = frame[frame.solved == "refused"].groupby("person").size()
    for name in columns:
        table.add_column(name, justify="right")
    for person in frame.person.unique():
        counts = [f"{column[person]:g}" if person in column else "" for column in columns.values()]
        table.add_row(escape(printable(person, keep="")), *counts)
    return table
