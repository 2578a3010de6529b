"""The execution of a task: warm up, train, evaluate, and collect the result."""

import datetime
import inspect
import os
import random
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from mnist_tutorial.benchmark.clock import Time, timed
from mnist_tutorial.benchmark.machine import machine, peak_memory, reset_peak_memory, versions
from mnist_tutorial.benchmark.recipe import Recipe, Task
from mnist_tutorial.benchmark.result import SHORTEST, Result
from mnist_tutorial.benchmark.run import CLOCK, Run
from mnist_tutorial.benchmark.splits import split_for
from mnist_tutorial.data import Split, load
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import calibration

WARM_UP = 1_024  # digits: two batches of the largest size, so that each kernel is chosen before the clock starts
_warm: set[Recipe] = set()  # the recipes that this process has run


class Training(NamedTuple):
    """A trained network, and how it came to be."""

    run: Run  # its method `scores` lets the network predict
    network: Any
    time: Time
    warm_up: float  # seconds
    code: dict[str, str]  # when the training began


def run_task(task: Task) -> Result | None:
    """Train once, and evaluate once; returns None in the other processes of a training that several share.

    MNISTError if the recipe looks at the test digits, returns no network, or its scores are not finite numbers; and
    whatever the recipe raises.
    """
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    run, network, time, warm_up, code = train(task)
    if torch.distributed.is_initialized() and torch.distributed.get_rank():
        return None
    mnist = load(task.variant)
    _, split = split_for(mnist, task.evaluated_on)
    scores, prediction = timed(lambda: run.scores(network, split))
    predicted, images, parameters = scores.argmax(1), run.images or len(run.digits), None
    if isinstance(network, torch.nn.Module):
        parameters = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    return Result(
        recipe=task.recipe.name,
        docstring=inspect.getdoc(task.recipe.function) or "",
        source=task.recipe.source,
        evaluated_on=task.evaluated_on,
        seed=task.seed,
        variant=task.variant,
        digests=mnist.digests._asdict(),
        parameters=parameters,
        epochs=round(images / len(run.digits), 4),
        clock=CLOCK,
        wall=max(SHORTEST, round(time.wall, 4)),  # readers refuse runs that took no time
        cpu_seconds=round(time.cpu_seconds, 3),
        other_cpu_seconds=round(time.other_cpu_seconds, 3),
        warm_up=round(warm_up, 3),
        prediction=round(prediction.wall, 4),
        images_per_second=round(images / time.wall, 1),
        peak_memory_mb=round(peak_memory() / 2**20),
        accuracy=float((predicted == split.labels).mean()),
        predicted=predicted.astype(np.uint8),
        loss_curve=run.loss_curve(),
        validation_curve=run.validation,
        devices=run.processes,
        nodes=1,
        strategy=task.options.get("strategy", "auto"),
        precision=str(run.precision),
        threads=torch.get_num_threads(),
        machine=machine(),
        versions=versions(),
        started=started,
        code=task.recipe.code() | code,
        **{name: round(value, 5) for name, value in calibration(scores, split.labels).items()},
    )


def seed_everything(seed: int) -> None:
    """Seed the global generators as Lightning does, without importing Lightning, which takes seconds."""
    os.environ["PL_GLOBAL_SEED"] = str(seed)  # the processes of a distributed training shuffle with it
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def train(task: Task) -> Training:
    """Train, and evaluate nothing."""
    digits, held_out = split_for(load(task.variant), task.evaluated_on)
    digits = replace(digits, images=digits.images.copy())  # from a view, `images.base` leads to the test digits
    with torch.enable_grad():  # scripts end with torch.set_grad_enabled(False)
        warm_up = _warm_up(task, digits)
    run = Run(digits, task.seed, held_out if task.evaluated_on == "validation" else None, task.options)
    code = task.recipe.code()  # as it was imported: somebody may edit a file while this trains
    function = task.recipe.function
    seed_everything(task.seed)
    reset_peak_memory()
    with torch.enable_grad():
        network, time = run.train(function)
    return Training(run, network, time, warm_up, code)


def _warm_up(task: Task, digits: Split, n: int = WARM_UP) -> float:
    """Train on n digits if this process has not run the recipe before; returns seconds."""
    if task.recipe in _warm:
        return 0.0
    seed_everything(0)
    few = digits.take(min(n, len(digits)), seed=0)
    try:
        _, time = timed(lambda: Run(few, 0, None, task.options).train(task.recipe.function))
    except MNISTError as error:
        if n >= len(digits) or "cannot hold out" not in str(error):  # as `Split` says it
            raise
        return _warm_up(task, digits, 10 * n)  # a recipe that holds out thousands of digits
    _warm.add(task.recipe)
    return time.wall
