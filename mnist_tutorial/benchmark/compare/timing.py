"""Timing: how much slower a recipe has become, relative to a reference that ran beside it both times."""

from statistics import median
from typing import NamedTuple

import numpy as np

from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.stats import contrast

Pair = tuple[list[Result], list[Result]]  # old runs and new runs


class Slowdown(NamedTuple):
    """The training time of a recipe, old and new.

    Attributes
    ----------
    old, new : float or None
        Seconds of training per second of the reference.
    p_value : float
        One-sided: how often runs that vary like these show such a slowdown by chance. NaN if their variation is
        unknown.
    problem : str
        Why the times cannot be compared, or empty.
    """

    old: float | None
    new: float | None
    p_value: float
    problem: str = ""

    @property
    def factor(self) -> float | None:
        """How many times as long it takes."""
        return None if self.problem else self.new / self.old


def slowdown(runs: Pair, references: Pair) -> Slowdown:
    """Compare the times of a recipe with those of a reference, from the medians of the uncontended runs."""
    groups = [[run for run in group if not run.contended] for group in (*runs, *references)]
    if problem := _problem(groups, runs, references):
        return Slowdown(None, None, np.nan, problem)
    old, new, reference_old, reference_new = (median(run.wall for run in group) for group in groups)
    # The times of a machine vary by a factor, so the test uses their logarithms.
    _, p_value = contrast([[np.log(run.wall) for run in group] for group in groups], (-1, 1, 1, -1))
    return Slowdown(old / reference_old, new / reference_new, p_value)


def _problem(groups, runs, references):
    name, reference = runs[0][0].recipe, references[0][0].recipe
    for group, recipe, age in zip(groups, (name, name, reference, reference), ("old", "new") * 2, strict=True):
        if not group:
            return f"all {age} runs of {recipe} were contended: other programs used the processor"
    for i, age in enumerate(("old", "new")):
        if len({run.hardware for run in groups[i] + groups[i + 2]}) > 1:
            return f"the {age} runs of {name} and {reference} come from different machines"
    for recipe, (old, new) in ((name, runs), (reference, references)):
        if old[0].processes != new[0].processes:
            return f"the number of processes of {recipe} changed from {old[0].processes} to {new[0].processes}"
    if references[0][0].source_sha256 != references[1][0].source_sha256:
        return f"the reference {reference} was edited"
    return ""
