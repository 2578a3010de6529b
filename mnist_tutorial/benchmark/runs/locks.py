"""Locks: a task is done by one process at a time, whichever of them share a folder."""

from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_tutorial.benchmark.runs.task import Task


def lock_task(task: Task, folder: Path) -> FileLock | None:
    """Lock a task; returns None if another process has it."""
    lock = FileLock(folder / f".{task.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def unlock_task(lock: FileLock) -> None:
    """Remove the file of a lock, then release it.

    In the other order, a process that locks the file in between would hold a file that nobody else sees. A process
    that has already opened the file when we remove it does not get the lock: filelock refuses a file that is gone.
    """
    with suppress(OSError):  # Windows does not remove an open file; there, filelock does so after the release
        Path(lock.lock_file).unlink()
    lock.release()
