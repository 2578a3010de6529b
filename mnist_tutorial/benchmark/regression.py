"""A regression check: recipes that have become worse or slower."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare import errors, is_deterministic, of_one_version
from mnist_tutorial.benchmark.result import Result, read_all
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.stats import contrast, holm, mcnemar, welch

REFERENCE = "train-mnist-fast"  # it shares no code with the rest, so its time measures the machine
ALERT_LEVEL = 0.01  # for accuracies
TIMING_LEVEL = 0.05  # for times, of each recipe: a lower one would need more runs than people make
SLOWER = 1.2


class Alert(NamedTuple):
    """Something to know: "worse", "slower" or "not compared", which make the check fail; "edited", "time unknown"."""

    kind: str
    recipe: str | None
    sentence: str
    failed: bool = True


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
) -> tuple[list[RecipeChange], list[Alert]]:
    """Look for recipes that have become significantly worse, or more than a fifth slower, since the baseline.

    Worse: in a one-sided Welch test over seeds, or McNemar's test of single runs, at a level of 0.01 after Holm's
    correction for the number of recipes; if each seed predicts the same, by a single error more. Slower: in the medians
    of uncontended runs, relative to the reference recipe in the same folder, unless the variation of the runs explains
    it (one-sided, at a level of 0.05, for each recipe; unknown for single runs).

    MNISTError if there is no such folder, if one lies within the other, or if the baseline has no results.
    """
    paths = Path(baseline).resolve(), Path(folder).resolve()
    if paths[0].is_relative_to(paths[1]) or paths[1].is_relative_to(paths[0]):
        raise MNISTError(f"{baseline} and {folder}: one lies within the other; expected two separate folders")
    (old, refused), (new, new_refused) = read_all(baseline), read_all(folder)
    if not old:
        raise MNISTError(f"{baseline}: found no results; expected those of `benchmark run --out {baseline}`")
    changes, alerts = [], [Alert("not compared", None, str(error)) for error in refused + new_refused]
    for variant, recipe in sorted({(run.variant, run.recipe) for _, run in old}):
        label = recipe if variant == "full" else f"{recipe} ({variant})"
        runs = ([run for _, run in runs if (run.variant, run.recipe) == (variant, recipe)] for runs in (old, new))
        names = f"{label} in {baseline}", f"{label} in {folder}"
        try:
            changes.append(RecipeChange(label, *_on_one_split(*runs, *names)))
        except MNISTError as error:
            alerts.append(Alert("not compared", label, str(error)))
    for change, p_worse in zip(changes, holm([_p_worse(change) for change in changes]), strict=True):
        change.p_worse = float(p_worse)
    references = {change.old[0].variant: change for change in changes if change.old[0].recipe == reference}
    for change in changes:
        alerts += _alerts(change, references.get(change.old[0].variant))
    if untimed := [change.label for change in changes if change.old[0].variant not in references]:
        sentence = f"no time of {', '.join(untimed)} is compared: {reference} does not have runs in both folders"
        alerts.append(Alert("time unknown", None, sentence, failed=False))
    return changes, alerts


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


def _alerts(change: RecipeChange, reference: RecipeChange | None) -> Iterator[Alert]:
    """Say what is remarkable about a recipe, and keep its times, if they can be compared, in the change."""
    label, sources = change.label, [runs[0].source_sha256[:8] for runs in (change.old, change.new)]
    if sources[0] != sources[1]:
        sentence = f"{label} was edited ({sources[0]}, now {sources[1]}); it is compared by its name"
        yield Alert("edited", label, sentence, failed=False)
    if change.p_worse < ALERT_LEVEL:
        accuracies = ", now ".join(f"{100 * accuracy:.2f} %" for accuracy in change.accuracies)
        chance = f"p = {change.p_worse:.1g}, one-sided, adjusted for the number of recipes"
        yield Alert("worse", label, f"{label} is worse: {accuracies} ({chance})")
    if reference is None:
        return
    sides = change.old, change.new, reference.old, reference.new
    groups = [[run for run in runs if not run.contended] for runs in sides]
    if not (problem := _obstacle(change, reference, groups)):
        seconds = [median(run.wall for run in group) for group in groups]
        change.times = old, new = seconds[0] / seconds[2], seconds[1] / seconds[3]
        if new / old <= SLOWER:
            return
        # The times of a machine vary by a factor, so the test uses their logarithms.
        _, p_value = contrast([[np.log(run.wall) for run in group] for group in groups], (-1, 1, 1, -1))
        problem = f"it took {old:.2f} times as long as {reference.label}, now {new:.2f} times"
        if not p_value >= TIMING_LEVEL:  # NaN: unknown, so the medians decide
            yield Alert("slower", label, f"{label} is slower by {100 * (new / old - 1):.0f} %: {problem}")
            return
        problem += f", but chance explains it (p = {p_value:.1g}); run more seeds"
    yield Alert("time unknown", label, f"the time of {label} cannot be compared: {problem}", failed=False)


def _obstacle(change, reference, groups):
    """Say what makes the times of these four groups of runs incomparable, if anything does."""
    names = [f"{age} {each.old[0].recipe}" for each in (change, reference) for age in ("old", "new")]
    if busy := [name for name, group in zip(names, groups, strict=True) if not group]:
        return f"other programs used the processor during all runs of {' and '.join(dict.fromkeys(busy))}"
    if any(len({run.hardware for run in groups[i] + groups[i + 2]}) > 1 for i in (0, 1)):
        return "its runs and those of the reference come from different machines"
    if any(each.old[0].processes != each.new[0].processes for each in (change, reference)):
        return "its number of processes, or that of the reference, has changed"
    if reference.old[0].source != reference.new[0].source:
        return "the reference was edited"
    return None


def table(changes: list[RecipeChange], alerts: list[Alert]) -> Table:
    """Show a check in the terminal."""
    shown = Table("recipe", title="Old and new results", box=box.SIMPLE)
    for heading in ("runs", "accuracy, %", "p worse", "times the reference", "slower by"):
        shown.add_column(heading, justify="right")
    shown.add_column("alerts")
    for change in changes:
        own = [alert for alert in alerts if alert.recipe == change.label]
        times = ("?", "?")
        if change.times:
            old, new = change.times
            times = f"{old:.2f}, {new:.2f}", f"{100 * (new / old - 1):+.0f} %"
        shown.add_row(
            escape(printable(change.label)),
            f"{len(change.old)}, {len(change.new)}",
            ", ".join(f"{100 * accuracy:.2f}" for accuracy in change.accuracies),
            f"{change.p_worse:.2g}",
            *times,
            ", ".join(alert.kind for alert in own),
            style="bold" if any(alert.failed for alert in own) else None,
        )
    return shown
