"""Speed records: the recipes whose mean accuracy exceeds a target beyond chance, the fastest first."""

from collections.abc import Sequence
from statistics import mean, median
from typing import NamedTuple

import numpy as np
from scipy.stats import ttest_1samp

from mnist_tutorial.benchmark.regression import REFERENCE
from mnist_tutorial.benchmark.report.table import NONE
from mnist_tutorial.benchmark.report.table import seconds as in_seconds
from mnist_tutorial.benchmark.summary import SummaryTable

SEEDS = 10  # with fewer, a t-test says little about the spread
LEVEL = 0.01


class Record(NamedTuple):
    """A recipe on one machine beside a target: mean accuracy from 0 to 1 over `n` seeds, p-value, median seconds.

    `ratio` counts the median seconds of the `REFERENCE` on the same machine; None if it did not run there.
    """

    person: str
    label: str
    machine: str
    seconds: float
    ratio: float | None
    n: int
    accuracy: float
    p_value: float

    @property
    def shortfall(self) -> str:
        """The number that is not enough for a record: too few seeds, or too large a p-value; empty for a record."""
        if self.n < SEEDS:
            return f"n = {self.n}"
        return "" if self.p_value < LEVEL else f"p = {self.p_value:.2g}"

    @property
    def cells(self) -> dict[str, str]:
        """What to show, by heading."""
        return {
            "person": self.person or NONE,
            "recipe": self.label.removeprefix(f"{self.person}/"),
            "machine": self.machine,
            "seconds": in_seconds(self.seconds),
            "ratio": NONE if self.ratio is None else f"{self.ratio:.3f}",
            "n": str(self.n),
            "mean, %": f"{100 * self.accuracy:.3f}",
            "p": f"{self.p_value:.1g}",
        }


def above(table: SummaryTable, target: float) -> list[Record]:
    """List the recipes whose mean test accuracy exceeds a target from 0 to 1, the fastest first.

    Seeds that share all their predictions are one network, which counts once: files were copied, or nothing is random.
    """
    references = {}
    for row in table.rows:
        if row.recipe == REFERENCE and row.n:
            references.setdefault(row.machine, []).extend(run.wall for run in row.uncontended_runs)
    records = []
    for row in table.rows:
        accuracies = list({run.predicted.tobytes(): run.accuracy for run in row.test_runs}.values())
        if accuracies and mean(accuracies) > target:
            unit = references.get(row.machine)
            ratio = row.seconds / median(unit) if unit else None
            values = len(accuracies), mean(accuracies), p_value(accuracies, target)
            records.append(Record(row.person, row.label, row.machine, row.seconds, ratio, *values))
    return sorted(records, key=lambda record: record.seconds)


def p_value(accuracies: Sequence[float], target: float) -> float:
    """Test by a one-sided t-test whether the mean over all seeds exceeds a target; without any spread, 0 or 1.

    Examples
    --------
    >>> f"{p_value([0.991, 0.992, 0.9905], 0.99):.3f}"
    '0.059'
    """
    if np.ptp(accuracies) == 0:
        return float(accuracies[0] <= target)
    return float(ttest_1samp(accuracies, target, alternative="greater").pvalue)
