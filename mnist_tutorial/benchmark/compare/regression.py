"""A regression check: recipes that have become worse or slower."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare.alerts import FAILURES, Alert, RecipeChange, alerts
from mnist_tutorial.benchmark.compare.significance_tests import (
    compare_by_best_test,
    is_deterministic,
    require_one_version,
)
from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.benchmark.results.seeds import each_seed_once
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.stats import holm

REFERENCE = "train-mnist-fast"  # it shares no code with the rest, so its time measures the machine


@dataclass(frozen=True)
class RegressionCheck:
    """The result of a check.

    Attributes
    ----------
    changes : list of RecipeChange
    alerts : list of Alert
    """

    changes: list
    alerts: list

    @property
    def failed(self) -> bool:
        """Whether any alert is a failure."""
        return any(alert.failed for alert in self.alerts)


def check(baseline: Path | str, folder: Path | str, reference: str = REFERENCE) -> RegressionCheck:
    """Look for recipes that have become significantly worse, or more than a fifth slower.

    Worse: by a one-sided Welch test over seeds, or McNemar's test for single runs, at a level of 0.01 with Holm's
    correction for the number of recipes. A recipe that predicts the same with every seed must not make a single error
    more.

    Slower: by the medians of uncontended runs, relative to the time of the reference recipe in the same folder. If
    the variation of the runs explains a slowdown (one-sided, at a level of 0.05, for each recipe), the time counts as
    not compared. The variation of single runs is unknown, so there the medians decide.

    Parameters
    ----------
    baseline, folder : Path
        Old and new results.
    reference : str
        Name of the recipe whose time is the unit.

    Raises
    ------
    MNISTError
        If there is no such folder, if one lies within the other, or if the baseline has no results.
    """
    paths = Path(baseline).resolve(), Path(folder).resolve()
    if paths[0].is_relative_to(paths[1]) or paths[1].is_relative_to(paths[0]):
        raise MNISTError(f"{baseline} and {folder}: one lies within the other; expected two separate folders")
    (old, old_refused), (new, new_refused) = _read(baseline), _read(folder)
    if not old:
        raise MNISTError(f"{baseline}: found no results; expected those of `benchmark run --out {baseline}`")
    changes, problems = _pair(old, new, baseline, folder)
    for change, p_worse in zip(changes, holm([_p_worse(change) for change in changes]), strict=True):
        change.p_worse = float(p_worse)
    references = {change.variant: change for change in changes if change.recipe == reference}
    for change in changes:
        problems += alerts(change, references.get(change.variant))
    if untimed := [change.label for change in changes if change.slowdown is None]:
        sentence = f"no time of {', '.join(untimed)} is compared: {reference} does not have runs in both folders"
        problems.append(Alert("time not compared", None, sentence))
    refused = [Alert("refused", None, str(error)) for error in old_refused + new_refused]
    return RegressionCheck(changes, refused + problems)


def table(result: RegressionCheck) -> Table:
    """Show a check in the terminal."""
    shown = Table(title="Old and new results", box=box.SIMPLE)
    shown.add_column("recipe")
    for heading in ("runs", "accuracy, %", "p worse", "times the reference", "slower by", "alerts"):
        shown.add_column(heading, justify="left" if heading == "alerts" else "right")
    for change in result.changes:
        kinds = [alert.kind for alert in result.alerts if alert.recipe == change.label]
        times = (change.slowdown.old, change.slowdown.new) if change.slowdown else (None, None)
        factor = change.slowdown and change.slowdown.factor
        shown.add_row(
            escape(printable(change.label)),
            f"{len(change.old)}, {len(change.new)}",
            ", ".join(f"{100 * accuracy:.2f}" for accuracy in change.accuracies),
            f"{change.p_worse:.2g}",
            ", ".join("?" if time is None else f"{time:.2f}" for time in times),
            "?" if factor is None else f"{100 * (factor - 1):+.0f} %",
            ", ".join(kinds),
            style="bold" if set(kinds) & set(FAILURES) else None,
        )
    return shown


def _read(folder):
    found, refused = read_all(folder)
    groups = defaultdict(list)
    for _, result in found:
        groups[result.variant, result.recipe].append(result)
    return groups, refused


def _pair(old, new, baseline, folder):
    """Match the old and new runs of each recipe; alerts say which cannot be matched."""
    changes, problems = [], []
    for (variant, recipe), old_runs in sorted(old.items()):
        split = "test" if any(run.evaluated_on == "test" for run in old_runs) else "validation"
        before, after = (
            [run for run in runs if run.evaluated_on == split] for runs in (old_runs, new[variant, recipe])
        )
        if not after:
            missing = f"no {split} run on the {variant} MNIST in {folder}, but {len(before)} in {baseline}"
            problems.append(Alert("missing", recipe, f"{recipe} is missing: {missing}"))
            continue
        try:
            require_one_version(before, f"{recipe} in {baseline}")
            require_one_version(after, f"{recipe} in {folder}")
        except MNISTError as error:
            problems.append(Alert("several versions", recipe, str(error)))
        else:
            changes.append(RecipeChange(recipe, variant, each_seed_once(before), each_seed_once(after)))
    return changes, problems


def _p_worse(change):
    comparison = compare_by_best_test(change.old, change.new)
    if is_deterministic(change.old) and is_deterministic(change.new):
        return float(comparison.error_reduction >= 0)
    return 1 - comparison.p_value / 2 if comparison.error_reduction > 0 else comparison.p_value / 2
