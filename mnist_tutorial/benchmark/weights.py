"""Weights: the trained network of a recipe in a file, and back."""

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from safetensors.torch import load_file, save_file

from mnist_tutorial.benchmark.results import code
from mnist_tutorial.benchmark.results.splits import split_for
from mnist_tutorial.benchmark.runs.execution import Training, seed_everything
from mnist_tutorial.benchmark.runs.recipe import Recipe
from mnist_tutorial.benchmark.runs.run import Run
from mnist_tutorial.benchmark.runs.state import kept_settings
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.data import Split, atomic, load
from mnist_tutorial.errors import MNISTError, printable

FORMAT = "mnist-tutorial weights 1"
FEW = 1_024  # digits that the recipe gets while its network is rebuilt


@dataclass(frozen=True)
class Weights:
    """Trained weights, and what they are the weights of.

    Attributes
    ----------
    recipe, seed, evaluated_on, variant, precision : as in a `Result`
    code : dict
        From each module of ours that trained to a digest of it.
    accuracy : float
        On the digits evaluated on.
    date : str
        In UTC, as in ISO 8601.
    """

    recipe: str
    seed: int
    evaluated_on: str
    variant: str
    precision: str
    code: dict[str, str]
    accuracy: float
    date: str


class _Built(Exception):
    """Carries a network out of a training that has just begun."""

    def __init__(self, network: Any):
        self.network = network


class _FirstStep(Run):
    def step(self, images: int, loss: torch.Tensor | float, network: Any = None) -> None:
        raise _Built(network)


def save(training: Training, task: Task, path: Path) -> Weights:
    """Keep the weights of a trained network.

    They take 16 bits each where the network still predicts the same digits with them, and 32 otherwise.

    Parameters
    ----------
    training : Training
        As from `execution.train`.
    task : Task
        What was trained.
    path : Path
        The safetensors file to write, or to replace.

    Returns
    -------
    Weights
        What the file says about itself.

    Raises
    ------
    MNISTError
        If the recipe trains no network of torch, or one whose predictions its weights do not determine.
    """
    network = _network(training.network, task.recipe)
    _, split = split_for(load(task.variant), task.evaluated_on)
    predicted = _predict(training.run, network, split)
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in network.state_dict().items()}
    run, rebuilt = rebuild(task.recipe, training.run.digits, task.seed)
    for dtype in (torch.float16, torch.float32):
        kept = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        rebuilt.load_state_dict(kept)
        finite = all(torch.isfinite(tensor).all() for tensor in kept.values())  # float16 ends at 65,504
        if finite and np.array_equal(_predict(run, rebuilt, split), predicted):
            break
    else:
        raise MNISTError(
            f"{task.recipe.name}: a new network with the trained weights predicts other digits than the trained one; "
            "expected all that it has learnt in its state_dict"
        )
    weights = Weights(
        recipe=task.recipe.name,
        seed=task.seed,
        evaluated_on=task.evaluated_on,
        variant=task.variant,
        precision=training.run.precision,
        code=task.recipe.code() | training.code,
        accuracy=float(np.mean(predicted == split.labels)),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    with atomic(path) as part:
        save_file(kept, part, metadata={"format": FORMAT, "weights": json.dumps(vars(weights))})
    return weights


def describe(path: Path) -> Weights:
    """Read what a file of weights says about itself.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Weights

    Raises
    ------
    MNISTError
        If it is no file that `save` wrote.
    """
    expected = "expected a file from `benchmark weights`"
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise MNISTError(f"{path}: written by another program, or a later version; {expected}")
        return Weights(**json.loads(metadata["weights"]))
    except (OSError, ValueError, TypeError, KeyError, safetensors.SafetensorError) as error:
        raise MNISTError(f"{path}: cannot be read ({printable(error)}); {expected}") from error


def restore(path: Path, recipe: Recipe, digits: Split) -> tuple[Run, torch.nn.Module, Weights]:
    """Rebuild the network of a recipe, and give it weights.

    Parameters
    ----------
    path : Path
    recipe : Recipe
    digits : Split
        Training digits.

    Returns
    -------
    run : Run
        Its method ``scores`` lets the network predict.
    network : torch.nn.Module
    weights : Weights

    Raises
    ------
    MNISTError
        If the file cannot be read, if these are weights of another recipe or of other code, or if their names or
        shapes differ from those of the recipe's network.
    """
    weights = describe(path)
    if weights.recipe != recipe.name:
        raise MNISTError(
            f"{path}: weights of {printable(weights.recipe)}, expected those of {recipe.name}; "
            f"`benchmark weights {recipe.name}` trains some"
        )
    run, network = rebuild(recipe, digits, weights.seed)
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        raise MNISTError(
            f"{path}: does not fit the network of {recipe.name} ({printable(error)[:300]}); expected weights of the "
            f"version {code.version(recipe.code())[:8]} of the code, found {code.version(weights.code)[:8]}"
        ) from error
    run.precision = weights.precision
    return run, network, weights


def rebuild(recipe: Recipe, digits: Split, seed: int) -> tuple[Run, torch.nn.Module]:
    """Let a recipe make its network: its training ends with the first step.

    Parameters
    ----------
    recipe : Recipe
    digits : Split
        Training digits, of which it gets a few.
    seed : int

    Returns
    -------
    run : Run
    network : torch.nn.Module
        Hardly trained.

    Raises
    ------
    MNISTError
        If the recipe trains no network of torch, or hands none to ``run.step``.
    """
    run = _FirstStep(digits.take(min(FEW, len(digits)), seed=0), seed)
    with kept_settings():
        seed_everything(seed)
        try:
            network, _ = run.train(recipe.function)
        except _Built as built:
            network = built.network
            if network is None:
                raise MNISTError(
                    f"{recipe.name} hands no network to run.step; expected run.step(images, loss, network), so that "
                    "the network can be made without training it"
                ) from None
    return run, _network(network, recipe)


def _network(network: Any, recipe: Recipe) -> torch.nn.Module:
    if not isinstance(network, torch.nn.Module):
        raise MNISTError(
            f"{recipe.name} trains no network of torch but a {type(network).__name__}, which has no weights to keep; "
            "expected a torch.nn.Module"
        )
    return network


def _predict(run: Run, network: torch.nn.Module, split: Split) -> np.ndarray:
    return run.scores(network, split).argmax(1)
