"""Aggregation: from many runs to one summary per recipe."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from mnist_tutorial.benchmark.report.provenance import describe, differences
from mnist_tutorial.benchmark.report.summary import RecipeSummary, SummaryTable
from mnist_tutorial.benchmark.results.code import agree, changed
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.seeds import each_seed_once
from mnist_tutorial.benchmark.results.versions import by_version, changes

if TYPE_CHECKING:  # it imports the pipeline, and with it torch
    from mnist_tutorial.benchmark.robustness import Robustness

STALE = ", stale"  # in the label of a row
MAX_CHANGES = 3  # that a remark names


def aggregate(results: Iterable[Result], robustness: "Iterable[Robustness]" = ()) -> list[SummaryTable]:
    """Summarize runs recipe by recipe.

    Runs belong together if they share the recipe's name, the code, the variant, the machine and the number of
    processes.

    Parameters
    ----------
    results : iterable of Result
    robustness : iterable of Robustness
        Of the same recipes: those on the test digits count, each for the runs of the same code.

    Returns
    -------
    list of SummaryTable
        One for each variant of MNIST that occurs, the full one first. Variants must not be compared.

    Examples
    --------
    >>> aggregate([])
    []
    """
    results, robustness = list(results), list(robustness)
    runs_of = {variant: [run for run in results if run.variant == variant] for variant in ("full", "sample")}
    return [_table(variant, runs, robustness) for variant, runs in runs_of.items() if runs]


def _table(variant, runs, robustness):
    groups = defaultdict(list)
    for run in runs:
        groups[run.recipe, run.hardware, run.processes].append(run)
    machines = Counter(run.hardware for run in runs).most_common()
    letters = {hardware: _letter(i) for i, (hardware, _) in enumerate(machines)}
    rows = [
        _summary(version, letters[version[0].hardware]) for group in groups.values() for version in by_version(group)
    ]
    _label(rows)
    for row in rows:
        row.corrupted_accuracy = _corrupted_accuracy(row, variant, robustness)
    rows.sort(key=lambda row: (-(row.accuracy or 0), row.label, row.machine))
    counted = [run for row in rows for run in row.runs]
    descriptions = {
        letter: describe([run for run in counted if run.hardware == hardware]) for hardware, letter in letters.items()
    }
    return SummaryTable(variant, rows, descriptions)


def _summary(runs, machine):
    splits, remarks = {}, []
    for split in ("test", "validation"):
        of_split = [run for run in runs if run.evaluated_on == split]
        splits[split] = each_seed_once(of_split)
        counts = Counter(run.seed for run in of_split)
        remarks += [
            f"seed {seed} occurs more than once ({split} runs); the first run counts"
            for seed, count in sorted(counts.items())
            if count > 1
        ]
    row = RecipeSummary(runs[0].recipe, runs[0].version, *splits.values(), machine=machine, remarks=remarks)
    row.changes = changes(row.runs)
    row.remarks += [*_staleness(row), *differences(row.runs)]
    if not row.n:
        mean = np.mean([run.validation_accuracy for run in row.validation_runs])
        row.remarks.append(f"no test runs; {100 * mean:.2f} % on held-out digits (n = {len(row.validation_runs)})")
    return row


def _corrupted_accuracy(row, variant, robustness):
    codes = [code for run in row.runs for code in run.codes]
    means = [
        measured.mean
        for measured in robustness
        if (measured.recipe, measured.variant, measured.evaluated_on) == (row.recipe, variant, "test")
        and any(agree(measured.code, code) for code in codes)
    ]
    return float(np.mean(means)) if means else None


def _staleness(row):
    """Say whether the present code gives these results."""
    if row.changes:
        few = len(row.changes) <= MAX_CHANGES
        shown = ", ".join(row.changes) if few else f"more than {MAX_CHANGES} modules"
        reason = f"changed: {shown}" if any(run.codes for run in row.runs) else shown
        yield (
            f"not of the present code ({reason}); the command benchmark run trains again, benchmark reproduce shows "
            "whether the predictions are still the same"
        )
    elif any(run.code and changed(run.code) for run in row.runs):
        reproduced = [(run, entry) for run in row.runs for entry in run.reproductions if not changed(entry["code"])]
        if reproduced:
            run, entry = max(reproduced, key=lambda pair: pair[1]["date"])
            yield (
                f"trained with earlier code; the present code gave all the predictions of seed {run.seed} "
                f"({run.evaluated_on} run) again on {entry['date']}, commit {entry['commit']}"
            )


def _label(rows):
    """Distinguish rows that share a recipe's name."""
    for row in rows:
        namesakes = [other for other in rows if other.recipe == row.recipe]
        versions = sorted({other.version for other in namesakes} - {row.version})
        row.label = f"{row.recipe} {row.version[:8]}" if versions else row.recipe
        if len({other.runs[0].processes for other in namesakes}) > 1:
            processes = row.runs[0].processes
            row.label += f", {processes} process{'es' * (processes > 1)}"
        if versions:
            shorts = ", ".join(version[:8] for version in versions)
            row.remarks.append(f"other runs of this name are of other code: {shorts}")
        if row.changes:
            row.label += STALE


def _letter(i):
    return chr(ord("A") + i % 26) + (str(i // 26) if i >= 26 else "")
