"""The execution of a task: warm up, train, evaluate, and collect the result."""

import datetime
import importlib.metadata
import os
import random
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch

from mnist_tutorial.benchmark.clock import Time, timed
from mnist_tutorial.benchmark.machine import machine, peak_memory, reset_peak_memory
from mnist_tutorial.benchmark.recipe import Task
from mnist_tutorial.benchmark.result import SHORTEST, Result
from mnist_tutorial.benchmark.run import CLOCK, Run
from mnist_tutorial.benchmark.splits import split_for
from mnist_tutorial.data import Split, load
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import calibration

WARM_UP = 1_024  # digits: two batches of the largest size, so that each kernel is chosen before the clock starts
ERROR_LENGTH = 20_000  # characters that are kept of an error: more than a traceback, but no array in a message
_warm: set[tuple[str, str]] = set()  # the recipes that this process has run


@contextmanager
def kept_settings() -> Iterator[None]:
    """Undo what a recipe changes for its whole process, so that the next seed begins as the first one did."""
    folder, threads = os.getcwd(), torch.get_num_threads()
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        yield
    finally:
        os.chdir(folder)
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)


class Training(NamedTuple):
    """A trained network, and how it came to be."""

    run: Run  # its method `scores` lets the network predict
    network: Any
    time: Time
    warm_up: float  # seconds
    code: dict[str, str]  # when the training began


@kept_settings()
def run_task(task: Task) -> Result | None:
    """Train once, and evaluate once; returns None in the other processes of a training that several share.

    MNISTError if the recipe looks at the test digits, returns no network, or its scores are not finite numbers; and
    whatever the recipe raises.
    """
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    training = _train(task)
    if torch.distributed.is_initialized() and torch.distributed.get_rank():
        return None
    mnist = load(task.variant)
    _, split = split_for(mnist, task.evaluated_on)
    scores, prediction = timed(lambda: training.run.scores(training.network, split))
    predicted = scores.argmax(1)
    return Result(
        recipe=task.recipe.name,
        docstring=task.recipe.docstring.encode("utf-8", "backslashreplace").decode(),  # for lone surrogates
        source=task.recipe.source,
        evaluated_on=task.evaluated_on,
        seed=task.seed,
        variant=task.variant,
        digests=mnist.digests._asdict(),
        started=started,
        prediction=round(prediction.wall, 4),
        accuracy=float((predicted == split.labels).mean()),
        predicted=predicted.astype(np.uint8),
        **{name: round(value, 5) for name, value in calibration(scores, split.labels).items()},
        **_training(training),
        **_environment(task),
        code=task.recipe.code() | training.code,
    )


@kept_settings()
def train(task: Task) -> Training:
    """Train as `run_task` does, but evaluate nothing."""
    return _train(task)


def run_safely(task: Task) -> tuple[Result | None, str | None]:
    """Run a task; returns result and error, a traceback as text, whose last line is the error itself."""
    try:
        return run_task(task), None
    except BaseException:  # a recipe may also raise SystemExit, KeyboardInterrupt or asyncio.CancelledError
        return None, traceback.format_exc().strip()[-ERROR_LENGTH:]


def seed_everything(seed: int) -> None:
    """Seed the global generators as Lightning does, without importing Lightning, which takes seconds."""
    os.environ["PL_GLOBAL_SEED"] = str(seed)  # the processes of a distributed training shuffle with it
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _warm_up(task: Task, train: Split, n: int = WARM_UP) -> float:
    """Train on n digits if this process has not run the recipe before; returns seconds."""
    if (recipe := (task.recipe.name, task.recipe.sha256)) in _warm:
        return 0.0
    seed_everything(0)
    few = train.take(min(n, len(train)), seed=0)
    try:
        _, time = timed(lambda: Run(few, 0, None, task.options).train(task.recipe.function))
    except MNISTError as error:
        if "cannot hold out" not in str(error):  # as `Split` says it
            raise
        if n == WARM_UP:  # a recipe that holds out thousands of digits
            return _warm_up(task, train, 10 * n)
        raise MNISTError(
            f"{error}. This was the warm-up, on {len(few):,} of the {len(train):,} digits: hold out a share, as in "
            "run.digits.hold_out(len(run.digits) // 10, seed=0)"
        ) from error
    _warm.add(recipe)
    return time.wall


def _train(task: Task) -> Training:
    train, held_out = split_for(load(task.variant), task.evaluated_on)
    train = replace(train, images=train.images.copy())  # from a view, `images.base` leads to the test digits
    with kept_settings():
        warm_up = _warm_up(task, train)
    run = Run(train, task.seed, held_out if task.evaluated_on == "validation" else None, task.options)
    del held_out  # a recipe must not find the test digits in memory; they are read again for the evaluation
    code = task.recipe.code()  # as it was imported: somebody may edit a file while this trains
    function = task.recipe.function
    seed_everything(task.seed)
    reset_peak_memory()
    network, time = run.train(function)
    return Training(run, network, time, warm_up, code)


def _training(training: Training) -> dict[str, Any]:
    """Collect the fields of a result that describe the training."""
    run, network, time = training.run, training.network, training.time
    images, weights = run.images or len(run.digits), None
    if isinstance(network, torch.nn.Module):
        weights = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    return {
        "parameters": weights,
        "epochs": round(images / len(run.digits), 4),
        "warm_up": round(training.warm_up, 3),
        "clock": CLOCK,
        "wall": max(SHORTEST, round(time.wall, 4)),  # readers refuse runs that took no time
        "cpu_seconds": round(time.cpu_seconds, 3),
        "other_cpu_seconds": round(time.other_cpu_seconds, 3),
        "images_per_second": round(images / time.wall, 1),
        "loss_curve": run.loss_curve(),
        "validation_curve": run.validation,
        "precision": str(run.precision),
    }


def _environment(task: Task) -> dict[str, Any]:
    """Collect the fields of a result that describe processes, machine and packages."""
    return {
        "peak_memory_mb": round(peak_memory() / 2**20),
        "devices": task.options.get("devices", 1),
        "nodes": task.options.get("num_nodes", 1),
        "strategy": task.options.get("strategy", "auto"),
        "threads": torch.get_num_threads(),
        "machine": machine(),
        "versions": _versions(),
    }


@cache
def _versions() -> dict[str, str]:
    packages = {package.name: package.version for package in importlib.metadata.distributions()}
    return dict(sorted(packages.items(), key=lambda item: item[0].lower()))
