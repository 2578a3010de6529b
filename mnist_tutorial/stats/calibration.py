"""Calibration: how well the probabilities of a classifier agree with how often it is right."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax

BINS = 15  # as in Guo et al. 2017


def log_probabilities(scores: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """Compute the logarithms of the probabilities that belong to scores: their log-softmax.

    Parameters
    ----------
    scores : array of float, shape (N, K)
        Logits, or logarithms of probabilities.
    temperature : float
        The scores are divided by it first: more than 1 makes a classifier less sure (temperature scaling).

    Returns
    -------
    ndarray of float64, shape (N, K)

    Examples
    --------
    >>> np.exp(log_probabilities([[0, 0]], 2))
    array([[0.5, 0.5]])
    """
    return log_softmax(np.asarray(scores, np.float64) / temperature, axis=1)


def negative_log_likelihood(log_probability_of_truth: ArrayLike) -> float:
    """Compute the mean negative log-likelihood: the cross-entropy, without label smoothing.

    Parameters
    ----------
    log_probability_of_truth : array of float, shape (N,)
        For each image, the logarithm of the probability of its true class.

    Returns
    -------
    float
        In nats; 0 for a classifier that is always right, and sure of it.

    Examples
    --------
    >>> round(negative_log_likelihood(np.log([0.5, 0.5])), 3)
    0.693
    """
    return float(-np.mean(log_probability_of_truth))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Compute the Brier score: the mean squared distance from the one-hot truth, summed over the classes.

    Parameters
    ----------
    probabilities : array of float, shape (N, K)
    labels : array of int, shape (N,)

    Returns
    -------
    float
        From 0, the best, to 2.

    References
    ----------
    Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.

    Examples
    --------
    >>> brier_score([[0.5, 0.5], [1.0, 0.0]], [0, 0])
    0.25
    """
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    of_truth = probabilities[np.arange(len(labels)), labels]
    return float(np.mean((probabilities**2).sum(1) - 2 * of_truth + 1))


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = BINS) -> float:
    """Compute the expected calibration error: the mean gap between confidence and accuracy, over bins of equal mass.

    Parameters
    ----------
    confidence : array of float, shape (N,)
        The probability of the predicted class.
    correct : array of bool, shape (N,)
        Whether it is the true class.
    bins : int
        The images are sorted by confidence and divided into as many parts of equal size, up to one image. Where a
        border falls between images of the same confidence, each counts with their mean, so that their order does not
        matter.

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015. Guo
    et al., "On calibration of modern neural networks", arXiv:1706.04599.

    Examples
    --------
    >>> round(expected_calibration_error([0.8] * 10, [True] * 9 + [False], bins=1), 3)
    0.1
    """
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct, bool)
    values, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)  # in ascending order
    accuracy = np.bincount(group, weights=correct) / sizes
    gaps = np.repeat(values - accuracy, sizes)
    return float(sum(abs(part.sum()) for part in np.array_split(gaps, bins)) / len(gaps))
