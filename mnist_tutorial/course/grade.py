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

import nbformat
import pandas as pd
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from rich.table import Column, Table
from rich.text import Text

from mnist_tutorial.course.handed_in import read_all
from mnist_tutorial.course.lesson import Lesson
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError, printable

START = 300  # seconds that a kernel may take to import what a notebook needs, on a busy machine
SETTINGS = "import mnist_tutorial as mt\nfrom mnist_tutorial.course.checks import exercise as _e\n_e.LIMIT = {}"
SILENT = logging.Logger("kernels", logging.CRITICAL + 1)  # what is wrong with an answer stands in its row
COLUMNS = ["person", "notebook", "exercise", "solved", "the check says", "line of the answer"]


def grade(place: Path, lessons: Sequence[Lesson], limit: float) -> pd.DataFrame:
    """Run the exercises of all notebooks in a folder or a zip file, with a limit in seconds for each answer.

    Each notebook has a kernel of its own. Of the lesson, imports, functions, classes and the name ``mnist`` are at hand
    there, and nothing else: an answer that uses other names is not solved, and its line says so. This judges answers,
    not people: an answer runs in the kernel of its check, and could change it. Returns a row for each exercise that was
    handed in, and for each file that is refused, with `COLUMNS` and the name of the lesson.
    """
    files = read_all(place, lessons)
    try:
        asyncio.run(_grade_all(files, limit))
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    rows = [(file.person, file.path, each.check, *each.grade, file.lesson) for file in files for each in file.exercises]
    return pd.DataFrame(rows, columns=[*COLUMNS, "lesson"])


async def _grade_all(files, limit):
    free = asyncio.Semaphore(os.cpu_count() or 1)
    with progress_bar("checking", " notebooks", total=len(files)) as bar:

        async def grade_next(file):
            async with free:
                await _grade(file, limit)
            bar.update()

        async with asyncio.TaskGroup() as group:  # with ctrl-C, it waits until each task has ended its kernel
            for file in files:
                group.create_task(grade_next(file))


async def _grade(file, limit):
    """Run the exercises of a notebook in a kernel; after one that ends it or never ends itself, in a new one."""
    waiting, before = [each for each in file.exercises if each.call], [SETTINGS.format(limit), *file.context]
    if any("mnist" in cell for exercise in waiting for cell in exercise.cells):
        before.append("mnist = mt.load('auto')")
    while any(exercise.answered for exercise in waiting):
        async with _kernel() as client:
            try:
                for source in before:
                    await _run(client, source, START)
                while any(exercise.answered for exercise in waiting):  # the next one may need our answer to this one
                    grade = await _check(client, waiting[0], limit)
                    exercise = waiting.pop(0)
                    exercise.grade = grade if exercise.answered else exercise.grade
                    before += exercise.cells
            except (CellTimeoutError, DeadKernelError) as error:
                if asyncio.current_task().cancelling():  # nbclient takes it for the death of the kernel
                    raise asyncio.CancelledError from error
                late = isinstance(error, CellTimeoutError)
                reason = f"was still running after {limit:g} s, and was ended" if late else "ended the process"
                ended = waiting.pop(0)
                ended.grade = "no", f"✗ {ended.check}: your answer {reason}.", _last_line(ended)


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
    """Run a cell, and return it, with its outputs, and the error that it has raised."""
    client.timeout = math.ceil(seconds)
    client.nb.cells = [nbformat.v4.new_code_cell(source)]
    cell = await client.async_execute_cell(client.nb.cells[0], 0)
    return cell, next((output for output in cell.outputs if output.output_type == "error"), None)


async def _check(client, exercise, limit):
    """Run the cells of an answer and its check: whether it is solved, what the check says, the line that failed."""
    error, line = None, _last_line(exercise)
    for source in exercise.cells:
        cell, raised = await _run(client, source, limit)
        if raised:
            error, line = raised, _failed_line(cell, raised) or line
    # The check has a limit of its own, which is longer on a busy machine, and says which line was running.
    cell, raised = await _run(client, exercise.call, 3 * limit + 10)
    printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
    if said := re.findall(rf"^([✓✗] {exercise.check}: .*?)(?: \(Until then, .*)?$", printed, re.M):
        if said[-1].startswith("✓"):
            return "yes", said[-1], ""
        shown = re.search(r"line \d+ of your code, `(.*)`, ", said[-1])
        return "no", said[-1], shown[1] if shown else _last_line(exercise)
    reason = "the check has said nothing"
    if error := error or raised:
        text = re.sub(r" \(\d+\.py, line \d+\)$", "", f"{error.ename}: {error.evalue}")  # a file that nobody knows
        reason = f"your answer raised {text:.300}"
    return "no", f"✗ {exercise.check}: {reason}.", line


def _failed_line(cell, error):
    """Find the line of a cell that raised an error, in the traceback of IPython."""
    traceback = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback))
    numbers = re.findall(rf"Cell In\[{cell.execution_count}\], line (\d+)", traceback)
    return cell.source.splitlines()[int(numbers[-1]) - 1].strip() if numbers else ""


def _last_line(exercise):
    return "\n".join(exercise.cells).strip().rpartition("\n")[2].strip()


def as_csv(grades: pd.DataFrame) -> str:
    """Write grades as CSV; a spreadsheet would take a line of code that begins like a formula for one."""
    texts = grades[COLUMNS].map(lambda text: printable(text, keep=""))
    return texts.replace(r"^[=+\-@]", r"'\g<0>", regex=True).to_csv(index=False)


def summary(grades: pd.DataFrame) -> Table:
    """Count the exercises that are solved, and the files that are refused: a row for each person."""
    graded = grades[grades.lesson != ""].assign(solved=grades.exercise.where(grades.solved == "yes"))
    counts = graded.pivot_table("solved", "person", "lesson", "nunique").reindex(grades.person.unique())
    numbers = graded.groupby("lesson").exercise.nunique()
    counts.columns = [f"{int(lesson[:2])} (of {numbers[lesson]})" for lesson in counts]
    counts["together"] = counts.sum(axis=1, min_count=1)
    counts["files refused"] = grades[grades.solved == "refused"].groupby("person").size()
    table = Table("person", *(Column(name, justify="right") for name in counts), title="Exercises solved")
    for person, row in counts.iterrows():
        table.add_row(Text(printable(person, keep="")), *("" if pd.isna(count) else f"{count:g}" for count in row))
    return table
