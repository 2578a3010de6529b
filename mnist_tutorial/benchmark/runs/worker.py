"""The process in which a recipe trains: ``python -m mnist_tutorial.benchmark.runs.worker FOLDER``."""

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psutil

from mnist_tutorial.data import atomic

TASKS, STARTED = "tasks", "started"  # files in the folder; the outcome of each task gets its number as a name


def main(folder: Path) -> None:
    """Do the tasks, and write their outcomes; stop after a run that failed, or that has left something running."""
    tasks = pickle.loads((folder / TASKS).read_bytes())
    from mnist_tutorial.benchmark.runs.execution import run_safely  # the process that starts this one needs no torch

    if os.environ.get("LOCAL_RANK", "0") != "0":  # Lightning has started this process, to share a training
        run_safely(tasks[0])
        return
    me, lifeline = os.getpid(), os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a recipe that asks for input gets none
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    (folder / STARTED).touch()
    for i, task in enumerate(tasks):
        outcome = run_safely(task)
        if os.getpid() != me:  # the recipe has forked, and this is the copy
            os._exit(0)
        with atomic(folder / str(i)) as part:
            part.write_bytes(pickle.dumps(outcome))
        if outcome[1] is not None or task.options or psutil.Process().children():
            break
    end(me)  # a thread of a recipe might keep it


def end(pid: int) -> None:
    """End a process, which leads a session, and all that it has started."""
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):  # some may have sessions of their own
            with suppress(psutil.Error):
                child.kill()
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)


def _end_with_parent(lifeline: int) -> None:
    os.read(lifeline, 1)  # until the other end of the pipe is closed: by the parent, or by its end
    end(os.getpid())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
