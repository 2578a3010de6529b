"""Requirements: what RULES.md asks of an entry, as far as its files can show it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from math import ceil
from statistics import median

import numpy as np
from scipy.stats import ttest_1samp

from mnist_tutorial.benchmark.record.entry import REFERENCE, Entry, begin
from mnist_tutorial.benchmark.results.code import digest
from mnist_tutorial.benchmark.runs.recipe import load_recipe

SEEDS = 10  # with fewer, a t-test says little about the spread
LEVEL = 0.01
REFERENCES = 5
TRIES = 10  # of a run that other programs slow down: each costs time, but nobody gains accuracy by it
GAP = timedelta(hours=3)  # between references: a machine that has been turned off, or was busy for long, is another one
PREDICTION = 2  # times the training: room for several views of each digit, and none for training that comes later
HARDWARE = ("processor", "cores", "device", "system", "threads", "openmp", "python", "commit")


def p_value(accuracies: np.ndarray, target: float) -> float:
    """Test whether the mean over all seeds exceeds a target.

    Parameters
    ----------
    accuracies : ndarray of float, shape (N,)
    target : float

    Returns
    -------
    float
        Of the one-sided t-test: how often a recipe whose true mean is the target does so well by chance. Without
        any spread, 0 or 1.

    Examples
    --------
    >>> f"{p_value(np.array([0.991, 0.992, 0.9905]), 0.99):.3f}"
    '0.059'
    """
    if not np.ptp(accuracies):
        return float(not accuracies[0] > target)
    return float(ttest_1samp(accuracies, target, alternative="greater").pvalue)


def unmet(entry: Entry, target: float, variant: str = "full") -> Iterator[str]:
    """List what an entry does not meet.

    Parameters
    ----------
    entry : Entry
    target : float
        Percent.
    variant : {"full", "sample"}

    Yields
    ------
    str
        Nothing if it is a record as far as files can show.
    """
    yield from entry.problems
    if not entry.runs:
        yield f"{entry.folder}: no runs of a recipe other than the reference; expected at least {SEEDS}"
        return
    yield from _split(entry, variant)
    yield from _one_recipe(entry)
    yield from _seeds(entry)
    yield from _accuracy(entry, target / 100)
    yield from _contention(entry)
    yield from _references(entry)
    yield from _one_machine(entry)


def _split(entry: Entry, variant: str) -> Iterator[str]:
    for run in (*entry.runs, *entry.references):
        if (run.evaluated_on, run.variant) != ("test", variant):
            yield f"{run.name}: {run.evaluated_on} digits of the {run.variant} MNIST; expected test digits of {variant}"


def _one_recipe(entry: Entry) -> Iterator[str]:
    recipes = sorted({run.recipe for run in entry.runs})
    if len(recipes) > 1:
        yield f"runs of several recipes, {', '.join(recipes)}; expected one, and {REFERENCE}"
    runs = [*entry.runs, *entry.references]
    if old := sum(not run.code for run in runs):
        yield f"{old} runs do not say which code ran: they are from before December 2026"
    digests = defaultdict(set)
    for module, value in (item for run in runs for item in run.code.items()):
        digests[module].add(value)
    if several := [module for module, found in sorted(digests.items()) if len(found) > 1]:
        yield f"the code of {', '.join(several)} is not the same in all runs"


def _seeds(entry: Entry) -> Iterator[str]:
    seeds = [run.seed for run in entry.runs]
    if len(seeds) < SEEDS:
        yield f"{len(seeds)} runs; expected at least {SEEDS}"
    if seeds != list(range(len(seeds))):
        yield f"the seeds are {', '.join(map(str, seeds))}; expected 0 to {len(seeds) - 1}, each once"
    predicted = [run.predicted.tobytes() for run in entry.runs]
    if len(set(predicted)) < len(seeds):
        alike = [seed for seed, digits in zip(seeds, predicted, strict=True) if predicted.count(digits) > 1]
        yield (
            f"seeds {', '.join(map(str, alike))} share all their predictions: files were copied, or the recipe seeds "
            "its own generators; expected a new network for each seed"
        )


def _accuracy(entry: Entry, target: float) -> Iterator[str]:
    mean = entry.accuracies.mean()
    p = p_value(entry.accuracies, target) if len(entry.runs) > 1 else np.nan
    if not p < LEVEL:
        yield f"mean accuracy {mean:.3%} with p = {p:.2g}; expected more than {target:.1%} with p < {LEVEL}"
    prediction = median(run.prediction for run in entry.runs)
    if prediction > PREDICTION * entry.seconds:
        yield (
            f"predictions take {prediction:.2f} s, training {entry.seconds:.2f} s; expected at most {PREDICTION} times "
            "as long"
        )


def _contention(entry: Entry) -> Iterator[str]:
    for run in (*entry.runs, *entry.references):
        if run.contended:
            yield (
                f"{run.name}: other programs used {run.other_cpu_seconds:.2g} s of the processor, it used "
                f"{run.cpu_seconds:.2g} s; close them, and begin again"
            )
    for run in entry.set_aside:
        if not run.contended:
            yield f"{run.name}: set aside although no other program was busy; nobody may choose among runs"
    for (recipe, seed), count in Counter((run.recipe, run.seed) for run in entry.set_aside).items():
        if count >= TRIES:
            yield f"seed {seed} of {recipe}: set aside {count} times; expected at most {TRIES - 1}"


def _references(entry: Entry) -> Iterator[str]:
    references, runs = entry.references, sorted(entry.runs, key=begin)
    if len(references) < REFERENCES:
        yield f"{len(references)} runs of the reference {REFERENCE}; expected at least {REFERENCES}"
    if any(digest(run.source) != digest(load_recipe(REFERENCE).source) for run in references):
        yield f"the code of {REFERENCE} is not that of this package"
    if not references:
        return
    if begin(references[0]) > begin(runs[0]):
        yield f"the first run of the reference started at {references[0].started}, after the first run of the recipe"
    if begin(references[-1]) < begin(runs[-1]):
        yield f"the last run of the reference started at {references[-1].started}, before the last run of the recipe"
    most = ceil(len(runs) / (REFERENCES - 1))
    for a, b in pairwise(references):
        between = sum(begin(a) < begin(run) < begin(b) for run in runs)
        if between > most:
            yield f"{between} runs between the references of {a.started} and {b.started}; expected at most {most}"
        if begin(b) - begin(a) > GAP:
            yield f"the references of {a.started} and {b.started} are more than three hours apart; run it in one go"


def _one_machine(entry: Entry) -> Iterator[str]:
    runs = [*entry.runs, *entry.references]
    for name in HARDWARE:
        values = Counter(str(run.machine.get(name)) for run in runs)
        if len(values) > 1:
            found = ", ".join(f"{value} ({n} runs)" for value, n in values.most_common())
            yield f"{name} is not the same in all runs: {found}"
    if len({(run.devices, run.nodes, run.threads) for run in runs}) > 1:
        yield "the runs trained with different numbers of threads, devices or machines"
    packages = sorted({name for run in runs for name in run.versions})
    if changed := [name for name in packages if len({run.versions.get(name) for run in runs}) > 1]:
        yield f"the versions of {', '.join(changed)} are not the same in all runs"
    if any(run.machine.get("dirty") for run in runs):
        yield "the code had changes that are in no commit; commit them, and run it again"
