"""Summaries: from many runs to a row for each recipe."""

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mnist_tutorial.benchmark.report.curves import curve
from mnist_tutorial.benchmark.report.provenance import differences, line
from mnist_tutorial.benchmark.results.result import true_labels
from mnist_tutorial.stats import wilson_interval


@dataclass
class Row:
    """What all runs of one recipe on one machine say together.

    Attributes
    ----------
    recipe, source_sha256 : str
    records, validations : list of Result
        Each seed once, in their order.
    label : str
        The recipe, with what tells it from others of that name in the same table.
    machine : str
        A letter; see `Table.machines`.
    remarks : list of str
        What a reader has to know.
    """

    recipe: str
    source_sha256: str
    records: list
    validations: list
    label: str = ""
    machine: str = "A"
    remarks: list = field(default_factory=list)

    @property
    def runs(self):
        """All of them, those for the record first."""
        return [*self.records, *self.validations]

    @property
    def n(self):
        """How many runs for the record there are."""
        return len(self.records)

    @property
    def parameters(self):
        """Trainable numbers, or None."""
        return self.runs[0].parameters

    @property
    def accuracy(self):
        """Mean test accuracy, from 0 to 1, or None."""
        return float(np.mean([run.test_accuracy for run in self.records])) if self.records else None

    @property
    def std(self):
        """Standard deviation of the test accuracy over the seeds (that of a sample), or None for less than two."""
        return float(np.std([run.test_accuracy for run in self.records], ddof=1)) if self.n > 1 else None

    @property
    def errors(self):
        """Mean number of test digits that are taken for another, or None."""
        return (1 - self.accuracy) * len(self.records[0].labels) if self.records else None

    @property
    def interval(self):
        """Wilson's 95 % interval for a network with the mean number of errors, from 0 to 1, or None."""
        if not self.records:
            return None
        images = len(self.records[0].labels)
        return wilson_interval(images - round(self.errors), images)

    @property
    def uncontended(self):
        """How many of the runs for the record others did not disturb."""
        return sum(not run.contended for run in self.records)

    @property
    def uncontended_runs(self):
        """The runs for the record that others did not disturb, or all where there is none."""
        return [run for run in self.records if not run.contended] or self.records

    @property
    def seconds(self):
        """Median seconds of training on all digits, of the `uncontended_runs`, or None."""
        return _median(self.uncontended_runs, "wall")

    @property
    def rate(self):
        """Median images per second while training, of the same runs."""
        return _median(self.uncontended_runs, "images_per_second")

    @property
    def memory(self):
        """Median of the peak memory, in megabytes."""
        return _median(self.records, "peak_memory_mb")

    @cached_property
    def curve(self):
        """The `Curve` of its validation runs, or None."""
        return curve(self.validations)


@dataclass(frozen=True)
class Table:
    """The rows of one variant of MNIST.

    Attributes
    ----------
    variant : {"full", "sample"}
    rows : list of Row
        The most accurate first.
    machines : dict
        From the letter in a row to a line that describes the machine and what ran on it.
    """

    variant: str
    rows: list
    machines: dict

    @property
    def images(self):
        """How many digits there are to test on, and how many are held out."""
        return len(true_labels(self.variant, "test")), len(true_labels(self.variant, "validation"))


def summarise(results):
    """Put runs of the same recipe together.

    Runs belong together if name and source text of the recipe, variant, machine and number of processes are the same.

    Parameters
    ----------
    results : iterable of Result

    Returns
    -------
    list of Table
        One for each variant of MNIST that occurs, the full one first; they must not be compared.

    Examples
    --------
    >>> summarise([])
    []
    """
    results, tables = list(results), []
    for variant in ("full", "sample"):
        groups = defaultdict(list)
        for result in results:
            if result.variant == variant:
                groups[_key(result)].append(result)
        if groups:
            tables.append(_table(variant, groups))
    return tables


def _table(variant, groups):
    machines = Counter(run.hardware for runs in groups.values() for run in runs)
    letters = {one: _letter(i) for i, (one, _) in enumerate(machines.most_common())}
    rows, sources, processes = [], defaultdict(set), defaultdict(set)
    for (recipe, sha256, _, count), runs in groups.items():
        remarks = []
        records, validations = (_once(runs, evaluated_on, remarks) for evaluated_on in ("test", "validation"))
        row = Row(recipe, sha256, records, validations, machine=letters[runs[0].hardware], remarks=remarks)
        row.remarks += differences(row.runs)
        if not records:
            mean = np.mean([run.validation_accuracy for run in validations])
            row.remarks.append(f"no run for the record; {100 * mean:.2f} % on held-out digits (n = {len(validations)})")
        sources[recipe].add(sha256)
        processes[recipe].add(count)
        rows.append(row)
    for row in rows:
        others = sources[row.recipe] - {row.source_sha256}
        row.label = f"{row.recipe} {row.source_sha256[:8]}" if others else row.recipe
        if len(processes[row.recipe]) > 1:
            row.label += f", {row.runs[0].processes} processes"
        if others:
            shorts = ", ".join(sha256[:8] for sha256 in sorted(others))
            row.remarks.append(f"there are runs of this name with another source text: {shorts}")
    rows.sort(key=lambda row: (-(row.accuracy or 0), row.label, row.machine))
    runs = [run for row in rows for run in row.runs]
    lines = {letter: line([run for run in runs if run.hardware == one]) for one, letter in letters.items()}
    return Table(variant, rows, lines)


def _key(result):
    return result.recipe, result.source_sha256, result.hardware, result.processes


def _letter(i):
    return chr(ord("A") + i % 26) + (str(i // 26) if i >= 26 else "")


def _once(runs, evaluated_on, remarks):
    """Take each seed once: a seed that is run again gives no new information."""
    first = {}
    for run in sorted((run for run in runs if run.evaluated_on == evaluated_on), key=lambda run: run.started):
        if first.setdefault(run.seed, run) is not run:
            remarks.append(f"seed {run.seed} is there more than once ({evaluated_on}); the first run counts")
    return [first[seed] for seed in sorted(first)]


def _median(runs, name):
    values = [value for run in runs if (value := getattr(run, name)) is not None]
    return float(statistics.median(values)) if values else None
