"""Alerts: what is worth knowing about a recipe that has changed."""

from dataclasses import dataclass

import numpy as np

from mnist_tutorial.benchmark.compare.timing import Slowdown, slowdown
from mnist_tutorial.benchmark.results.result import Result

ALERT_LEVEL = 0.01  # for accuracies
TIMING_LEVEL = 0.05  # for times, of each recipe: a lower one would need more runs than people make
SLOWER = 1.2
FAILURES = ("worse", "slower", "missing", "several versions", "refused")


@dataclass(frozen=True)
class Alert:
    """Something to know.

    Attributes
    ----------
    kind : str
        One of `FAILURES`, or ``"time not compared"`` or ``"edited"``.
    recipe : str or None
    sentence : str
    """

    kind: str
    recipe: str | None
    sentence: str

    @property
    def failed(self) -> bool:
        """Whether it makes the check fail."""
        return self.kind in FAILURES


@dataclass
class RecipeChange:
    """The old and the new runs of a recipe.

    Attributes
    ----------
    recipe, variant : str
    old, new : list of Result
        Evaluated on the same split, each seed once.
    p_worse : float
        How often chance alone makes it worse by as much, adjusted for the number of recipes; 0 if chance plays no
        part.
    slowdown : Slowdown or None
        None without a reference.
    """

    recipe: str
    variant: str
    old: list[Result]
    new: list[Result]
    p_worse: float = 1.0
    slowdown: Slowdown | None = None

    @property
    def accuracies(self) -> tuple[float, float]:
        """Old and new mean, from 0 to 1."""
        return tuple(float(np.mean([run.accuracy for run in runs])) for runs in (self.old, self.new))

    @property
    def label(self) -> str:
        """The recipe, with its variant if that is not the full one."""
        return self.recipe if self.variant == "full" else f"{self.recipe} ({self.variant})"


def alerts(change: RecipeChange, reference: RecipeChange | None) -> list[Alert]:
    """List what is worth knowing about a change; also sets its `slowdown`, relative to the reference."""
    if reference:
        change.slowdown = slowdown((change.old, change.new), (reference.old, reference.new))
    checks = _edited(change), _worse(change), _slower(change, reference)
    return [Alert(kind, change.label, sentence) for kind, sentence in filter(None, checks)]


def _edited(change):
    old, new = change.old[0].source_sha256[:8], change.new[0].source_sha256[:8]
    if old != new:
        return "edited", f"{change.label} was edited ({old}, now {new}); it is compared by its name"


def _worse(change):
    if change.p_worse >= ALERT_LEVEL:
        return None
    old, new = (f"{100 * accuracy:.2f} %" for accuracy in change.accuracies)
    reason = f"p = {change.p_worse:.1g}, one-sided, adjusted for the number of recipes"
    if not change.p_worse:
        reason = "it predicts the same with every seed, so this is not chance"
    return (
        "worse",
        f"{change.label} is worse: {old} ({len(change.old)} runs), now {new} ({len(change.new)} runs); {reason}",
    )


def _slower(change, reference):
    if reference is None:
        return None
    old, new, p_value, problem = change.slowdown
    unknown = f"the time of {change.label} cannot be compared"
    if problem:
        return "time not compared", f"{unknown}: {problem}"
    if change.slowdown.factor <= SLOWER:
        return None
    times = f"training took {old:.2f} times as long as {reference.recipe}, now {new:.2f} times"
    if p_value >= TIMING_LEVEL:
        return "time not compared", f"{unknown}: {times}, but chance explains it (p = {p_value:.1g}); run more seeds"
    return "slower", f"{change.label} is slower by {100 * (change.slowdown.factor - 1):.0f} %: {times}"
