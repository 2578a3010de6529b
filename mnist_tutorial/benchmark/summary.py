"""Summaries: from runs to a row for each person, recipe, version of its code, and machine."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, product, starmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mnist_tutorial.benchmark.code import agree, changed
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.errors import printable
from mnist_tutorial.stats import wilson_interval

if TYPE_CHECKING:  # it imports the pipeline, and with it torch
    from mnist_tutorial.benchmark.robustness import Robustness

STALE = ", stale"  # in the label of a row
MAX_CHANGES = 3  # that a remark names


@dataclass(eq=False)
class RecipeSummary:
    """All runs of one version of a recipe on one machine. What the runs do not say is None; accuracies are 0 to 1."""

    all_runs: list[Result]
    machine: str  # a letter, see `SummaryTable.machines`
    person: str = ""  # "" if the runs are nobody's
    label: str = ""  # person and recipe, and what distinguishes it from others of that name in the table
    corrupted_accuracy: float | None = None
    twins: list[str] = field(default_factory=list)  # other people, or recipes, with the same predictions

    def __post_init__(self) -> None:
        self.test_runs = runs = each_seed_once(run for run in self.all_runs if run.evaluated_on == "test")
        self.validation_runs = each_seed_once(run for run in self.all_runs if run.evaluated_on == "validation")
        self.runs, self.n = [*runs, *self.validation_runs], len(runs)
        first, images = self.runs[0], len(self.runs[0].labels)
        self.recipe, self.version = first.recipe, first.version
        self.parameters, self.processes = first.parameters, first.processes
        self.name = "/".join(filter(None, (self.person, self.recipe)))
        self.accuracy = _average(np.mean, runs, "accuracy")
        self.std = _average(partial(np.std, ddof=1), runs, "accuracy") if self.n > 1 else None  # over the seeds
        self.errors = (1 - self.accuracy) * images if runs else None  # mean number
        self.interval = wilson_interval(images - round(self.errors), images) if runs else None
        self.uncontended_runs = [run for run in runs if not run.contended] or runs  # all, if there are none
        self.uncontended = sum(not run.contended for run in runs)
        self.seconds = _average(np.median, self.uncontended_runs, "wall")
        self.rate = _average(np.median, self.uncontended_runs, "images_per_second")
        self.memory = _average(np.median, runs, "peak_memory_mb")
        self.nll, self.brier, self.ece = (_average(np.mean, runs, name) for name in ("nll", "brier", "ece"))
        self.curve = learning_curve(self.validation_runs)
        self.changes = changes(self.runs)  # in our code since then; none if the present code gives these results
        self.remarks = [*_staleness(self), *differences(self.runs), *_repetitions(self)]  # what a reader should know


@dataclass(frozen=True)
class SummaryTable:
    """The recipes on one variant of MNIST, the most accurate first, and what the letters of their machines mean."""

    variant: str
    rows: list[RecipeSummary]
    machines: dict[str, str]

    @property
    def images(self) -> tuple[int, int]:
        """Number of test digits, and of held-out digits."""
        return len(true_labels(self.variant, "test")), len(true_labels(self.variant, "validation"))


def person(path: Path, folder: Path) -> str:
    """Name the person whose result lies at `path`: the first folder below `folder`, "" if there is none."""
    first, *others = path.relative_to(folder).parts
    return printable(first, keep="") if others else ""


def aggregate(
    results: Sequence[Result], robustness: "Sequence[Robustness]" = (), people: Sequence[str] = ()
) -> list[SummaryTable]:
    """Summarize runs that share person, recipe, code, variant of MNIST, machine and number of processes.

    Returns a table for each variant that occurs, the full MNIST first; variants must not be compared. `people` are the
    `person` of each result; without them, the results are nobody's. Of `robustness`, those on the test digits count,
    each for the runs of the same code.
    """
    pairs_of = {"full": [], "sample": []}
    for owner, result in zip(people or [""] * len(results), results, strict=True):
        pairs_of[result.variant].append((owner, result))
    return [_table(variant, pairs, robustness) for variant, pairs in pairs_of.items() if pairs]


def each_seed_once(results: Iterable[Result]) -> list[Result]:
    """Order results of one recipe and split by seed, without repeated seeds, which are no new samples.

    The first run of a seed counts and, if several machines ran the same seeds, only the machine with the most seeds.
    """
    results = sorted(results, key=lambda run: run.started)
    if len({run.seed for run in results}) < len(results):
        pairs = dict.fromkeys((run.hardware, run.seed) for run in results)
        [(hardware, _)] = Counter(hardware for hardware, _ in pairs).most_common(1)
        results = [run for run in results if run.hardware == hardware]
    first = {run.seed: run for run in reversed(results)}
    return [first[seed] for seed in sorted(first)]


def by_version(results: Iterable[Result]) -> list[list[Result]]:
    """Group results of one recipe by the code that is known to give them: that which ran, or that of a reproduction."""
    groups = []
    for result in results:
        same, others = [], []
        for group in groups:
            (same if any(starmap(agree, product(result.codes, _codes(group)))) else others).append(group)
        groups = [*others, [*chain(*same), result]]
    return groups


def changes(results: Iterable[Result]) -> list[str]:
    """List what has changed since results of one version were made; empty if one of them is of the present code."""
    return min((result.changes for result in results), key=len)


def _codes(runs):
    return [code for run in runs for code in run.codes]


def _table(variant, pairs, robustness):
    groups = defaultdict(list)
    for owner, run in pairs:
        groups[owner, run.recipe, run.hardware, run.processes].append(run)
    machines = [hardware for hardware, _ in Counter(run.hardware for _, run in pairs).most_common()]
    letters = {name: chr(ord("A") + i % 26) + (str(i // 26) if i >= 26 else "") for i, name in enumerate(machines)}
    versions = [(owner, runs) for (owner, *_), group in groups.items() for runs in by_version(group)]
    rows = [RecipeSummary(runs, letters[runs[0].hardware], owner) for owner, runs in versions]
    for row in rows:
        _label(row, [other for other in rows if other.name == row.name])
        row.corrupted_accuracy = _corrupted_accuracy(row, variant, robustness)
    _mark_twins(rows)
    rows.sort(key=lambda row: (-(row.accuracy or 0), row.label, row.machine))
    counted = [run for row in rows for run in row.runs]
    descriptions = {letters[name]: describe([run for run in counted if run.hardware == name]) for name in machines}
    return SummaryTable(variant, rows, descriptions)


def _repetitions(row):
    """Say which seeds occur more than once, or that there are no test runs."""
    for (split, seed), count in sorted(Counter((run.evaluated_on, run.seed) for run in row.all_runs).items()):
        if count > 1:
            yield f"seed {seed} occurs more than once ({split} runs); the first run counts"
    if not row.n:
        runs = row.validation_runs
        accuracy = 100 * _average(np.mean, runs, "accuracy")
        yield f"no test runs; {accuracy:.2f} % on held-out digits (n = {len(runs)})"


def _label(row, namesakes):
    """Distinguish rows that share a person and a recipe's name."""
    versions = sorted({other.version for other in namesakes} - {row.version})
    row.label = row.name + f" {row.version[:8]}" * bool(versions)
    if len({other.processes for other in namesakes}) > 1:
        row.label += f", {row.processes} process{'es' * (row.processes > 1)}"
    if versions:
        row.remarks.append(f"other runs of this name are of other code: {', '.join(name[:8] for name in versions)}")
    row.label += STALE * bool(row.changes)


