"""A regression: a recipe that has become worse, or slower, than it was."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.compare.selection import each_seed_once
from mnist_tutorial.benchmark.compare.significance_tests import judge, one_version, seeds_do_not_matter
from mnist_tutorial.benchmark.compare.timing import Slowdown, slowdown
from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import holm

REFERENCE = "train-mnist-fast"  # it shares no code with the rest, so its time tells how fast the machine is
LEVEL = 0.01
SLOWER = 1.2
NOISE = 0.05  # the level for times, of each recipe: a lower one would need more runs than people make
BAD = ("worse", "slower", "missing", "several versions", "refused")


@dataclass(frozen=True)
class Finding:
    """Something to know.

    Attributes
    ----------
    kind : str
        One of `BAD`, or ``"time not judged"`` or ``"edited"``.
    recipe : str or None
    sentence : str
    """

    kind: str
    recipe: str | None
    sentence: str

    @property
    def bad(self):
        """Whether the check fails for it."""
        return self.kind in BAD


@dataclass
class Row:
    """A recipe then and now.

    Attributes
    ----------
    recipe, variant : str
    old, new : list of Result
        Evaluated on the same split, each seed once.
    p_worse : float
        How often chance alone makes it worse by as much, adjusted for the number of recipes; 0 where there is no
        chance.
    slowdown : Slowdown or None
        None where there is no reference.
    """

    recipe: str
    variant: str
    old: list
    new: list
    p_worse: float = 1.0
    slowdown: Slowdown | None = None

    @property
    def accuracies(self):
        """Means, from 0 to 1."""
        return tuple(float(np.mean([run.accuracy for run in runs])) for runs in (self.old, self.new))

    @property
    def label(self):
        """The recipe, with its variant where that is not the full one."""
        return self.recipe if self.variant == "full" else f"{self.recipe} ({self.variant})"


@dataclass(frozen=True)
class Check:
    """What has become of the recipes.

    Attributes
    ----------
    rows : list of Row
    findings : list of Finding
    """

    rows: list
    findings: list

    @property
    def bad(self):
        """Whether any finding is."""
        return any(finding.bad for finding in self.findings)


def check(baseline, folder, reference=REFERENCE):
    """Look for recipes that have become significantly worse, or more than a fifth slower.

    Worse: by a one-sided Welch test over seeds, or McNemar's test where there is one run, at a level of 0.01 with
    Holm's correction for the number of recipes. What predicts the same with every seed may not make one error more.

    Slower: by the medians of uncontended runs, in units of the time of the reference recipe in the same folder. Where
    it is so, but the spread of the runs explains it (one-sided, at a level of 0.05, for each recipe), the time is not
    judged. Nobody knows the spread of a single run, so there the medians decide.

    Parameters
    ----------
    baseline, folder : Path
        Results then and now.
    reference : str
        Name of the recipe whose time is the unit.

    Returns
    -------
    Check

    Raises
    ------
    MNISTError
        If there is no such folder, if one lies within the other, or if the baseline has no results.
    """
    one, other = Path(baseline).resolve(), Path(folder).resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise MNISTError(f"{baseline} and {folder}: one lies within the other; expected two folders beside each other")
    (old, refused), (new, also_refused) = _read(baseline), _read(folder)
    if not old:
        raise MNISTError(f"{baseline}: no results; expected those of `benchmark run --out {baseline}`")
    rows, findings = _pair(old, new, baseline, folder)
    for row, p_worse in zip(rows, holm([_p_worse(row) for row in rows]), strict=True):
        row.p_worse = float(p_worse)
    references = {row.variant: row for row in rows if row.recipe == reference}
    for row in rows:
        findings += [*_edited(row), *_worse(row), *_slower(row, references.get(row.variant))]
    if untold := [row.label for row in rows if row.slowdown is None]:
        what = f"no time of {', '.join(untold)} is judged: {reference} has no runs in both folders"
        findings.append(Finding("time not judged", None, what))
    return Check(rows, [Finding("refused", None, str(error)) for error in refused + also_refused] + findings)


def table(found):
    """Make a table of a `Check`, for the terminal."""
    shown = Table(title="Then and now", box=box.SIMPLE)
    shown.add_column("recipe")
    for heading in ("runs", "accuracy, %", "p worse", "times the reference", "slower by", "found"):
        shown.add_column(heading, justify="left" if heading == "found" else "right")
    for row in found.rows:
        kinds = [finding.kind for finding in found.findings if finding.recipe == row.label]
        times = (row.slowdown.then, row.slowdown.now) if row.slowdown else (None, None)
        factor = row.slowdown and row.slowdown.factor
        shown.add_row(
            escape(row.label),
            f"{len(row.old)}, {len(row.new)}",
            ", ".join(f"{100 * accuracy:.2f}" for accuracy in row.accuracies),
            f"{row.p_worse:.2g}",
            ", ".join("?" if time is None else f"{time:.2f}" for time in times),
            "?" if factor is None else f"{100 * (factor - 1):+.0f} %",
            ", ".join(kinds),
            style="bold" if set(kinds) & set(BAD) else None,
        )
    return shown


def _read(folder):
    there, refused = read_all(folder)
    groups = defaultdict(list)
    for _, result in there:
        groups[result.variant, result.recipe].append(result)
    return groups, refused


def _pair(old, new, baseline, folder):
    """Put what belongs together into rows, and tell what cannot be."""
    rows, findings = [], []
    for (variant, recipe), before in sorted(old.items()):
        evaluated_on = "test" if any(run.evaluated_on == "test" for run in before) else "validation"
        before, now = (
            [run for run in runs if run.evaluated_on == evaluated_on] for runs in (before, new[variant, recipe])
        )
        if not now:
            there = f"{len(before)} in {baseline}"
            missing = f"{recipe} is missing: no {evaluated_on} run on the {variant} MNIST in {folder}, but {there}"
            findings.append(Finding("missing", recipe, missing))
            continue
        try:
            one_version(before, f"{recipe} in {baseline}")
            one_version(now, f"{recipe} in {folder}")
        except MNISTError as error:
            findings.append(Finding("several versions", recipe, str(error)))
        else:
            rows.append(Row(recipe, variant, each_seed_once(before), each_seed_once(now)))
    return rows, findings


def _p_worse(row):
    found = judge(row.old, row.new)
    if seeds_do_not_matter(row.old) and seeds_do_not_matter(row.new):
        return float(found.error_reduction >= 0)
    return 1 - found.p_value / 2 if found.error_reduction > 0 else found.p_value / 2


def _edited(row):
    then, now = row.old[0].source_sha256[:8], row.new[0].source_sha256[:8]
    if then == now:
        return []
    return [Finding("edited", row.label, f"{row.label} was edited ({then}, now {now}); it is compared by its name")]


def _worse(row):
    if row.p_worse >= LEVEL:
        return []
    then, now = (f"{100 * accuracy:.2f} %" for accuracy in row.accuracies)
    why = (
        f"p = {row.p_worse:.1g}, one-sided, adjusted for the number of recipes"
        if row.p_worse
        else ("it predicts the same with every seed, so chance has no part in it")
    )
    sentence = f"{row.label} is worse: {then} ({len(row.old)} runs), now {now} ({len(row.new)} runs); {why}"
    return [Finding("worse", row.label, sentence)]


def _slower(row, beside):
    if beside is None:
        return []
    row.slowdown = slowdown((row.old, row.new), (beside.old, beside.new))
    then, now, p_value, problem = row.slowdown
    if problem:
        return [Finding("time not judged", row.label, f"the time of {row.label} cannot be judged: {problem}")]
    if row.slowdown.factor <= SLOWER:
        return []
    times = f"its training took {then:.2f} times that of {beside.recipe}, now {now:.2f} times"
    if p_value >= NOISE:
        noise = f"but the times spread so far that chance explains it (p = {p_value:.1g}); run more seeds"
        return [Finding("time not judged", row.label, f"the time of {row.label} cannot be judged: {times}, {noise}")]
    sentence = f"{row.label} is slower by {100 * (row.slowdown.factor - 1):.0f} %: {times}"
    return [Finding("slower", row.label, sentence)]
