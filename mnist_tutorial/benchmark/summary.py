"""Summaries: from runs to a row for each person, recipe, version of its code, and machine."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, permutations, product, starmap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its submodules are loaded when they are used

from mnist_tutorial.benchmark.code import agree, changed
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.errors import printable
from mnist_tutorial.stats import wilson_interval

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
        # In our code since then; none if the present code gives the results of a run.
        self.changes = min((run.changes for run in self.runs), key=len)
        self.remarks = list(_remarks(self))  # what a reader should know


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
    results: Sequence[Result], robustness: Sequence[Any] = (), people: Sequence[str] = ()
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
    """Order results of one recipe and split by seed; only the first run of a seed counts, others are no new samples."""
    first = {run.seed: run for run in sorted(results, key=lambda run: run.started)[::-1]}
    return [first[seed] for seed in sorted(first)]


def by_version(results: Sequence[Result]) -> list[list[Result]]:
    """Group results of one recipe by the code that is known to give them: that which ran, or that of a reproduction."""
    agrees = [[any(starmap(agree, product(a.codes, b.codes))) for b in results] for a in results]
    n, groups = scipy.sparse.csgraph.connected_components(np.array(agrees, int))
    return [[result for result, group in zip(results, groups, strict=True) if group == i] for i in range(n)]


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
    descriptions = {letters[name]: _describe([run for run in counted if run.hardware == name]) for name in machines}
    return SummaryTable(variant, rows, descriptions)


def _label(row, namesakes):
    """Distinguish rows that share a person and a recipe's name."""
    versions = sorted({other.version for other in namesakes} - {row.version})
    row.label = row.name + f" {row.version[:8]}" * bool(versions)
    if len({other.processes for other in namesakes}) > 1:
        row.label += f", {row.processes} process{'es' * (row.processes > 1)}"
    if versions:
        row.remarks.append(f"other runs of this name are of other code: {', '.join(name[:8] for name in versions)}")
    row.label += " (stale)" * bool(row.changes)


def _mark_twins(rows):
    """Mark rows that share predictions under different names, with a remark on what explains it."""
    same = defaultdict(list)
    for row in rows:
        for run in row.runs:
            same[run.evaluated_on, run.predicted.tobytes()].append((row, run))
    for (row, run), (other, theirs) in chain(*(permutations(group, 2) for group in same.values())):
        if row.name != other.name:
            row.twins += {other.name} - {*row.twins}
            reason = "as the same code with the same seed gives"
            if run.started == theirs.started:
                reason = "from runs that began in the same second, as a copied file has; ask who made it"
            elif run.version != theirs.version:
                reason = "from different code; look at both"
            elif run.seed != theirs.seed:
                reason = "with another seed, as of code that draws no random numbers"
            remark = f"same predictions under another name, {reason}"
            row.remarks += {remark} - {*row.remarks}


def _corrupted_accuracy(row, variant, robustness):
    """Average what was measured with the same code."""
    codes, same = [code for run in row.runs for code in run.codes], (row.recipe, variant, "test")
    tests = [test for test in robustness if (test.recipe, test.variant, test.evaluated_on) == same]
    return _average(np.mean, [test for test in tests if any(agree(test.code, code) for code in codes)], "mean")


def _remarks(row):
    """Say whether the present code gives these results, what differs between the runs, and which of them count."""
    earlier = [run for run in row.runs if changed(run.code)]
    again = [(entry, run) for run in earlier for entry in run.reproductions if not changed(entry["code"])]
    if row.changes:
        modules = ", ".join(row.changes[:MAX_CHANGES]) + ", ..." * (len(row.changes) > MAX_CHANGES)
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
    settings = pd.DataFrame(
        {"commit": run.machine.get("commit"), "precision": run.precision, "threads": run.threads}
        | run.machine.get("versions", {})
        for run in row.runs
    )
    if different := [name for name, count in settings.nunique().items() if count > 1]:
        yield f"runs differ in {', '.join(different)}"
    if any(dirty := [run.machine.get("dirty") for run in row.runs]):
        yield f"{'all' if all(dirty) else 'some'} runs with uncommitted changes"
    counts = Counter((run.evaluated_on, run.seed) for run in row.all_runs)
    if repeated := sorted({seed for (_, seed), count in counts.items() if count > 1}):
        yield f"several runs with seed {', '.join(map(str, repeated))}; the first counts"
    if not row.n:
        accuracy = 100 * _average(np.mean, row.runs, "accuracy")
        yield f"no test runs; {accuracy:.2f} % on held-out digits (n = {len(row.runs)})"


def _describe(runs):
    """Describe a machine in a line: its hardware, the packages of the latest run, and dates and commits of all runs."""
    latest = max(runs, key=lambda run: run.started)
    processor, cores, device, system = latest.hardware
    versions = {"Python": latest.machine.get("python"), **latest.machine.get("versions", {})}
    dates = sorted({run.started[:10] for run in runs})
    commits = sorted({str(run.machine["commit"])[:10] for run in runs if run.machine.get("commit")})
    parts = [
        f"{processor}, {cores} cores, {device}, {system}",
        ", ".join(f"{name} {number}" for name, number in versions.items()),
        " to ".join(dict.fromkeys([dates[0], dates[-1]])),
    ]
    return "; ".join(parts + [f"commit{'s' * (len(commits) > 1)} {', '.join(commits)}"] * bool(commits))


def learning_curve(runs: list[Result]) -> pd.DataFrame | None:
    """Average the validation curves of a recipe at the numbers of images that all of them share; None without such.

    The index counts the images. The columns: ``mean``, ``min`` and ``max`` of the accuracy over the runs, their number
    ``size``, and the median ``seconds`` of the uncontended runs, or of all if each of them is ``contended``.
    """
    curves = [run.validation_curve | {"contended": run.contended} for run in runs if run.validation_curve["images"]]
    if not curves:
        return None
    points = pd.concat(map(pd.DataFrame, curves))
    contended = points.contended.all()
    curve = points.groupby("images").accuracy.agg(["mean", "min", "max", "size"])
    curve["seconds"] = points[contended | ~points.contended].groupby("images").seconds.median()
    curve["contended"] = contended
    curve = curve[curve["size"] == len(curves)]
    return None if curve.empty else curve


def _average(average, runs, name):
    """Average what all runs know."""
    values = [getattr(run, name) for run in runs]
    return float(average(values)) if values and None not in values else None
