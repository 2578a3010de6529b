"""Learning curves: accuracy on held-out digits against training time."""

from dataclasses import dataclass

import numpy as np

from mnist_tutorial.benchmark.results.result import Result


@dataclass(frozen=True)
class LearningCurve:
    """Accuracy on held-out digits while a recipe trains, over its validation runs.

    Attributes
    ----------
    images : list of int, length K
        Images seen so far.
    seconds : ndarray, shape (K,)
        Of training; the median over the uncontended runs, or over all if there are none.
    mean, low, high : ndarray, shape (K,)
        Accuracy from 0 to 1: mean, minimum and maximum over all runs.
    n : int
        Number of runs.
    uncontended : int
        Number of uncontended runs.
    """

    images: list
    seconds: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    uncontended: int

    def seconds_to(self, target: float) -> float | None:
        """Seconds until the mean first reaches an accuracy; None if it never does."""
        reached = np.flatnonzero(self.mean >= target - 1e-12)
        return float(self.seconds[reached[0]]) if len(reached) else None


def learning_curve(validation_runs: list[Result]) -> LearningCurve | None:
    """Average the validation curves of one recipe, at the numbers of images that all of them share.

    Returns
    -------
    LearningCurve or None
        None if there are no such points.
    """
    runs = [run for run in validation_runs if run.validation_curve["images"]]
    if not runs:
        return None
    images = sorted(set.intersection(*(set(run.validation_curve["images"]) for run in runs)))
    if not images:
        return None
    uncontended = [run for run in runs if not run.contended]
    accuracies = np.array([_values(run, "accuracy", images) for run in runs])
    seconds = np.median([_values(run, "seconds", images) for run in uncontended or runs], axis=0)
    return LearningCurve(
        images, seconds, accuracies.mean(0), accuracies.min(0), accuracies.max(0), len(runs), len(uncontended)
    )


def _values(run, name, images):
    curve = run.validation_curve
    values = dict(zip(curve["images"], curve[name], strict=True))
    return [values[number] for number in images]
