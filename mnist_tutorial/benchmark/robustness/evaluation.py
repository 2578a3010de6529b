"""The evaluation: a network predicts all sets of corrupted digits, once."""

import datetime
import time
from itertools import product

import numpy as np
import torch

from mnist_tutorial.benchmark.machine import machine
from mnist_tutorial.benchmark.results.splits import split_for
from mnist_tutorial.benchmark.robustness.corruptions import CORRUPTIONS, corrupted
from mnist_tutorial.benchmark.robustness.robustness import Robustness
from mnist_tutorial.benchmark.robustness.suite import STRENGTHS, suite_digest
from mnist_tutorial.benchmark.runs.run import Run
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.data import Split, load
from mnist_tutorial.data.progress import progress_bar


def evaluate(run: Run, network: object, task: Task, code: dict[str, str]) -> Robustness:
    """Measure a network on clean and on corrupted digits.

    Parameters
    ----------
    run : Run
        Of the training: its ``scores`` lets the network predict as the recipe wants it, each set once.
    network : object
        As the recipe returned it.
    task : Task
        What was trained, and which digits to corrupt.
    code : dict
        Of the training.

    Returns
    -------
    Robustness

    Raises
    ------
    MNISTError
        If a set comes out differently from the published one, or the scores are not finite numbers.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    _, split = split_for(load(task.variant), task.evaluated_on)
    reduced = run.precision == "bf16-mixed" and isinstance(network, torch.nn.Module)
    if isinstance(network, torch.nn.Module):
        network.to(memory_format=torch.channels_last)  # halves the time of convolutions on a processor
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def accuracy(digits: Split) -> float:
        with torch.autocast(device, torch.bfloat16, enabled=reduced):
            return float(np.mean(run.scores(network, digits).argmax(1) == split.labels))

    clean, accuracies = accuracy(split), {corruption: [] for corruption in CORRUPTIONS}
    with progress_bar("corrupted digits", " sets", total=len(CORRUPTIONS) * STRENGTHS) as bar:
        for corruption, strength in product(CORRUPTIONS, range(1, STRENGTHS + 1)):
            accuracies[corruption].append(accuracy(corrupted(split, corruption, strength)))
            bar.update()
    return Robustness(
        recipe=task.recipe.name,
        seed=task.seed,
        evaluated_on=task.evaluated_on,
        variant=task.variant,
        suite=suite_digest(),
        clean=clean,
        accuracies=accuracies,
        precision=run.precision if reduced else "32-true",
        seconds=round(time.perf_counter() - clock, 1),
        code=code,
        machine=machine(),
        started=started.isoformat(timespec="seconds"),
    )
