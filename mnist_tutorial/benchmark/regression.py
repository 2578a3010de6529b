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

from mnist_tutorial.benchmark.compare import compare_by_best_test, is_deterministic, of_one_version
from mnist_tutorial.benchmark.result import Result, read_all
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.stats import contrast, holm

REFERENCE = "train-mnist-fast"  # it shares no code with the rest, so its time measures the machine
ALERT_LEVEL = 0.01  # for accuracies
TIMING_LEVEL = 0.05  # for times, of each recipe: a lower one would need more runs than people make
SLOWER = 1.2
FAILURES = ("worse", "slower", "missing", "several versions", "refused")


class Alert(NamedTuple):
    """Something to know: one of the `FAILURES`, which make the check fail, or "time not compared" or "edited"."""

    kind: str
    recipe: str | None
    sentence: str

    @property
    def failed(self) -> bool:
        """Whether it makes the check fail."""
        return self.kind in FAILURES


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

    Worse: by a one-sided Welch test over seeds, or McNemar's test for single runs, at a level of 0.01 with Holm's
    correction for the number of recipes. If each seed predicts the same, by a single error more.

    Slower: by the medians of uncontended runs, relative to the time of the reference recipe in the same folder, unless
    the variation of the runs explains it (one-sided, at a level of 0.05, for each recipe; unknown for single runs).

    MNISTError if there is no such folder, if one lies within the other, or if the baseline has no results.
    """
    paths = Path(baseline).resolve(), Path(folder).resolve()
    if paths[0].is_relative_to(paths[1]) or paths[1].is_relative_to(paths[0]):
        raise MNISTError(f"{baseline} and {folder}: one lies within the other; expected two separate folders")
    (old, refused), (new, new_refused) = read_all(baseline), read_all(folder)
    if not old:
        raise MNISTError(f"{baseline}: found no results; expected those of `benchmark run --out {baseline}`")
    alerts = [Alert("refused", None, str(error)) for error in refused + new_refused]
    changes, unpaired = _pair([run for _, run in old], [run for _, run in new], baseline, folder)
    for change, p_worse in zip(changes, holm([_p_worse(change) for change in changes]), strict=True):
        change.p_worse = float(p_worse)
    references = {change.old[0].variant: change for change in changes if change.old[0].recipe == reference}
    alerts += unpaired
    for change in changes:
        alerts += [*_edited_or_worse(change), *_slower(change, references.get(change.old[0].variant))]
    if untimed := [change.label for change in changes if change.old[0].variant not in references]:
        sentence = f"no time of {', '.join(untimed)} is compared: {reference} does not have runs in both folders"
        alerts.append(Alert("time not compared", None, sentence))
    return changes, alerts


def _pair(old, new, baseline, folder):
    """Match the old and new runs of each recipe; alerts say which cannot be matched."""
    changes, alerts = [], []
    for variant, recipe in sorted({(run.variant, run.recipe) for run in old}):
        before, after = ([run for run in runs if (run.variant, run.recipe) == (variant, recipe)] for runs in (old, new))
        split = "test" if any(run.evaluated_on == "test" for run in before) else "validation"
        before, after = ([run for run in runs if run.evaluated_on == split] for runs in (before, after))
        if not after:
            missing = f"no {split} run on the {variant} MNIST in {folder}, but {len(before)} in {baseline}"
            alerts.append(Alert("missing", recipe, f"{recipe} is missing: {missing}"))
            continue
        label = recipe if variant == "full" else f"{recipe} ({variant})"
        try:
            before = of_one_version(before, f"{recipe} in {baseline}")
            changes.append(RecipeChange(label, before, of_one_version(after, f"{recipe} in {folder}")))
        except MNISTError as error:
            alerts.append(Alert("several versions", recipe, str(error)))
    return changes, alerts


def _p_worse(change):
    comparison = compare_by_best_test(change.old, change.new)
    if is_deterministic(change.old) and is_deterministic(change.new):
        return float(comparison.error_reduction >= 0)
    return 1 - comparison.p_value / 2 if comparison.error_reduction > 0 else comparison.p_value / 2


def _edited_or_worse(change: RecipeChange) -> Iterator[Alert]:
    label, (before, now) = change.label, (f"{100 * accuracy:.2f} %" for accuracy in change.accuracies)
    source_before, source_now = (runs[0].source_sha256[:8] for runs in (change.old, change.new))
    if source_before != source_now:
        sentence = f"{label} was edited ({source_before}, now {source_now}); it is compared by its name"
        yield Alert("edited", label, sentence)
    if change.p_worse < ALERT_LEVEL:
        reason = f"p = {change.p_worse:.1g}, one-sided, adjusted for the number of recipes"
        if not change.p_worse:
            reason = "it predicts the same with every seed, so this is not chance"
        counts = f"{before} ({len(change.old)} runs), now {now} ({len(change.new)} runs)"
        yield Alert("worse", label, f"{label} is worse: {counts}; {reason}")


def _slower(change: RecipeChange, reference: RecipeChange | None) -> Iterator[Alert]:
    """Compare the times, and keep them in the change."""
    if reference is None:
        return
    try:
        old, new, p_value = relative_times((change.old, change.new), (reference.old, reference.new))
    except MNISTError as error:
        problem = str(error)
    else:
        change.times = old, new
        if new / old <= SLOWER:
            return
        problem = f"training took {old:.2f} times as long as {reference.old[0].recipe}, now {new:.2f} times"
        if not p_value >= TIMING_LEVEL:  # NaN: unknown, so the medians decide
            slower = f"{change.label} is slower by {100 * (new / old - 1):.0f} %"
            yield Alert("slower", change.label, f"{slower}: {problem}")
            return
        problem += f", but chance explains it (p = {p_value:.1g}); run more seeds"
    yield Alert("time not compared", change.label, f"the time of {change.label} cannot be compared: {problem}")


def relative_times(
    runs: tuple[list[Result], list[Result]], references: tuple[list[Result], list[Result]]
) -> tuple[float, float, float]:
    """Divide the median times of a recipe's uncontended runs, old and new, by those of a reference.

    The third value is the one-sided p-value of a slowdown, NaN if the variation of the runs is unknown. MNISTError if
    the times cannot be compared.
    """
    groups = [[run for run in group if not run.contended] for group in (*runs, *references)]
    name, reference = runs[0][0].recipe, references[0][0].recipe
    for group, age, recipe in zip(groups, ("old", "new") * 2, (name, name, reference, reference), strict=True):
        if not group:
            raise MNISTError(f"all {age} runs of {recipe} were contended: other programs used the processor")
    for i, age in enumerate(("old", "new")):
        if len({run.hardware for run in groups[i] + groups[i + 2]}) > 1:
            raise MNISTError(f"the {age} runs of {name} and {reference} come from different machines")
    for recipe, (old, new) in ((name, runs), (reference, references)):
        if (then := old[0].processes) != (now := new[0].processes):
            raise MNISTError(f"the number of processes of {recipe} changed from {then} to {now}")
    if references[0][0].source_sha256 != references[1][0].source_sha256:
        raise MNISTError(f"the reference {reference} was edited")
    old, new, reference_old, reference_new = (median(run.wall for run in group) for group in groups)
    # The times of a machine vary by a factor, so the test uses their logarithms.
    _, p_value = contrast([[np.log(run.wall) for run in group] for group in groups], (-1, 1, 1, -1))
    return old / reference_old, new / reference_new, p_value


def table(changes: list[RecipeChange], alerts: list[Alert]) -> Table:
    """Show a check in the terminal."""
    shown = Table("recipe", title="Old and new results", box=box.SIMPLE)
    for heading in ("runs", "accuracy, %", "p worse", "times the reference", "slower by", "alerts"):
        shown.add_column(heading, justify="left" if heading == "alerts" else "right")
    for change in changes:
        own = [alert for alert in alerts if alert.recipe == change.label]
        old, new = change.times or (np.nan, np.nan)
        shown.add_row(
            escape(printable(change.label)),
            f"{len(change.old)}, {len(change.new)}",
            ", ".join(f"{100 * accuracy:.2f}" for accuracy in change.accuracies),
            f"{change.p_worse:.2g}",
            f"{old:.2f}, {new:.2f}" if change.times else "?, ?",
            f"{100 * (new / old - 1):+.0f} %" if change.times else "?",
            ", ".join(alert.kind for alert in own),
            style="bold" if any(alert.failed for alert in own) else None,
        )
    return shown
