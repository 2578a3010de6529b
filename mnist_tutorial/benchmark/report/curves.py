"""Learning curves: how the accuracy on held-out digits grows with the time of training."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """The accuracy on held-out digits while a recipe trains, over its validation runs.

    Attributes
    ----------
    images : list of int, length K
        Seen so far.
    seconds : ndarray, shape (K,)
        Of training; the median over the uncontended runs, or over all where there is none.
    mean, low, high : ndarray, shape (K,)
        Accuracy from 0 to 1: mean, minimum and maximum over all runs.
    n : int
        How many runs.
    uncontended : int
        How many of them others did not disturb.
    """

    images: list
    seconds: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n: int
    uncontended: int

    def reaches(self, target):
        """Tell after how many seconds the mean first reaches an accuracy; None if never."""
        there = np.flatnonzero(self.mean >= target - 1e-12)
        return float(self.seconds[there[0]]) if len(there) else None


def curve(validations):
    """Put the validation curves of one recipe together, at the numbers of images that all of them have.

    Parameters
    ----------
    validations : list of Result

    Returns
    -------
    Curve or None
        None without any point.
    """
    curves = [(run, run.validation_curve) for run in validations if run.validation_curve["images"]]
    if not curves:
        return None
    images = sorted(set.intersection(*(set(one["images"]) for _, one in curves)))
    if not images:
        return None
    uncontended = [one for run, one in curves if not run.contended]
    accuracies = np.array([_at(one, "accuracy", images) for _, one in curves])
    seconds = np.median([_at(one, "seconds", images) for one in uncontended or [one for _, one in curves]], axis=0)
    ends = accuracies.min(0), accuracies.max(0)
    return Curve(images, seconds, accuracies.mean(0), *ends, len(curves), len(uncontended))


def _at(one, name, images):
    found = dict(zip(one["images"], one[name], strict=True))
    return [found[number] for number in images]
