"""A process that does the tasks of one recipe; whatever a recipe starts in it ends with it."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
import uuid
from contextlib import suppress
from typing import Any, BinaryIO

import psutil

from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.runs.task import Task

# In the environment of a process and of all that it starts, also of what has left its session.
MARK = "MNIST_TUTORIAL_PROCESS"
IDLE = 60  # seconds after which a process without a task ends
Outcome = tuple[Result | None, str | None]


class ProcessEnded(Exception):
    """A process ended in the middle of a task."""


class TaskProcess:
    """A process for tasks, one at a time; a new one for each recipe, and after a task that has left something behind.

    It is not the process that keeps the results, so a recipe that crashes its process does not take results with it.
    It ends, and with it all that recipes have started, when the process that has started it ends, even if that was
    killed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._recipe: tuple[str, str] | None = None

    def start(self, task: Task) -> None:
        """Start a process, unless there is one that only runs of the same recipe have used."""
        recipe = task.recipe.name, task.recipe.sha256
        if self._process is not None and self._process.poll() is None and self._recipe == recipe:
            return
        self.end()
        self._recipe, self._mark, self._messages = recipe, uuid.uuid4().hex, queue.SimpleQueue()
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"  # it imports what we do
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {MARK: self._mark},
            start_new_session=True,
            # Windows has no sessions; there, this keeps ctrl-C away from it.
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        arguments = self._process, self._mark, self._messages
        threading.Thread(target=_receive, args=arguments, daemon=True).start()
        threading.Thread(target=_await_end, args=arguments, daemon=True).start()

    def run(self, task: Task, limit: float | None = None) -> Outcome:
        """Do a task in the process that `start` has started for it.

        Parameters
        ----------
        task : Task
        limit : float, optional
            Seconds, from the end of the imports, after which the process is ended and the task has failed.

        Returns
        -------
        tuple
            The same as `execution.run_safely`.

        Raises
        ------
        ProcessEnded
            If the process ends before the task does.
        """
        process = self._process
        try:
            if process is None:
                raise ProcessEnded("it was no longer needed")
            with suppress(OSError):  # it has ended, which the first message says, too
                process.stdin.write(pickle.dumps(task))
                process.stdin.flush()
            messages = [self._messages.get(), self._messages.get(timeout=limit)]
        except queue.Empty:
            self.end()
            return None, f"TimeoutError: not finished after {limit:g} seconds, the limit that --limit sets"
        if None in messages:
            with suppress(subprocess.TimeoutExpired):  # it may have closed its end of the pipe only
                process.wait(1)
            self.end()
            raise ProcessEnded(f"exit code {process.returncode}")
        outcome, reusable = messages[1]
        if not reusable:
            self.end()
        return outcome

    def end(self) -> None:
        """End the process and all that it has started."""
        process, self._process = self._process, None
        if process is not None:
            _end_all(self._mark, process.pid)
            process.wait()
            with suppress(OSError):
                process.stdin.close()


def run_in_worker(task: Task) -> Outcome:
    """Run a task as a worker does: in this process, or in as many processes as its options ask for.

    Returns
    -------
    tuple
        The same as `execution.run_safely`.
    """
    # Only a process that trains imports torch, which takes seconds.
    if task.options:
        from mnist_tutorial.benchmark.runs.distributed import run_distributed

        return run_distributed(task)
    from mnist_tutorial.benchmark.runs.execution import run_safely

    return run_safely(task)


def _receive(process: subprocess.Popen, mark: str, messages: queue.SimpleQueue) -> None:
    """Receive what a process sends."""
    with suppress(Exception), process.stdout:  # until it has ended, or sends what is no message
        while True:
            messages.put(pickle.load(process.stdout))
    messages.put(None)


def _await_end(process: subprocess.Popen, mark: str, messages: queue.SimpleQueue) -> None:
    """Wait until a process has ended; what it has started might otherwise live on, and keep its pipe open."""
    process.wait()
    _end_all(mark, process.pid)
    messages.put(None)


def _end_all(mark: str, session: int) -> None:
    """End all processes with a mark except this one, and then a session, which this one may be in."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                process.kill()
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(session, signal.SIGKILL)


def _take_tasks(stream: BinaryIO, mark: str, tasks: queue.SimpleQueue) -> None:
    """Put tasks into a queue until whoever sends them is gone; then end this process and all that it has started."""
    try:
        with suppress(EOFError, OSError):
            while True:
                tasks.put(pickle.load(stream))
    finally:
        _end_all(mark, os.getpid())
        os._exit(1)


def main() -> None:
    """Do the tasks that come from standard input, and send what they return to standard output."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a recipe that reads or prints must not get between
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    def send(message: Any) -> None:
        pickle.dump(message, outgoing)
        outgoing.flush()

    me, tasks = os.getpid(), queue.SimpleQueue()
    threading.Thread(target=_take_tasks, args=(incoming, os.environ[MARK], tasks), daemon=True).start()
    with suppress(queue.Empty):
        while True:
            task = tasks.get(timeout=IDLE)
            if not task.options:
                from mnist_tutorial.benchmark.runs.execution import is_unchanged  # and torch, off the limit
            send("started")
            try:
                outcome = run_in_worker(task)
            except KeyboardInterrupt:  # raised by the recipe: ctrl-C does not come here
                outcome = None, traceback.format_exc().strip()
            if os.getpid() != me:
                os._exit(0)  # the recipe has forked, and this is the copy
            send((outcome, not task.options and outcome[1] is None and is_unchanged()))
    os._exit(0)  # a thread of a recipe might keep it
