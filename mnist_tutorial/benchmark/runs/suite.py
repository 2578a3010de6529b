"""The suite: many runs, of which each is done once, whoever does it and however often it is interrupted."""

import datetime
import json
import os
import shutil
import tempfile
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

from filelock import FileLock, Timeout

from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.errors import MNISTError

TRIES = 2  # of a run whose process was ended from outside
FREE = 2**20  # bytes that have to be free before a run starts; a result takes a thirtieth


@dataclass(frozen=True)
class Event:
    """What has happened to a task.

    Attributes
    ----------
    kind : {"started", "done", "there", "elsewhere", "failed"}
        Its result was written now, or was there already; or another process has it.
    task : Task
    result : Result or None
    error : str or None
        Of a failure: its last line says what, the lines before say where.
    """

    kind: str
    task: Task
    result: Result | None = None
    error: str | None = None


def plan(recipes, seeds, splits, variant, options=None):
    """List the tasks, recipe by recipe.

    Parameters
    ----------
    recipes : list of Recipe
    seeds : iterable of int
    splits : sequence of {"validation", "test"}
    variant : {"full", "sample"}
    options : dict, optional
        Of Lightning's distributed training.

    Returns
    -------
    list of Task
    """
    return [
        Task(recipe, seed, evaluated_on, variant, dict(options or {}))
        for recipe, evaluated_on, seed in product(recipes, splits, seeds)
    ]


def run(tasks, folder, workers):
    """Do the tasks whose results are not there, and write a result for each.

    Parameters
    ----------
    tasks : list of Task
    folder : Path
        Several processes may work on one.
    workers : LocalWorkers or DaskWorkers

    Yields
    ------
    Event
        As it happens. A task that fails does not stop the others; it is done again the next time.

    Raises
    ------
    MNISTError
        If nothing can be written into the folder.
    """
    _writable(folder)
    waiting, late, running, tries = deque(tasks), deque(), {}, {}
    try:
        while waiting or late or running:
            while len(running) < workers.slots and (waiting or (late and not running)):
                again = not waiting
                task = (waiting or late).popleft()
                lock = FileLock(folder / f".{task.name}.lock", timeout=0)
                try:
                    lock.acquire()
                except Timeout:  # another process has it; ask once more when the rest is done
                    if again:
                        yield Event("there" if _is_done(task, folder) else "elsewhere", task)
                    else:
                        late.append(task)
                    continue
                if _is_done(task, folder):
                    _release(lock)
                    yield Event("there", task)
                    continue
                _writable(folder)
                running[workers.submit(task)] = task, lock
                tries[task.name] = tries.get(task.name, 0) + 1
                yield Event("started", task)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task, lock = running.pop(future)
                result, error = _outcome(future)
                lost = future.exception() is not None
                if lost and tries[task.name] < TRIES:
                    _release(lock)
                    waiting.appendleft(task)
                    continue
                event = _finish(task, result, error, folder)
                _release(lock)
                yield event
    finally:
        for _, lock in running.values():
            _release(lock)


def _outcome(future):
    """Give result and error of a run; an exception here means that its process is gone, since errors come as text."""
    if (gone := future.exception()) is None:
        return future.result()
    return None, f"the process that trained has ended: killed, or out of memory? ({type(gone).__name__}: {gone})"


def _finish(task, result, error, folder):
    failure = folder / f"{task.name}.failure.json"
    if error is not None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        content = {
            "recipe": task.recipe.name,
            "seed": task.seed,
            "evaluated_on": task.evaluated_on,
            "error": error,
            "at": now,
        }
        failure.write_text(json.dumps({"kind": "failure", **content}, indent=1) + "\n", encoding="utf-8")
        return Event("failed", task, error=error)
    if result is None:  # of a distributed training, another machine writes it
        return Event("elsewhere", task)
    try:
        write(result, folder)
    except OSError as problem:
        raise MNISTError(f"{folder}: the result of {task.name} could not be written ({problem})") from problem
    failure.unlink(missing_ok=True)
    return Event("done", task, result)


def _is_done(task, folder):
    # Until November 2026, the names of files called the test digits "record".
    names = task.name, task.name.replace("-test-seed", "-record-seed")
    return any((folder / f"{name}.json").exists() for name in names)


def _release(lock):
    lock.release()
    with suppress(OSError):  # another process holds it now, or has removed it
        os.unlink(lock.lock_file)


def _writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"1")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise MNISTError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another with --out"
        ) from error
    if free < FREE:
        raise MNISTError(f"{folder}: {free / 2**10:.0f} KiB are free; expected 1 MiB; free some, and run it again")
