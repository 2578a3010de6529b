"""Statistics: intervals of accuracies, tests of differences between them, and calibration."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy  # its submodules are loaded when they are used
from numpy.typing import ArrayLike

__all__ = ["Paired", "Unpaired", "contrast", "holm", "mcnemar", "welch", "wilson_interval"]
__all__ += ["brier_score", "calibration", "expected_calibration_error", "log_probabilities", "negative_log_likelihood"]
BINS = 15  # as in Guo et al. 2017
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
TINY = 1e-9  # for a parameter 0 of a beta distribution, which puts all probability at 0 or at 1


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the Wilson score interval of an accuracy, from 0 to 1, if `correct` of `n` images are (Wilson 1927).

    Examples
    --------
    >>> low, high = wilson_interval(9900, 10_000)
    >>> f"{low:.4f} to {high:.4f}"
    '0.9879 to 0.9918'
    """
    interval = scipy.stats.binomtest(int(correct), int(n)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


class Paired(NamedTuple):
    """A comparison of two classifiers on the same images."""

    only_a: int  # images that only the first classifies wrongly
    only_b: int
    difference: float  # the accuracy of the second minus that of the first, with its confidence interval
    low: float
    high: float
    p_value: float  # two-sided


def mcnemar(wrong_a: ArrayLike, wrong_b: ArrayLike, confidence: float = 0.95) -> Paired:
    """Compare two classifiers on the same images with the exact McNemar test (McNemar 1947, Dietterich 1998).

    Each is given as booleans (N,): which images it classifies wrongly. If there are none, or their numbers differ, that
    is a ValueError. Only images that exactly one of them classifies wrongly count: if both are equally good, either is
    wrong with probability 1/2. The interval agrees with the test: a 95 % interval excludes 0 if and only if the p-value
    is below 0.05. It is slightly conservative (Fay and Lumbard, Statistics in Medicine 40, 1147-1159, 2021).

    Examples
    --------
    >>> a, b = np.zeros((2, 10_000), bool)
    >>> a[:59], b[59:73] = True, True
    >>> test = mcnemar(a, b)
    >>> test.only_a, test.only_b, f"{test.difference:.4f}, {test.low:.4f} to {test.high:.4f}"
    (59, 14, '0.0045, 0.0027 to 0.0063')
    """
    a, b = np.asarray(wrong_a, bool), np.asarray(wrong_b, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ValueError(f"{a.shape} and {b.shape} images; expected the same number, at least one")
    n, only_a, only_b, tail = len(a), int((a & ~b).sum()), int((b & ~a).sum()), (1 - confidence) / 2
    low, high = _lower_limit(only_a, only_b, n, tail), -_lower_limit(only_b, only_a, n, tail)
    p_value = float(scipy.stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return Paired(only_a, only_b, (only_a - only_b) / n, low, high, p_value)


def _lower_limit(more: int, less: int, n: int, tail: float) -> float:
    """Solve for the lower limit of Fay and Lumbard.

    The difference is f (2 s - 1), where f is the fraction of images on which the two differ, and s the fraction of
    `more` among those. Their confidence distributions are beta distributions; the limit is a quantile of the product.
    """
    beta = scipy.special
    count, share = more + less, (more or TINY, less + 1)
    no_more = beta.betainc(*share, 0.5)  # the one-sided p-value
    if positive := no_more < tail:
        start, end, differ, cumulative = no_more, 1.0, (count, n - count + 1), beta.betainc
    else:
        start, end, differ, cumulative = 0.0, no_more, (count + 1, n - count or TINY), beta.betaincc
    # The integral over s is a Gauss-Legendre sum, in steps of equal probability.
    factor = 2 * beta.betaincinv(*share, start + (end - start) * (NODES + 1) / 2) - 1

    def excess(limit: float) -> float:
        return start + (end - start) / 2 * WEIGHTS @ cumulative(*differ, np.clip(limit / factor, 0, 1)) - tail

    return scipy.optimize.brentq(excess, *((0, 1) if positive else (-1, 0)), xtol=1e-9)


class Unpaired(NamedTuple):
    """The mean of a second group minus that of the first, with its confidence interval; the p-value is two-sided."""

    difference: float
    low: float
    high: float
    p_value: float


def welch(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> Unpaired:
    """Compare the means of two groups with Welch's test, which does not assume equal variances (Welch 1947).

    The groups hold independent measurements, such as the accuracies of runs with different seeds. If neither varies,
    the interval is NaN; so is the p-value, unless both means are equal: then it is 1. ValueError if a group has fewer
    than two.

    Examples
    --------
    >>> difference, low, high, p_value = welch([0.990, 0.991, 0.992], [0.994, 0.996, 0.995])
    >>> f"{difference:.4f}, {low:.4f} to {high:.4f}, p = {p_value:.4f}"
    '0.0040, 0.0017 to 0.0063, p = 0.0080'
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if min(a.size, b.size) < 2:
        raise ValueError(f"{a.size} and {b.size} measurements; expected at least two of each, to know their variance")
    difference = float(b.mean() - a.mean())
    if not np.ptp(a) and not np.ptp(b):
        return Unpaired(difference, np.nan, np.nan, np.nan if a[0] != b[0] else 1.0)
    error, freedom = _standard_error([a, b], np.array([-1.0, 1.0]))
    half = error * scipy.stats.t.ppf((1 + confidence) / 2, freedom)
    p_value = 2 * scipy.stats.t.sf(abs(difference) / error, freedom)
    return Unpaired(difference, float(difference - half), float(difference + half), float(p_value))


def contrast(groups: Sequence[ArrayLike], weights: ArrayLike) -> tuple[float, float]:
    """Test whether a weighted sum of the means of several groups is above zero: Welch's test for more than two groups.

    Returns the sum, and the one-sided p-value; that is NaN if a group has only one measurement, or if no group varies.

    Examples
    --------
    >>> estimate, p_value = contrast([[1.0, 1.2], [3.1, 2.9]], [-1, 1])
    >>> f"{estimate:.1f}, p = {p_value:.4f}"
    '1.9, p = 0.0027'
    """
    groups, weights = [np.asarray(group, float) for group in groups], np.asarray(weights, float)
    estimate = float(weights @ [group.mean() for group in groups])
    if min(group.size for group in groups) < 2 or not any(np.ptp(group) for group in groups):
        return estimate, np.nan
    error, freedom = _standard_error(groups, weights)
    return estimate, float(scipy.stats.t.sf(estimate / error, freedom))


def _standard_error(groups: list[np.ndarray], weights: np.ndarray) -> tuple[float, float]:
    """Compute the standard error of a weighted sum of means, and its degrees of freedom (Satterthwaite 1946)."""
    sizes = np.array([group.size for group in groups])
    parts = weights**2 * [group.var(ddof=1) for group in groups] / sizes
    return np.sqrt(parts.sum()), parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjust the p-values of several tests, so that the level holds for any false alarm among them (Holm 1979).

    Examples
    --------
    >>> holm([0.01, 0.4, 0.03])
    array([0.03, 0.4 , 0.06])
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1)))
    return adjusted


def log_probabilities(scores: ArrayLike, temperature: float = 1.0) -> np.ndarray:
    """Compute the log-softmax of scores, shape (N, K); a temperature above 1 makes them less sure."""
    return scipy.special.log_softmax(np.asarray(scores, np.float64) / temperature, axis=1)


def negative_log_likelihood(log_probability_of_truth: ArrayLike) -> float:
    """Compute the mean negative log-likelihood, in nats, from the log-probability of each image's true class."""
    return float(-np.mean(log_probability_of_truth))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Compute the Brier score of probabilities, shape (N, K): the mean squared distance from the one-hot truth, 0 to 2.

    Examples
    --------
    >>> brier_score([[0.5, 0.5], [1.0, 0.0]], [0, 0])
    0.25
    """
    probabilities = np.asarray(probabilities, np.float64)
    truth = np.eye(probabilities.shape[1])[labels]
    return float(np.mean(((probabilities - truth) ** 2).sum(1)))


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, bins: int = BINS) -> float:
    """Compute the mean gap between confidence and accuracy, from 0 to 1, over bins of equal width (Guo et al. 2017).

    `confidence` has the probability of each image's predicted class, and `correct` whether that is the true one.

    Examples
    --------
    >>> round(expected_calibration_error([0.8] * 10, [True] * 9 + [False]), 3)
    0.1
    """
    confidence = np.asarray(confidence, np.float64)
    place = np.digitize(confidence, np.linspace(0, 1, bins + 1))
    gaps = np.bincount(place, weights=confidence - np.asarray(correct, bool))  # of each bin, times its images
    return float(abs(gaps).sum() / len(confidence))


def calibration(scores: ArrayLike, labels: np.ndarray) -> dict[str, float]:
    """Compute ``nll``, ``brier`` and ``ece`` of scores, shape (N, K), whose softmax is the probabilities.

    They are the negative log-likelihood in nats, the Brier score and the expected calibration error.
    """
    logs = log_probabilities(scores)
    probabilities, predicted = np.exp(logs), logs.argmax(1)
    return {
        "nll": negative_log_likelihood(logs[np.arange(len(labels)), labels]),
        "brier": brier_score(probabilities, labels),
        "ece": expected_calibration_error(probabilities.max(1), predicted == labels),
    }
