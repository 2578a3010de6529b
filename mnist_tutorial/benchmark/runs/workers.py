"""Workers: the processes that train, on this machine or on others."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path

from mnist_tutorial.errors import MNISTError

PATIENCE = 15  # seconds for a scheduler to answer


class LocalWorkers:
    """One process on this machine, which does one run after the other.

    It is not the process that keeps the results, so that a recipe that takes its process down takes no result with it.

    Attributes
    ----------
    slots : int
        How many runs at once.
    """

    slots = 1

    def __enter__(self):
        self._pool = self._new()
        return self

    def __exit__(self, *error):
        for process in list((self._pool._processes or {}).values()):
            process.terminate()  # a training that is under way counts for nothing
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, task):
        """Start a task; gives a ``concurrent.futures.Future`` of what `execution.run_safely` returns."""
        try:
            return self._pool.submit(run_anywhere, task)
        except BrokenExecutor:
            self._pool = self._new()
            return self._pool.submit(run_anywhere, task)

    def _new(self):
        # A fresh process, as on macOS and Windows: a fork would copy threads of torch that do not run in it.
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_end_with_parent)


class DaskWorkers:
    """The workers of a dask.distributed cluster.

    Parameters
    ----------
    scheduler : str, optional
        Its address, ``tcp://host:8786``. Without, a cluster is started on this machine.
    workers : int
        How many processes then.

    Attributes
    ----------
    slots : int
        How many runs at once: one on each worker.

    Raises
    ------
    MNISTError
        If dask is not installed, the scheduler does not answer, or it has no workers.
    """

    def __init__(self, scheduler=None, workers=2):
        self._scheduler, self._workers = scheduler, workers

    def __enter__(self):
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise MNISTError("dask.distributed is not installed; pip install 'mnist-tutorial[dask]'") from error
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

    def __exit__(self, *error):
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def submit(self, task):
        """Start a task; as `LocalWorkers.submit`."""
        return self._executor.submit(run_anywhere, task)


def run_anywhere(task):
    """Execute a task here, or in as many processes as it asks for; as `execution.run_safely`."""
    if not task.options:
        # Only who trains needs Lightning, which takes seconds.
        from mnist_tutorial.benchmark.runs import execution

        return execution.run_safely(task)
    with tempfile.TemporaryDirectory() as folder:
        given, outcome = Path(folder) / "task", Path(folder) / "outcome"
        given.write_bytes(pickle.dumps(task))
        # Lightning starts the other processes with the same command as this one.
        command = [sys.executable, "-m", "mnist_tutorial.benchmark.runs.distributed", str(given), str(outcome)]
        done = subprocess.run(command, capture_output=True, text=True)
        if not outcome.exists():
            return None, f"{done.stdout}\n{done.stderr}\nit ended with exit code {done.returncode}".strip()
        return pickle.loads(outcome.read_bytes())


def _end_with_parent():
    """End this process as soon as the one that started it is gone, even if it was killed."""
    parent = multiprocessing.parent_process()

    def watch():
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
