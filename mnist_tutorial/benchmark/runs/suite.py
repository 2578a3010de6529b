"""The suite: many tasks, each done once, by any number of processes and over any number of interruptions."""

import datetime
import json
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Protocol

from mnist_tutorial.benchmark.results.files import read, write
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.runs.locks import lock_task, unlock_task
from mnist_tutorial.benchmark.runs.recipe import Recipe
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

TRIES = 2  # of a task whose worker was killed
FREE = 2**20  # bytes that must be free before a task starts; a result takes a thirtieth of that


class Workers(Protocol):
    """Processes that do tasks: `slots` at a time."""

    slots: int

    def submit(self, task: Task) -> Future:
        """Start a task; the future holds what `execution.run_safely` returns."""


@dataclass(frozen=True)
class Event:
    """A step in the life of a task.

    Attributes
    ----------
    kind : {"started", "done", "there", "elsewhere", "failed"}
        "there": its result existed already; "elsewhere": another process is doing it.
    task : Task
    result : Result or None
    error : str or None
        The traceback of a failure; its last line is the error itself.
    """

    kind: str
    task: Task
    result: Result | None = None
    error: str | None = None


def plan(
    recipes: Iterable[Recipe],
    seeds: Iterable[int],
    splits: Sequence[str],
    variant: str,
    options: dict[str, Any] | None = None,
) -> list[Task]:
    """List the tasks, recipe by recipe.

    Parameters
    ----------
    recipes : iterable of Recipe
    seeds : iterable of int
    splits : sequence of {"validation", "test"}
        The digits to evaluate on.
    variant : {"full", "sample"}
    options : dict, optional
        Lightning's options for distributed training.

    Returns
    -------
    list of Task
    """
    return [
        Task(recipe, seed, evaluated_on, variant, dict(options or {}))
        for recipe, evaluated_on, seed in product(recipes, splits, seeds)
    ]


def run(tasks: Iterable[Task], folder: Path, workers: Workers) -> Iterator[Event]:
    """Do the tasks that have no result yet, and write one for each.

    Parameters
    ----------
    tasks : list of Task
    folder : Path
        The folder of the results. Several processes may share it.
    workers : LocalWorkers or DaskWorkers

    Yields
    ------
    Event
        As it happens. The other tasks go on when one fails; the next `run` does that one again.

    Raises
    ------
    MNISTError
        If the folder cannot be written.
    """
    try:
        yield from _run(tasks, folder, workers)
    except OSError as error:
        raise MNISTError(
            f"{folder}: cannot be written ({error.strerror or error}); the results in it are whole. Free some space, "
            "or choose another folder with --out, and run the command again"
        ) from error


def _run(tasks: Iterable[Task], folder: Path, workers: Workers) -> Iterator[Event]:
    _check_writable(folder)
    waiting, elsewhere = deque(tasks), deque()  # elsewhere: another process had them when we asked first
    running, tries = {}, Counter()
    try:
        while waiting or elsewhere or running:
            while len(running) < workers.slots and (waiting or (elsewhere and not running)):
                asked_before = not waiting
                task = elsewhere.popleft() if asked_before else waiting.popleft()
                lock = lock_task(task, folder)
                if lock is None and not asked_before:
                    elsewhere.append(task)
                elif lock is None:
                    yield Event("there" if is_done(task, folder) else "elsewhere", task)
                elif is_done(task, folder):
                    _failure(task, folder).unlink(missing_ok=True)  # we may have been killed before we could
                    unlock_task(lock)
                    yield Event("there", task)
                else:
                    _check_writable(folder)
                    running[workers.submit(task)] = task, lock
                    tries[task.name] += 1
                    yield Event("started", task)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, lock = running.pop(future)
                if future.exception() is not None and tries[task.name] < TRIES:
                    unlock_task(lock)
                    waiting.appendleft(task)
                    continue
                try:
                    event = _finish(task, *outcome(future), folder)
                finally:
                    unlock_task(lock)
                yield event
    finally:
        for _, lock in running.values():
            unlock_task(lock)


def outcome(future: Future) -> tuple[Result | None, str | None]:
    """Return result and error. Recipes' errors come as text, so an exception means that the worker is gone."""
    if (error := future.exception()) is None:
        return future.result()
    return None, f"the worker process ended: was it killed, or out of memory? ({type(error).__name__}: {error})"


def _finish(task: Task, result: Result | None, error: str | None, folder: Path) -> Event:
    """Write the result or the failure."""
    if error is not None:
        content = {
            "kind": "failure",
            "recipe": task.recipe.name,
            "seed": task.seed,
            "evaluated_on": task.evaluated_on,
            "error": error,
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        with atomic(_failure(task, folder)) as part:
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return Event("failed", task, error=error)
    if result is None:  # another machine writes the result of this distributed training
        return Event("elsewhere", task)
    write(result, folder)
    _failure(task, folder).unlink(missing_ok=True)
    return Event("done", task, result)


def _failure(task: Task, folder: Path) -> Path:
    return folder / f"{task.name}.failure.json"


def is_done(task: Task, folder: Path) -> bool:
    """Whether there is a result of our present code, or in its place a file that cannot be read."""
    for path in task.results(folder):
        try:
            if task.recipe.gave(read(path)):
                return True
        except MNISTError:  # `benchmark report` says what is wrong with it; it is not ours to replace
            return True
    return False


def _check_writable(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"1")
    if (free := shutil.disk_usage(folder).free) < FREE:
        raise MNISTError(
            f"{folder}: {free / 2**10:.0f} KiB are free on its disk, expected at least 1 MiB; free some, and run the "
            "command again"
        )
