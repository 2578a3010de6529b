"""The suite: many tasks, each done once, over any number of interruptions; the folder of the results is its state."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, product
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_tutorial.benchmark.code import changed
from mnist_tutorial.benchmark.recipe import Recipe, Task
from mnist_tutorial.benchmark.result import Failure
from mnist_tutorial.benchmark.store import read, save, write
from mnist_tutorial.benchmark.worker import Outcome, Outcomes, run_locally
from mnist_tutorial.errors import MNISTError

Workers = Callable[[list[Task]], Outcomes]


def plan(
    recipes: Iterable[Recipe], seeds: Iterable[int], splits: Iterable[str], variant: str, options: dict | None = None
) -> list[Task]:
    """List the tasks, recipe by recipe; the arguments are those of `Task`."""
    every = product(dict.fromkeys(recipes), splits, seeds)
    return [Task(recipe, seed, split, variant, options or {}) for recipe, split, seed in every]


def run(tasks: Iterable[Task], folder: Path, workers: Workers = run_locally) -> Outcomes:
    """Do the tasks that have no result in the folder yet, and write one for each; yields what becomes of each task.

    `workers` are `worker.run_locally`, or `worker.run_on_cluster` with the address of a scheduler. When a task fails,
    the others go on; the next `run` does it again. MNISTError if the folder cannot be written, another process is at
    work in it, or a file that cannot be read stands in the place of a result: no file is ever overwritten.
    """
    with _locked(folder):
        waiting = []
        for task in tasks:
            if is_done(task, folder):
                _failure(task, folder).unlink(missing_ok=True)  # we may have been killed before we could
                yield Outcome(task)
            else:
                waiting.append(task)
        with closing(workers(waiting)) as outcomes:
            for outcome in outcomes:
                with _writing(folder):
                    _keep(outcome, folder)
                yield outcome


def is_done(task: Task, folder: Path) -> bool:
    """Whether there is a result of our present code; MNISTError if a file in its place cannot be read."""
    codes = chain.from_iterable(read(path).codes for path in task.results(folder))
    return any(not changed(code, task.recipe.source) for code in codes)


def _keep(outcome: Outcome, folder: Path) -> None:
    """Write the result or the failure."""
    task, result, error = outcome
    if error is not None:
        text = error.encode("utf-8", "backslashreplace").decode()  # a path in a traceback may not be UTF-8
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        save(_failure(task, folder), Failure(task.recipe.name, task.seed, task.evaluated_on, text, at))
        return
    if write(result, folder) is None:
        read(folder / f"{result.name}.json")  # whoever made it meanwhile: MNISTError if it is no result
    _failure(task, folder).unlink(missing_ok=True)


def _failure(task: Task, folder: Path) -> Path:
    return folder / f"{task.name}.failure.json"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock a folder against other suites."""
    lock = FileLock(folder / ".lock", timeout=0)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not remove an open file; there, filelock does so after the release
            Path(lock.lock_file).unlink()  # in the other order, it might be the lock of somebody else
        lock.release()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what keeps us from writing."""
    try:
        yield
    except Timeout as error:
        text = "another process is at work in it; wait until it has ended, or choose another folder with --out"
        raise MNISTError(f"{folder}: {text}") from error
    except OSError as error:
        raise MNISTError(
            f"{folder}: cannot be written ({error.strerror or error}); the results in it are whole. Free some space, "
            "or choose another folder with --out, and run the command again"
        ) from error
