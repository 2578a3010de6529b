"""A difference between two models, or two recipes: in figures, and in words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

LEVEL = 0.05  # below, a difference counts as one
RUN = "python -m mnist_tutorial benchmark run"


@dataclass(frozen=True)
class Difference:
    """What tells two sides apart, and whether chance explains it.

    Attributes
    ----------
    of : {"models", "recipes"}
        Which test was made: McNemar's on predictions, or Welch's over seeds.
    names : (str, str)
    runs : (list of Result, list of Result)
    error_reduction, low, high : float
        How many fewer errors the second side makes, on the mean of its runs, and the 95 % interval of that; NaN where
        the runs tell nothing of the spread over seeds.
    p_value : float
        Two-sided; NaN in the same case.
    about : str
        A sentence: what this holds for.
    only : (int, int) or None
        For models: how many digits only the first one gets wrong, and only the second one.
    remarks : tuple of str
        What else a reader has to know.
    """

    of: str
    names: tuple
    runs: tuple
    error_reduction: float
    low: float
    high: float
    p_value: float
    about: str
    only: tuple | None = None
    remarks: tuple = ()

    @cached_property
    def errors(self):
        """Errors of each run of each side: two ndarrays of int."""
        return tuple(np.array([wrong(run).sum() for run in runs]) for runs in self.runs)

    @property
    def digits(self):
        """On what they were measured, in words."""
        run = self.runs[0][0]
        kind = "test" if run.evaluated_on == "test" else "held-out"
        return f"{len(run.labels):,} {kind} digits{' of the sample' if run.variant == 'sample' else ''}"

    @cached_property
    def verdict(self):
        """One of ``"identical"``, ``"different"``, ``"not distinguishable"`` and ``"not testable"``."""
        if predictions(self.runs[0]) == predictions(self.runs[1]):
            return "identical"
        if np.isnan(self.low):
            return "not testable"
        return "different" if self.p_value < LEVEL else "not distinguishable"

    @property
    def sentence(self):
        """What was found, for a person who knows no statistics."""
        a, b = self.names
        if self.verdict == "identical":
            return f"{a} and {b} are identical: they take each of the {self.digits} for the same."
        if self.verdict == "different":
            return f"{self._found} {self._chance} {self.about}"
        if self.verdict == "not testable":
            one, other = (errors[0] for errors in self.errors)
            recipes = " ".join(dict.fromkeys(runs[0].recipe for runs in self.runs))
            return (
                f"{a} and {b} cannot be tested: all runs of {a} make {one:,} errors and all of {b} make {other:,}, so "
                f"nobody knows how far another seed would be; run more, as in {RUN} {recipes} --seeds 10 "
                f"--evaluate {self.runs[0][0].evaluated_on}"
            )
        return (
            f"{a} and {b} are not distinguishable. {self._found} {self._chance} The difference may be anything from "
            f"{self._side(self.low)} to {self._side(self.high)} (95 % interval). {self.about}"
        ).replace("  ", " ")

    @property
    def _found(self):
        mean = self.of == "recipes"
        if not self.error_reduction:
            return f"{'On average over the seeds, they' if mean else 'They'} make as many errors in {self.digits}."
        better, worse = self.names[:: -1 if self.error_reduction > 0 else 1]
        low, high = sorted((abs(self.low), abs(self.high)))
        interval = f" (95 % interval: {_number(low)} to {_number(high)})" if self.verdict == "different" else ""
        return (
            f"{'On average over the seeds, ' if mean else ''}{better} makes "
            f"{_number(abs(self.error_reduction), int(mean))} fewer errors than {worse} in {self.digits}{interval}."
        )

    @property
    def _chance(self):
        if not self.error_reduction:
            return ""
        chance = "seeds alone" if self.of == "recipes" else "chance alone"
        return f"If both were equally good, {chance} would make a difference this large in {_odds(self.p_value)}."

    def _side(self, fewer):
        return f"{_number(abs(fewer))} fewer errors for {self.names[fewer > 0]}"


def table(difference):
    """Make a table of a `Difference`, for the terminal."""
    models = difference.of == "models"
    test = "exact McNemar test" if models else "Welch's test over seeds"
    shown = Table(title=f"Two {difference.of} on {difference.digits}: {test}", box=box.SIMPLE)
    shown.add_column("")
    for heading in ("accuracy, %", "errors", "wrong here only" if models else "runs", "95 % interval", "p"):
        shown.add_column(heading, justify="right")
    images, decimals = len(difference.runs[0][0].labels), int(not models)
    for i, (name, errors) in enumerate(zip(difference.names, difference.errors, strict=True)):
        shares = 100 * (1 - errors / images)
        accuracy = f"{shares[0]:.2f}" if models else f"{shares.mean():.3f} ± {shares.std(ddof=1):.3f}"
        count = difference.only[i] if models else len(errors)
        shown.add_row(escape(name), accuracy, _number(errors.mean(), decimals), f"{count:,}")
    interval, p_value = "not known", "not known"
    if not np.isnan(difference.low):
        interval = f"{-difference.high:+,.1f} to {-difference.low:+,.1f} errors"
        p_value = f"{difference.p_value:.2g}"
    shown.add_row(
        "second minus first",
        f"{100 * difference.error_reduction / images:+.{2 + decimals}f}",
        f"{0 - difference.error_reduction:+,.{decimals}f}",
        "",
        interval,
        p_value,
        style="bold",
    )
    return shown


def wrong(run):
    """Tell which digits a run gets wrong: ndarray of bool, shape (N,)."""
    return run.predicted != run.labels


def predictions(runs):
    """List what several runs predict, so that lists can be compared."""
    return sorted(run.predicted.tobytes() for run in runs)


def _number(value, decimals=1):
    return f"{value:,.{decimals}f}"


def _odds(p_value):
    if p_value < 0.001:
        return "fewer than 1 of 1,000 repetitions"
    if p_value < 0.01:
        return f"about {1000 * p_value:.0f} of 1,000 repetitions"
    return f"about {100 * p_value:.0f} of 100 repetitions"
