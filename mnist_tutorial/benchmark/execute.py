"""The execution of a task: warm up, train, evaluate, and collect the result."""

import datetime
import importlib.metadata
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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


def _set_environment(variables: dict[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


# How to read each setting of a process, and how to set it: a recipe may change it for itself, but not for the next run.
SETTINGS: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (os.getcwd, os.chdir),
    (lambda: dict(os.environ), _set_environment),
    (lambda: list(sys.path), lambda places: sys.path.__setitem__(slice(None), places)),
    (np.geterr, lambda how: np.seterr(**how)),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, torch.set_default_device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
]


@contextmanager
def kept_settings() -> Iterator[None]:
    """Set all settings back to what they were once the block has run."""
    before = [(_read(read), read, change) for read, change in SETTINGS]
    try:
        yield
    finally:
        for value, read, change in before:
            if value is not None and _read(read) != value:
                change(value)


def _read(read: Callable[[], Any]) -> Any:
    with suppress(FileNotFoundError):  # the working folder has been removed
        return read()


class Training(NamedTuple):
    """A trained network, and how it came to be."""

    run: Run  # its method `scores` lets the network predict
    network: Any
    time: Time
    warm_up: float  # seconds
    code: dict[str, str]  # when the training began


def run_task(task: Task) -> Result | None:
    """Train once, and evaluate once; returns None in the other processes of a training that several share.

    Raises
    ------
    MNISTError
        If the recipe looks at the test digits, returns no network, or its scores are not finite numbers.
    Exception
        Whatever the recipe raises.
    """
    with kept_settings():
        started = _now()
        training = _train(task)
        if torch.distributed.is_initialized() and torch.distributed.get_rank():
            return None
        evaluation = _evaluate(training, task)
        return Result(
            recipe=task.recipe.name,
            docstring=encodable(task.recipe.docstring),
            source=task.recipe.source,
            evaluated_on=task.evaluated_on,
            seed=task.seed,
            variant=task.variant,
            started=started,
            code=task.recipe.code() | training.code,
            **_training(training),
            **evaluation,
            **_environment(task),
        )


def train(task: Task) -> Training:
    """Train as `run_task` does, but evaluate nothing."""
    with kept_settings():
        return _train(task)


def run_safely(task: Task) -> tuple[Result | None, str | None]:
    """Run a task; returns result and error, a traceback as text, whose last line is the error itself."""
    try:
        return run_task(task), None
    except BaseException:  # a recipe may also raise SystemExit, KeyboardInterrupt or asyncio.CancelledError
        return None, encodable(traceback.format_exc().strip()[-ERROR_LENGTH:])


def encodable(text: str) -> str:
    """Replace what UTF-8 cannot encode: lone surrogates, which a recipe can write as escape sequences."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def seed_everything(seed: int) -> None:
    """Seed the global generators as Lightning does, without importing Lightning, which takes seconds."""
    os.environ["PL_GLOBAL_SEED"] = str(seed)  # the processes of a distributed training shuffle with it
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _warm_up(task: Task, train: Split) -> float:
    """Train on a few digits if this process has not run the recipe before; returns seconds."""
    if (recipe := (task.recipe.name, task.recipe.sha256)) in _warm:
        return 0.0
    seed_everything(0)
    few = train.take(min(WARM_UP, len(train)), seed=0)
    try:
        _, time = timed(lambda: Run(few, 0, None, task.options).train(task.recipe.function))
    except MNISTError as error:
        words = f"in the warm-up, which trains on {len(few):,} of the {len(train):,} digits"
        raise MNISTError(f"{error} ({words})") from error
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
    images = run.images or len(run.digits)
    parameters = None
    if isinstance(network, torch.nn.Module):
        parameters = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return {
        "parameters": parameters,
        "epochs": round(images / len(run.digits), 4),
        "warm_up": round(training.warm_up, 3),
        "clock": CLOCK,
        "wall": max(SHORTEST, round(time.wall, 4)),  # readers refuse runs that took no time
        "cpu_seconds": round(time.cpu_seconds, 3),
        "other_cpu_seconds": round(time.lost, 3),
        "images_per_second": round(images / time.wall, 1),
        "loss_curve": run.loss_curve(),
        "validation_curve": run.validation,
        "precision": str(run.precision),
    }


def _evaluate(training: Training, task: Task) -> dict[str, Any]:
    """Measure a network on digits that it was not trained on, once; returns the fields of a result about it."""
    mnist = load(task.variant)
    _, split = split_for(mnist, task.evaluated_on)
    scores, time = timed(lambda: training.run.scores(training.network, split))
    predicted = scores.argmax(1)
    return {
        "digests": mnist.digests._asdict(),
        "prediction": round(time.wall, 4),
        "accuracy": float((predicted == split.labels).mean()),
        "predicted": predicted.astype(np.uint8),
        **{name: round(value, 5) for name, value in calibration(scores, split.labels).items()},
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
    distributions = {found.name: found.version for found in importlib.metadata.distributions()}
    return dict(sorted(distributions.items(), key=lambda item: item[0].lower()))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