def _mark_twins(rows):
    """Mark rows that share predictions under different names, with a remark on what explains it."""
    same = defaultdict(list)
    for row in rows:
        for run in row.runs:
            same[run.evaluated_on, run.predicted.tobytes()].append((row, run))
    for group in same.values():
        names = dict.fromkeys(row.name for row, _ in group)
        if len(names) == 1:
            continue
        starts = {(row.name, run.started) for row, run in group}
        reason = "as the same code with the same seed gives"
        if len({run.version for _, run in group}) > 1:
            reason = "from different code; look at both"
        elif len({started for _, started in starts}) < len(starts):
            reason = "from runs that began in the same second, as a copied file has; ask who made it"
        for row, _ in group:
            row.twins += [other for other in names if other not in (row.name, *row.twins)]
            row.remarks += {f"same predictions under another name, {reason}"} - {*row.remarks}


def _corrupted_accuracy(row, variant, robustness):
    """Average what was measured with the same code."""
    codes, same = _codes(row.runs), (row.recipe, variant, "test")
    tests = [test for test in robustness if (test.recipe, test.variant, test.evaluated_on) == same]
    return _average(np.mean, [test for test in tests if any(agree(test.code, code) for code in codes)], "mean")


def _staleness(row):
    """Say whether the present code gives these results."""
    earlier = [run for run in row.runs if changed(run.code)]
    again = [(entry, run) for run in earlier for entry in run.reproductions if not changed(entry["code"])]
    if row.changes:
        modules = ", ".join(row.changes) if len(row.changes) <= MAX_CHANGES else f"more than {MAX_CHANGES} modules"
        yield (
            f"not of the present code (changed: {modules}); the command benchmark run trains again, "
            "benchmark reproduce shows whether the predictions are still the same"
        )
    elif again:
        entry, run = max(again, key=lambda pair: pair[0]["date"])
        yield (
            f"trained with earlier code; the present code gave all the predictions of seed {run.seed} "
            f"({run.evaluated_on} run) again on {entry['date']}, commit {entry['commit']}"
        )


