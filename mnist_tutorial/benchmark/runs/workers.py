"""Workers: the processes that train, on this machine or on others."""

import multiprocessing
import os
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.errors import MNISTError

PATIENCE = 15  # seconds for a scheduler to answer


class LocalWorkers:
    """One process on this machine, which does one task after the other.

    It is not the process that keeps the results, so a recipe that crashes its process does not take results with it.

    Attributes
    ----------
    slots : int
        The number of tasks at a time.
    """

    slots = 1

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._lifeline.close()  # ends the process, and with it a training whose result nobody would keep
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, task: Task) -> Future:
        """Start a task; the future holds what `execution.run_safely` returns."""
        try:
            return self._pool.submit(run_in_worker, task)
        except BrokenExecutor:
            self._start()
            return self._pool.submit(run_in_worker, task)

    def _start(self) -> None:
        theirs, self._lifeline = multiprocessing.Pipe(duplex=False)
        # "spawn" on Linux too: a fork would copy torch's threads, which do not run in the copy.
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, initializer=_end_with, initargs=(theirs,))


class DaskWorkers:
    """The workers of a dask.distributed cluster.

    Parameters
    ----------
    scheduler : str, optional
        The address of its scheduler, ``tcp://host:8786``. By default, a cluster starts on this machine.
    workers : int
        The number of processes of that cluster.

    Attributes
    ----------
    slots : int
        The number of tasks at a time: one for each worker.

    Raises
    ------
    MNISTError
        If dask is not installed, the scheduler does not answer, or it has no workers.
    """

    def __init__(self, scheduler: str | None = None, workers: int = 2):
        self._scheduler, self._workers = scheduler, workers

    def __enter__(self) -> Self:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise MNISTError("dask.distributed is not installed; run pip install 'mnist-tutorial[dask]'") from error
        self._cluster = None
        if self._scheduler is None:
            self._cluster = LocalCluster(n_workers=self._workers, threads_per_worker=1, dashboard_address=None)
        try:
            self._client = Client(self._scheduler or self._cluster, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise MNISTError(
                f"no dask scheduler answers at {self._scheduler} within {PATIENCE} s ({error}); start one with "
                "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
            ) from error
        self.slots = len(self._client.scheduler_info(n_workers=-1)["workers"])
        if not self.slots:
            self.__exit__()
            raise MNISTError(
                f"the dask scheduler at {self._scheduler} has no workers; start some with "
                f"`dask worker {self._scheduler} --nthreads 1`"
            )
        self._executor = self._client.get_executor(pure=False)
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def submit(self, task: Task) -> Future:
        """Start a task; the same as `LocalWorkers.submit`."""
        return self._executor.submit(run_in_worker, task)


def run_in_worker(task: Task) -> tuple[Result | None, str | None]:
    """Run a task as a worker does: here, or in as many processes as its options ask for.

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


def _end_with(lifeline: Connection) -> None:
    """End this process as soon as the other end of a pipe is closed, or its process is gone, even if it was killed."""

    def watch() -> None:
        with suppress(EOFError, OSError):
            lifeline.recv()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
