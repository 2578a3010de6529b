"""Calibration over the runs of a recipe, before and after a temperature that was chosen on held-out digits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_tutorial.benchmark.results.result import Result


@dataclass(frozen=True)
class Calibration:
    """How well the probabilities of a recipe's networks agree with how often they are right.

    Attributes
    ----------
    nll, brier, ece : float
        Negative log-likelihood in nats, Brier score, and expected calibration error; means over the runs.
    """

    nll: float
    brier: float
    ece: float


def calibration(runs: Sequence[Result], temperature: float = 1.0) -> Calibration | None:
    """Average the calibration of runs at a temperature; None if one of them does not have it.

    Parameters
    ----------
    runs : sequence of Result
    temperature : float
        One of `probabilities.TEMPERATURES`.
    """
    curves = [run.calibration for run in runs]
    if not curves or any(curve is None or temperature not in curve["temperature"] for curve in curves):
        return None
    at = [curve["temperature"].index(temperature) for curve in curves]
    means = {
        name: float(np.mean([curve[name][i] for curve, i in zip(curves, at, strict=True)]))
        for name in ("nll", "brier", "ece")
    }
    return Calibration(**means)


def best_temperature(runs: Sequence[Result]) -> float | None:
    """Choose the temperature with the least mean negative log-likelihood.

    Parameters
    ----------
    runs : sequence of Result
        Of networks that were evaluated on held-out digits.
    """
    shared = [run.calibration["temperature"] for run in runs if run.calibration]
    if not shared or len(shared) < len(runs):
        return None
    known = [temperature for temperature in shared[0] if all(temperature in other for other in shared)]
    return min(known, key=lambda temperature: calibration(runs, temperature).nll)
