"""Workers: the processes that train, on this machine or on others.

``python -m mnist_tutorial.benchmark.worker FOLDER`` is such a process.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import psutil

from mnist_tutorial.benchmark.recipe import Task
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

POLL = 0.1  # seconds between two looks at what a process has done
TASKS = "tasks"  # a file between two processes; the others are 0, once it has started, and the outcomes: 1, 2, 3, ...
PATIENCE = 15  # seconds for a scheduler to answer
START = "run `dask scheduler`, and `dask worker ADDRESS --nthreads 1`"
Outcome = tuple[Result | None, str | None]  # as of `execute.run_safely`
Outcomes = Iterator[tuple[Task, Result | None, str | None]]
_one_at_a_time = threading.Lock()  # two trainings on one machine would take each other's time


def run_locally(tasks: Sequence[Task], limit: float | None = None) -> Outcomes:
    """Do tasks on this machine, one after the other: a new process for each recipe, and after a failure.

    The process ends, with all that the recipe has started, at the latest when this process ends, even if that was
    killed. A run that takes longer than `limit` seconds has failed. Yields each task with its result, or an error.
    """
    for _, group in groupby(tasks, key=lambda task: task.recipe):
        waiting = list(group)
        while waiting:
            for result, error in _in_a_process(waiting.copy(), limit):
                yield waiting.pop(0), result, error


def run_on_cluster(tasks: Sequence[Task], scheduler: str, limit: float | None = None) -> Outcomes:
    """Do the same on the workers of the Dask cluster whose scheduler is at ``tcp://host:8786``, in any order.

    MNISTError if dask is not installed, the scheduler does not answer, or it has no workers.
    """
    try:
        from distributed import Client, as_completed  # an extra of this package
    except ImportError as error:
        raise MNISTError(f"{error}; run pip install 'mnist-tutorial[dask]'") from error
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise MNISTError(f"no dask scheduler answers at {scheduler} within {PATIENCE} s ({error}); {START}") from error
    with client:
        if not client.nthreads():
            raise MNISTError(f"the dask scheduler at {scheduler} has no workers; {START}")
        futures = {client.submit(_run_one, task, limit, pure=False): task for task in tasks}
        for future in as_completed(futures):
            try:
                result, error = future.result()
            except Exception as reason:  # the scheduler is gone, or several workers have died of this task
                result, error = None, f"{type(reason).__name__}: {reason}"
            yield futures[future], result, error


def _run_one(task: Task, limit: float | None) -> Outcome:
    """Do a task on this worker of Dask."""
    with _one_at_a_time:
        [outcome] = _in_a_process([task], limit)
        return outcome


def _in_a_process(tasks: list[Task], limit: float | None) -> Iterator[Outcome]:
    """Start a process; yield the outcome of the first task at least, and of those that it has done after that."""
    with tempfile.TemporaryDirectory(prefix="mnist-tutorial-") as name, _start(folder := Path(name), tasks) as process:
        number, since = 0, None  # of the next file, and when the last one came
        try:
            while True:
                alive = process.poll() is None  # before the look for a file, which may be its last
                if (path := folder / str(number)).exists():
                    if number:
                        yield pickle.loads(path.read_bytes())
                    number, since = number + 1, time.monotonic()
                elif not alive:
                    break
                elif limit and since and time.monotonic() - since > limit:
                    yield None, f"TimeoutError: not finished after {limit:g} seconds, the limit that --limit sets"
                    return
                else:
                    time.sleep(POLL)
            if number <= 1:  # otherwise, the next process shows whose fault it is
                code = process.returncode
                yield None, f"the process ended with exit code {code}: did the recipe end it, or was it out of memory?"
        finally:
            _end(process.pid)


def _start(folder: Path, tasks: list[Task]) -> subprocess.Popen:
    (folder / TASKS).write_bytes(pickle.dumps(tasks))
    return subprocess.Popen(
        [sys.executable, "-u", "-m", __name__, str(folder)],
        stdin=subprocess.PIPE,  # closed when this process ends, which ends the other
        stdout=2,  # what a recipe prints is no output of the suite
        start_new_session=True,
        # Windows has no sessions; there, this keeps ctrl-C away from it.
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _work(folder: Path) -> None:
    """Do the tasks, and write their outcomes; stop after a run that failed, or that has left something running."""
    tasks = pickle.loads((folder / TASKS).read_bytes())
    from mnist_tutorial.benchmark.execute import run_safely  # the process that starts this one needs no torch

    if os.environ.get("LOCAL_RANK", "0") != "0":  # Lightning has started this process, to share a training
        run_safely(tasks[0])
        return
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a recipe that asks for input gets none
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    (folder / "0").touch()
    for i, task in enumerate(tasks, 1):
        result, error = run_safely(task)
        with atomic(folder / str(i)) as part:
            part.write_bytes(pickle.dumps((result, error)))
        if error is not None or task.options or psutil.Process().children():
            break
    _end(os.getpid())  # a thread of a recipe might keep it


def _end(pid: int) -> None:
    """End a process, which leads a session, and all that it has started."""
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):  # some may have sessions of their own
            with suppress(psutil.Error):
                child.kill()
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL) if hasattr(os, "killpg") else os.kill(pid, signal.SIGTERM)


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)  # until the other end of the pipe is closed: by the parent, or by its end
    _end(os.getpid())


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
