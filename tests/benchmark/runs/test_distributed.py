import os

import psutil
import pytest

from mnist_tutorial.benchmark.runs import Task, load_recipe, run_task
from mnist_tutorial.benchmark.runs.process import run_in_worker

TWO = {"devices": 2, "num_nodes": 1, "strategy": "ddp", "accelerator": "cpu"}


@pytest.mark.full
def test_two_processes_train_what_one_does():
    recipe = load_recipe("cnn-1s")
    together, error = run_in_worker(Task(recipe, 0, "validation", "sample", TWO))
    assert error is None
    alone = run_task(Task(recipe, 0, "validation", "sample"))
    assert (together.devices, together.strategy, alone.strategy) == (2, "ddp", "auto")
    assert together.name != alone.name
    # The same number of steps with batches of the same size, each process with half of them.
    assert len(together.loss_curve["loss"]) == len(alone.loss_curve["loss"])
    assert together.loss_curve["images"][:-1] == alone.loss_curve["images"][:-1]
    assert abs(together.loss_curve["loss"][-1] - alone.loss_curve["loss"][-1]) < 0.3
    assert abs(together.accuracy - alone.accuracy) < 0.06  # of 333 digits


@pytest.mark.full
def test_no_process_is_left():
    run_in_worker(Task(load_recipe("cnn-1s"), 0, "validation", "sample", TWO))
    started = []
    for process in psutil.process_iter():
        try:
            of_this_test = process.environ().get("PYTEST_CURRENT_TEST") == os.environ["PYTEST_CURRENT_TEST"]
            if of_this_test and any("runs.distributed" in word for word in process.cmdline()):
                started.append(process)
        except psutil.Error:  # of somebody else, or just ended
            continue
    _, left = psutil.wait_procs(started, timeout=20)  # what was told to end may need a moment
    assert not left
