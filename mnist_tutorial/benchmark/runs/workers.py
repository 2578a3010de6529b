"""Workers: the processes that train, on this machine or on others."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from mnist_tutorial.benchmark.runs.process import Outcome, TaskProcess
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.errors import MNISTError

PATIENCE = 15  # seconds for a scheduler to answer


class LocalWorkers:
    """One process on this machine, which does one task after the other; a new one for each recipe.

    Parameters
    ----------
    limit : float, optional
        Seconds after which a run that has not finished is ended.

    Attributes
    ----------
    slots : int
        The number of tasks at a time.
    """

    slots = 1

    def __init__(self, limit: float | None = None):
        self._limit = limit

    def __enter__(self) -> Self:
        self._process, self._thread = TaskProcess(), ThreadPoolExecutor(1)
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.end()  # and with it a training whose result nobody would keep
        self._thread.shutdown(wait=True, cancel_futures=True)

    def submit(self, task: Task) -> Future:
        """Start a task; the future holds what `execution.run_safely` returns."""
        self._process.start(task)
        return self._thread.submit(self._process.run, task, self._limit)


class DaskWorkers:
    """The workers of a dask.distributed cluster.

    Parameters
    ----------
    scheduler : str, optional
        The address of its scheduler, ``tcp://host:8786``. By default, a cluster starts on this machine, to which only
        this process can connect.
    workers : int
        The number of processes of that cluster.
    limit : float, optional
        Seconds after which a run that has not finished is ended.

    Attributes
    ----------
    slots : int
        The number of tasks at a time: one for each worker.

    Raises
    ------
    MNISTError
        If dask is not installed, the scheduler does not answer, or it has no workers.
    """

    def __init__(self, scheduler: str | None = None, workers: int = 2, limit: float | None = None):
        self._scheduler, self._workers, self._limit = scheduler, workers, limit

    def __enter__(self) -> Self:
        self._cluster = None
        try:
            from distributed import Client, LocalCluster

            if self._scheduler is None:
                # Whoever can talk to a scheduler runs code as the user who has started it: so nobody else may.
                self._cluster = LocalCluster(
                    n_workers=self._workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    security=True,
                    dashboard_address=None,
                    scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # its page of counters takes any free port
                )
        except ImportError as error:  # of distributed, or of cryptography for the certificates
            raise MNISTError(
                f"dask.distributed cannot be used ({error}); run pip install 'mnist-tutorial[dask]'"
            ) from error
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
        return self._executor.submit(_run_in_process, task, self._limit)


_process, _one_at_a_time = TaskProcess(), threading.Lock()  # of a worker of dask


def _run_in_process(task: Task, limit: float | None) -> Outcome:
    """Run a task in the process of this worker of dask, which is not the worker itself."""
    with _one_at_a_time:
        _process.start(task)
        return _process.run(task, limit)
