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
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import psutil

from mnist_tutorial.benchmark.recipe import Task
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

POLL = 0.1  # seconds between two looks at what a process has done
TASKS = "tasks"  # a file between two processes; the others are 0, once it has started, and the outcomes: 1, 2, 3, ...
PATIENCE = 15  # seconds for a scheduler to answer
ERROR_LENGTH = 20_000  # characters that are kept of an error: more than a traceback, but no array in a message
START = "run `dask scheduler`, and `dask worker ADDRESS --nthreads 1`"
_one_at_a_time = threading.Lock()  # two trainings on one machine would take each other's time


class Outcome(NamedTuple):
    """What became of a task: its result, or an error; neither, if it was done before."""

    task: Task
    result: Result | None = None
    error: str | None = None  # a traceback, whose last line is the error itself, or its first line once more

    @property
    def reason(self) -> str:
        """The error in a line."""
        return self.error.splitlines()[-1].removeprefix("mnist_tutorial.errors.MNISTError: ")

    @property
    def sentence(self) -> str:
        """The name of the run, and what became of it."""
        if self.error is not None:
            return f"{self.task.name}: failed: {self.reason}"
        if self.result is None:
            return f"{self.task.name}: done before"
        result, digits = self.result, f"{self.result.accuracy:.2%} of the {self.result.evaluated_on} digits"
        contended = ", slowed down by other programs" if result.contended else ""
        return f"{result.name}: {digits}, {result.wall:.1f} s{contended}"


Outcomes = Iterator[Outcome]


def run_here(tasks: Iterable[Task]) -> Outcomes:
    """Do tasks in this process, which a recipe may end."""
    from mnist_tutorial.benchmark.execute import run_task  # whoever starts another process for it needs no torch

    for task in tasks:
        try:
            outcome = Outcome(task, run_task(task))
        except BaseException as error:  # a recipe may also raise SystemExit, KeyboardInterrupt or CancelledError
            text, lines = traceback.format_exc().strip(), traceback.format_exception_only(error)[-1].splitlines()
            outcome = Outcome(task, error="\n".join([text, *lines[: len(lines) > 1]])[-ERROR_LENGTH:])
        yield outcome


def run_locally(tasks: Sequence[Task], limit: float | None = None) -> Outcomes:
    """Do tasks on this machine, one after the other: a new process for each recipe, and after a failure.

    The process ends, with all that the recipe has started, at the latest when this process ends, even if that was
    killed. A run that takes longer than `limit` seconds has failed.
    """
    for _, group in groupby(tasks, key=lambda task: task.recipe):
        waiting = list(group)
        while waiting:
            for outcome in _in_a_process(waiting.copy(), limit):
                waiting.pop(0)
                yield outcome


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
        futures = {client.submit(_run_alone, task, limit, pure=False): task for task in tasks}
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:  # the scheduler is gone, or several workers have died of this task
                yield Outcome(futures[future], error=f"{type(error).__name__}: {error}")


def _run_alone(task: Task, limit: float | None) -> Outcome:
    """Do a task on this worker of Dask."""
    with _one_at_a_time:
        [outcome] = _in_a_process([task], limit)
        return outcome


def _in_a_process(tasks: list[Task], limit: float | None) -> Outcomes:
    """Start a process; yield the outcome of the first task at least, and of those that it has done after that."""
    with tempfile.TemporaryDirectory(prefix="mnist-tutorial-") as name, _start(folder := Path(name), tasks) as process:
        try:
            begun = _wait(folder / "0", process)
            for number, task in enumerate(tasks, 1):
                if _wait(path := folder / str(number), process, limit):
                    yield pickle.loads(path.read_bytes())
                    continue
                error = f"TimeoutError: not finished after {limit} seconds, the limit that --limit sets"
                if (code := process.poll()) is not None:
                    why = "did the recipe end it, or was it out of memory?" if begun else "it did not start; run doctor"
                    error = f"the process ended with exit code {code}: {why}"
                if code is None or number == 1:  # otherwise, the next process shows whose fault it is
                    yield Outcome(task, error=error)
                break
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


def _wait(path: Path, process: subprocess.Popen, limit: float | None = None) -> bool:
    """Wait for a file of a process; returns False if it has ended without it, or after `limit` seconds."""
    since = time.monotonic()
    while not path.exists():
        if process.poll() is not None:
            return path.exists()  # its last act
        if limit and time.monotonic() - since > limit:
            return False
        time.sleep(POLL)
    return True


def _work(folder: Path) -> None:
    """Do the tasks, and write their outcomes; stop after a run that failed, or that has left something running."""
    tasks = pickle.loads((folder / TASKS).read_bytes())
    if os.environ.get("LOCAL_RANK", "0") != "0":  # Lightning has started this process, to share a training
        next(run_here(tasks))
        return
    lifeline = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a recipe that asks for input gets none
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    (folder / "0").touch()
    for number, outcome in enumerate(run_here(tasks), 1):
        with atomic(folder / str(number)) as part:
            part.write_bytes(pickle.dumps(outcome))
        if outcome.error is not None or outcome.task.options or psutil.Process().children():
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
    from mnist_tutorial.benchmark import worker  # by this name, the other process finds the class of an outcome

    worker._work(Path(sys.argv[1]))
