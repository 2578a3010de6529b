"""A regression check: recipes that have become worse or slower."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from rich.table import Table

from mnist_tutorial.benchmark.compare import errors, is_deterministic, of_one_version
from mnist_tutorial.benchmark.report.table import terminal_table
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.store import read_all
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import contrast, holm, mcnemar, welch

REFERENCE = "train-mnist-fast"  # it shares no code with the rest, so its time measures the machine
WORSE_LEVEL = 0.01
SLOWER_LEVEL = 0.05  # of each recipe: a lower one would need more runs than people make
SLOWER = 1.2


@dataclass
class RecipeChange:
    """The runs of a recipe on the same split, each seed once, and how often chance alone makes it worse by as much."""

    label: str  # the recipe, with its variant if that is not the full one
    old: list[Result]
    new: list[Result]
    p_worse: float = 1.0  # adjusted for the number of recipes; 0 if chance plays no part
    times: tuple[float, float] | None = None  # old and new, as multiples of the reference's; None: not comparable

    @property
    def accuracies(self) -> list[float]:
        """Old and new mean, from 0 to 1."""
        return [float(np.mean([run.accuracy for run in runs])) for runs in (self.old, self.new)]


def check(
    baseline: Path | str, folder: Path | str, reference: str = REFERENCE
) -> tuple[list[RecipeChange], list[str], list[str]]:
    """Look for recipes that have become significantly worse, or more than a fifth slower, since the baseline.

    Worse: in a one-sided Welch test over seeds, or McNemar's test of single runs, at a level of 0.01 after Holm's
    correction for the number of recipes; if each seed predicts the same, by a single error more. Slower: in the medians
    of uncontended runs, relative to the reference recipe in the same folder, unless the variation of the runs explains
    it (one-sided, at a level of 0.05, for each recipe; unknown for single runs).

    Returns the changes, a sentence for each failure, which is also a recipe that cannot be compared, and remarks.
    MNISTError if there is no such folder, if one lies within the other, or if the baseline has no results.
    """
    paths = Path(baseline).resolve(), Path(folder).resolve()
    if paths[0].is_relative_to(paths[1]) or paths[1].is_relative_to(paths[0]):
        raise MNISTError(f"{baseline} and {folder}: one lies within the other; expected two separate folders")
    (old, refused), (new, new_refused) = read_all(baseline), read_all(folder)
    if not old:
        raise MNISTError(f"{baseline}: found no results; expected those of `benchmark run --out {baseline}`")
    changes, failures, remarks = [], [str(error) for error in refused + new_refused], []
    for variant, recipe in sorted({(run.variant, run.recipe) for _, run in old}):
        label = recipe if variant == "full" else f"{recipe} ({variant})"
        runs = ([run for _, run in runs if (run.variant, run.recipe) == (variant, recipe)] for runs in (old, new))
        try:
            changes.append(RecipeChange(label, *_on_one_split(*runs, f"{label} in {baseline}", f"{label} in {folder}")))
        except MNISTError as error:
            failures.append(str(error))
    references = {change.old[0].variant: change for change in changes if change.old[0].recipe == reference}
    untimed = defaultdict(list)  # by reason
    for change, p_worse in zip(changes, holm([_p_worse(change) for change in changes]), strict=True):
        change.p_worse, label = float(p_worse), change.label
        if len(sources := dict.fromkeys(run.source_sha256[:8] for run in (change.old[0], change.new[0]))) > 1:
            remarks.append(f"{label} was edited ({', now '.join(sources)}); it is compared by its name")
        if change.p_worse < WORSE_LEVEL:
            accuracies = ", now ".join(f"{100 * accuracy:.2f} %" for accuracy in change.accuracies)
            chance = f"p = {change.p_worse:.1g}, one-sided, adjusted for the number of recipes"
            failures.append(f"{label} is worse: {accuracies} ({chance})")
        try:
            if change.old[0].variant not in references:
                raise MNISTError(f"{reference} does not have runs in both folders")
            failures += _slower(change, references[change.old[0].variant])
        except MNISTError as error:
            untimed[str(error)].append(label)
    remarks += [f"the time of {', '.join(labels)} cannot be compared: {why}" for why, labels in untimed.items()]
    return changes, failures, remarks


def _on_one_split(old, new, old_name, new_name):
    """Choose the test runs, or else the validation runs, each seed once."""
    split = "test" if any(run.evaluated_on == "test" for run in old) else "validation"
    old, new = ([run for run in runs if run.evaluated_on == split] for runs in (old, new))
    if not new:
        raise MNISTError(f"{new_name} is missing: found no {split} run, expected some as of {old_name}")
    return of_one_version(old, old_name), of_one_version(new, new_name)


def _p_worse(change):
    """Compare over the seeds; if these are too few, or do not vary, compare the networks nearest to the mean."""
    old, new = errors(change.old), errors(change.new)
    if is_deterministic(change.old) and is_deterministic(change.new):
        return float(new[0] <= old[0])
    test = welch(new, old) if min(len(old), len(new)) > 1 else None
    if test is None or np.isnan(test.low):
        typical = [runs[np.argmin(abs(n - n.mean()))] for runs, n in ((change.old, old), (change.new, new))]
        test = mcnemar(*(run.predicted != run.labels for run in typical))
    return 1 - test.p_value / 2 if test.difference > 0 else test.p_value / 2


def _slower(change, reference):
    """Compare times, and keep them in the change: a sentence if they have grown, MNISTError if that is unknown."""
    sides = change.old, change.new, reference.old, reference.new
    groups = [[run for run in runs if not run.contended] for runs in sides]
    names = [f"{age} {each.label}" for each in (change, reference) for age in ("old", "new")]
    if busy := dict.fromkeys(name for name, group in zip(names, groups, strict=True) if not group):
        raise MNISTError(f"other programs used the processor during all runs of {' and '.join(busy)}")
    if any(len({run.hardware for run in groups[i] + groups[i + 2]}) > 1 for i in (0, 1)):
        raise MNISTError("the runs, or those of the reference, come from different machines")
    if any(each.old[0].processes != each.new[0].processes for each in (change, reference)):
        raise MNISTError("the number of processes, or that of the reference, has changed")
    if reference.old[0].source != reference.new[0].source:
        raise MNISTError("the reference was edited")
    seconds = [median(run.wall for run in group) for group in groups]
    change.times = old, new = seconds[0] / seconds[2], seconds[1] / seconds[3]
    if new / old <= SLOWER:
        return []
    # The times of a machine vary by a factor, so the test uses their logarithms.
    _, p_value = contrast([[np.log(run.wall) for run in group] for group in groups], (-1, 1, 1, -1))
    grown = f"it took {old:.2f} times as long as {reference.label}, now {new:.2f} times"
    if p_value >= SLOWER_LEVEL:  # not if it is NaN, unknown: then the medians decide
        raise MNISTError(f"{grown}, but chance explains it (p = {p_value:.1g}); run more seeds")
    return [f"{change.label} is slower by {100 * (new / old - 1):.0f} %: {grown}"]


def table(changes: list[RecipeChange]) -> Table:
    """Show a check in the terminal."""
    rows = []
    for change in changes:
        accuracies = ", ".join(f"{100 * accuracy:.2f}" for accuracy in change.accuracies)
        old, new = change.times or (np.nan, np.nan)
        times = (f"{old:.2f}, {new:.2f}", f"{100 * (new / old - 1):+.0f} %") if change.times else ("?", "?")
        rows.append(
            (change.label, f"{len(change.old)}, {len(change.new)}", accuracies, f"{change.p_worse:.2g}", *times)
        )
    headings = "recipe", "runs", "accuracy, %", "p worse", "times the reference", "slower by"
    return terminal_table("Old and new results", headings, rows)
