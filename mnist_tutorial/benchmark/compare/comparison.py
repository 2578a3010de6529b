"""A comparison of two models, or of two recipes: in numbers, and in words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.errors import printable

SIGNIFICANCE_LEVEL = 0.05  # a smaller p-value is a difference
RUN = "python -m mnist_tutorial benchmark run"


@dataclass(frozen=True)
class Comparison:
    """The difference between two sides, and whether chance explains it.

    Attributes
    ----------
    kind : {"models", "recipes"}
        Which test was made: McNemar's on predictions, or Welch's over seeds.
    names : (str, str)
    runs : (list of Result, list of Result)
    error_reduction, low, high : float
        How many fewer errors the second side makes, on average over its runs, with the 95 % interval; the interval is
        NaN if the runs do not vary over the seeds.
    p_value : float
        Two-sided; NaN in the same case.
    scope : str
        A sentence: what this holds for.
    only_wrong : (int, int) or None
        For models: the number of digits that only the first one misclassifies, and only the second one.
    remarks : tuple of str
        What else a reader should know.
    """

    kind: str
    names: tuple
    runs: tuple
    error_reduction: float
    low: float
    high: float
    p_value: float
    scope: str
    only_wrong: tuple | None = None
    remarks: tuple = ()

    @cached_property
    def errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Errors of each run of each side."""
        return tuple(np.array([misclassified(run).sum() for run in runs]) for runs in self.runs)

    @property
    def digits(self) -> str:
        """The digits on which they were evaluated, in words."""
        run = self.runs[0][0]
        split = "test" if run.evaluated_on == "test" else "held-out"
        return f"{len(run.labels):,} {split} digits{' of the sample' if run.variant == 'sample' else ''}"

    @cached_property
    def verdict(self) -> str:
        """One of ``"identical"``, ``"different"``, ``"not distinguishable"`` and ``"not testable"``."""
        if predictions(self.runs[0]) == predictions(self.runs[1]):
            return "identical"
        if np.isnan(self.low):
            return "not testable"
        return "different" if self.p_value < SIGNIFICANCE_LEVEL else "not distinguishable"

    @property
    def sentence(self) -> str:
        """The result, for a reader who knows no statistics."""
        a, b = self.names
        if self.verdict == "identical":
            return f"{a} and {b} are identical: they classify each of the {self.digits} alike."
        if self.verdict == "different":
            return f"{self._difference} {self._odds} {self.scope}"
        if self.verdict == "not testable":
            errors_a, errors_b = (errors[0] for errors in self.errors)
            recipes = " ".join(dict.fromkeys(runs[0].recipe for runs in self.runs))
            return (
                f"{a} and {b} cannot be tested: every run of {a} makes {errors_a:,} errors and every run of {b} makes "
                f"{errors_b:,}, so the variation between seeds is unknown; run more seeds: {RUN} {recipes} --seeds 10 "
                f"--evaluate {self.runs[0][0].evaluated_on}"
            )
        return (
            f"{a} and {b} are not distinguishable. {self._difference} {self._odds} The difference may be anything from "
            f"{self._bound(self.low)} to {self._bound(self.high)} (95 % interval). {self.scope}"
        ).replace("  ", " ")

    @property
    def _difference(self):
        means = self.kind == "recipes"
        if not self.error_reduction:
            return (
                f"{'On average over the seeds, they' if means else 'They'} make equally many errors on {self.digits}."
            )
        better, worse = self.names[:: -1 if self.error_reduction > 0 else 1]
        low, high = sorted((abs(self.low), abs(self.high)))
        interval = f" (95 % interval: {_number(low)} to {_number(high)})" if self.verdict == "different" else ""
        return (
            f"{'On average over the seeds, ' if means else ''}{better} makes "
            f"{_number(abs(self.error_reduction), int(means))} fewer errors than {worse} on {self.digits}{interval}."
        )

    @property
    def _odds(self):
        if not self.error_reduction:
            return ""
        chance = "seeds alone" if self.kind == "recipes" else "chance alone"
        return (
            f"If both were equally good, {chance} would make a difference this large in {_repetitions(self.p_value)}."
        )

    def _bound(self, error_reduction):
        return f"{_number(abs(error_reduction))} fewer errors for {self.names[error_reduction > 0]}"


def table(comparison: Comparison) -> Table:
    """Show a comparison in the terminal."""
    models = comparison.kind == "models"
    test = "exact McNemar test" if models else "Welch's test over seeds"
    shown = Table(title=f"Two {comparison.kind} on {comparison.digits}: {test}", box=box.SIMPLE)
    shown.add_column("")
    for heading in ("accuracy, %", "errors", "only this one wrong" if models else "runs", "95 % interval", "p"):
        shown.add_column(heading, justify="right")
    images, decimals = len(comparison.runs[0][0].labels), int(not models)
    for i, (name, errors) in enumerate(zip(comparison.names, comparison.errors, strict=True)):
        shares = 100 * (1 - errors / images)
        accuracy = f"{shares[0]:.2f}" if models else f"{shares.mean():.3f} ± {shares.std(ddof=1):.3f}"
        count = comparison.only_wrong[i] if models else len(errors)
        shown.add_row(escape(printable(name)), accuracy, _number(errors.mean(), decimals), f"{count:,}")
    interval, p_value = "unknown", "unknown"
    if not np.isnan(comparison.low):
        interval = f"{-comparison.high:+,.1f} to {-comparison.low:+,.1f} errors"
        p_value = f"{comparison.p_value:.2g}"
    shown.add_row(
        "second minus first",
        f"{100 * comparison.error_reduction / images:+.{2 + decimals}f}",
        f"{0 - comparison.error_reduction:+,.{decimals}f}",
        "",
        interval,
        p_value,
        style="bold",
    )
    return shown


def misclassified(run: Result) -> np.ndarray:
    """Mark the digits that a run gets wrong: ndarray of bool, shape (N,)."""
    return run.predicted != run.labels


def predictions(runs: list[Result]) -> list[bytes]:
    """List the predictions of several runs, sorted so that lists can be compared."""
    return sorted(run.predicted.tobytes() for run in runs)


def _number(value, decimals=1):
    return f"{value:,.{decimals}f}"


def _repetitions(p_value):
    if p_value < 0.001:
        return "fewer than 1 of 1,000 repetitions"
    if p_value < 0.01:
        return f"about {1000 * p_value:.0f} of 1,000 repetitions"
    return f"about {100 * p_value:.0f} of 100 repetitions"
