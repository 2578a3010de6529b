"""The execution of one run, from the digits to its result."""

import datetime
import importlib.metadata
import traceback
from functools import cache
from threading import Lock

import torch
from lightning import seed_everything

from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.benchmark.machine import forget_peak_memory, machine, peak_memory
from mnist_tutorial.benchmark.results.result import Result, pack, split_for
from mnist_tutorial.benchmark.runs.run import CLOCK, Run
from mnist_tutorial.data import load

WARM_UP = 1_024  # digits: two batches of the largest size, so that each kernel has been chosen before the clock starts
_one_at_a_time = Lock()  # two trainings in one process would draw from the same generators
_warm = set()


def run_task(task):
    """Train once, and measure.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Result or None
        None in all processes of a distributed training but the first.

    Raises
    ------
    MNISTError
        If the recipe looks at the test digits while training, or gives scores that are no numbers.
    Exception
        Whatever the recipe raises.
    """
    with _one_at_a_time:
        return _execute(task)


def run_safely(task):
    """Execute a task, and give an error as text instead of raising it.

    Returns
    -------
    result : Result or None
    error : str or None
        What went wrong: its last line is the error, the lines before are the traceback.
    """
    try:
        return run_task(task), None
    except (Exception, SystemExit):
        return None, traceback.format_exc().strip()


def _execute(task):
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    recipe, function = task.recipe, task.recipe.function
    # The test digits are let go of: they are read again when the training is over.
    train, held_out = split_for(load(task.variant), task.evaluated_on)
    if task.evaluated_on == "test":
        held_out = None
    warm_up = _warm_up(task, function, train)
    seed_everything(task.seed, verbose=False)
    forget_peak_memory()
    run = Run(train, task.seed, held_out, task.options)
    network, time = run.train(function)
    if torch.distributed.is_initialized() and torch.distributed.get_rank():
        return None
    mnist, log = load(task.variant), []
    accuracy, predicted, prediction = _evaluate(run, network, mnist, task.evaluated_on, log)
    seen = run.images or len(train)
    return Result(
        recipe=recipe.name,
        docstring=recipe.docstring,
        source=recipe.source,
        source_sha256=recipe.sha256,
        evaluated_on=task.evaluated_on,
        seed=task.seed,
        variant=mnist.variant,
        digests=mnist.digests._asdict(),
        parameters=_parameters(network),
        epochs=round(seen / len(train), 4),
        clock=CLOCK,
        wall=round(time.wall, 4),
        cpu_seconds=round(time.cpu_seconds, 3),
        other_cpu_seconds=round(time.other_cpu_seconds, 3),
        warm_up=round(warm_up, 3),
        prediction=round(prediction.wall, 4),
        images_per_second=round(seen / time.wall, 1),
        peak_memory_mb=round(peak_memory() / 2**20),
        validation_accuracy=accuracy if task.evaluated_on == "validation" else None,
        test_accuracy=accuracy if task.evaluated_on == "test" else None,
        evaluations=log,
        loss_curve=run.loss_curve(),
        validation_curve=run.validation,
        predictions=pack(predicted),
        devices=task.options.get("devices", 1),
        nodes=task.options.get("num_nodes", 1),
        strategy=task.options.get("strategy", "auto"),
        precision=run.precision,
        threads=torch.get_num_threads(),
        machine=machine(),
        versions=_versions(),
        started=started,
    )


def _warm_up(task, function, train):
    """Train on few digits, the first time in this process; gives seconds."""
    if task.recipe.sha256 in _warm:
        return 0.0
    seed_everything(0, verbose=False)
    _, time = timed(lambda: Run(train.take(min(WARM_UP, len(train)), seed=0), 0, None, task.options).train(function))
    _warm.add(task.recipe.sha256)
    return time.wall


def _evaluate(run, network, mnist, evaluated_on, log):
    """Measure a network on digits that it was not trained on: the only look at them, and it is logged."""
    _, split = split_for(mnist, evaluated_on)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    log.append({"of": evaluated_on, "images": len(split), "at": now})
    scores, time = timed(lambda: run.scores(network, split))
    predicted = scores.argmax(1)
    return float((predicted == split.labels).mean()), predicted, time


def _parameters(network):
    if not isinstance(network, torch.nn.Module):
        return None
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


@cache
def _versions():
    return {
        distribution.name: distribution.version
        for distribution in sorted(importlib.metadata.distributions(), key=lambda one: one.name.lower())
    }