def differences(runs: list[Result]) -> Iterator[str]:
    """List what differs between runs that are summarized together: commit, uncommitted changes, packages, settings."""
    values = defaultdict(set)
    for run in runs:
        settings = {"precision": run.precision, "threads": run.threads}
        for name, value in (run.machine.get("versions", {}) | settings).items():
            values[name].add(str(value))
    if len(commits := sorted({str(run.machine.get("commit"))[:10] for run in runs})) > 1:
        yield f"runs from {len(commits)} commits: {', '.join(commits)}"
    if dirty := sum(bool(run.machine.get("dirty")) for run in runs):
        yield f"{'all' if dirty == len(runs) else f'{dirty} of {len(runs)}'} runs with uncommitted changes"
    yield from (f"runs with {name} {' and '.join(sorted(values[name]))}" for name in values if len(values[name]) > 1)


def describe(runs: list[Result]) -> str:
    """Describe a machine in a line: its hardware, the packages of the latest run, and dates and commits of all runs."""
    machine = max(runs, key=lambda run: run.started).machine
    hardware = [machine.get("processor"), f"{machine.get('cores')} cores", machine.get("device"), machine.get("system")]
    versions = {"Python": machine.get("python"), **machine.get("versions", {})}
    dates = sorted({run.started[:10] for run in runs})
    commits = sorted({str(run.machine["commit"])[:10] for run in runs if run.machine.get("commit")})
    parts = [
        ", ".join(str(part) for part in hardware if part),
        ", ".join(f"{name} {number}" for name, number in versions.items() if number),
        " to ".join(dict.fromkeys([dates[0], dates[-1]])),
        f"commit{'s' * (len(commits) > 1)} {', '.join(commits)}" if commits else "",
    ]
    return "; ".join(filter(None, parts))


def learning_curve(runs: list[Result]) -> pd.DataFrame | None:
    """Average the validation curves of a recipe at the numbers of images that all of them share; None without such.

    The index counts the images. The columns: ``mean``, ``min`` and ``max`` of the accuracy over the runs, their number
    ``size``, and the median ``seconds`` of the uncontended runs, or of all if each of them is ``contended``.
    """
    runs = [run for run in runs if run.validation_curve["images"]]
    if not runs:
        return None
    points = pd.concat(pd.DataFrame(run.validation_curve).assign(contended=run.contended) for run in runs)
    counted = points if points.contended.all() else points[~points.contended]
    curve = points.groupby("images").accuracy.agg(["mean", "min", "max", "size"])
    curve["seconds"] = counted.groupby("images").seconds.median()
    curve["contended"] = points.contended.all()
    curve = curve[curve["size"] == len(runs)]
    return None if curve.empty else curve


def _average(average, runs, name):
    """Average what all runs know."""
    values = [getattr(run, name) for run in runs]
    return float(average(values)) if values and None not in values else None
