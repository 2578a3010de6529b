"""Speed records: the recipes whose mean accuracy exceeds a target beyond chance, the fastest first."""

from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

import numpy as np
from rich.table import Table
from scipy.stats import ttest_1samp

from mnist_tutorial.benchmark.regression import REFERENCE
from mnist_tutorial.benchmark.report.table import COLUMNS, WHO, columns_of, number, seconds, terminal_table
from mnist_tutorial.benchmark.store import published, read_all
from mnist_tutorial.benchmark.summary import RecipeSummary, SummaryTable, aggregate, person
from mnist_tutorial.errors import MNISTError

SEEDS = 10  # with fewer, a t-test says little about the spread
LEVEL = 0.01


class Record(NamedTuple):
    """A recipe on one machine beside a target: mean accuracy from 0 to 1 over `n` seeds, and p-value.

    `ratio` counts the median seconds of the `REFERENCE` on the same machine; None if it did not run there.
    """

    row: RecipeSummary
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
        return {name: COLUMNS[name](self.row) for name in WHO} | {
            "seconds": seconds(self.row.seconds),
            "ratio": number(self.ratio, ".3f"),
            "n": str(self.n),
            "mean, %": f"{100 * self.accuracy:.3f}",
            "p": f"{self.p_value:.1g}",
        }


def above(table: SummaryTable, target: float) -> list[Record]:
    """List the recipes whose mean test accuracy exceeds a target from 0 to 1, the fastest first.

    Seeds that share all their predictions are one network, which counts once: files were copied, or nothing is random.
    """
    references = defaultdict(list)
    for row in table.rows:
        if row.recipe == REFERENCE and row.n:
            references[row.machine] += [run.wall for run in row.uncontended_runs]
    records = []
    for row in table.rows:
        accuracies = list({run.predicted.tobytes(): run.accuracy for run in row.test_runs}.values())
        if not accuracies or mean(accuracies) <= target:
            continue
        ratio = row.seconds / median(references[row.machine]) if references[row.machine] else None
        p_value = 0.0  # without any spread
        if np.ptp(accuracies):
            p_value = float(ttest_1samp(accuracies, target, alternative="greater").pvalue)
        records.append(Record(row, ratio, len(accuracies), mean(accuracies), p_value))
    return sorted(records, key=lambda record: record.row.seconds)


def listing(folder: Path | None, target: float) -> tuple[Table | None, list[str], list[MNISTError]]:
    """List the records in a folder, or the published ones: a table, if there are any, sentences, and what was refused.

    MNISTError if there are no test runs.
    """
    found, refused = read_all(folder or published().parent)
    found = [(path, result) for path, result in found if (result.evaluated_on, result.variant) == ("test", "full")]
    if not (found or refused):
        raise MNISTError(f"{folder} holds no test runs; `benchmark run cnn --evaluate test --out {folder}` makes some")
    people = [person(path, folder) for path, _ in found] if folder else []
    tables = aggregate([result for _, result in found], people=people)
    records = [record for table in tables for record in above(table, target)]
    shown, beyond_chance = None, f"with at least {SEEDS} seeds and p < {LEVEL}"
    sentences = [f"no recipe exceeds {100 * target:g} % {beyond_chance}"]
    if accepted := [record.cells for record in records if not record.shortfall]:
        headings = columns_of(tables[0], accepted[0])
        rows = [[cells[heading] for heading in headings] for cells in accepted]
        shown = terminal_table(f"more than {100 * target:g} % of the test digits", headings, rows)
        letters = dict.fromkeys(cells["machine"] for cells in accepted)
        sentences = [f"machine {letter}: {tables[0].machines[letter]}" for letter in letters]
    if near := [f"{record.row.label} ({record.shortfall})" for record in records if record.shortfall]:
        sentences.append(f"near, but not {beyond_chance}: {', '.join(near)}")
    return shown, sentences, refused
