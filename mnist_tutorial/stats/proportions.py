"""Proportions: intervals of accuracies, and tests of differences on the same images."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaincinv
from scipy.stats import binomtest

TINY = 1e-9  # for a parameter 0 of a beta distribution, which puts all probability at 0 or at 1
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


class Paired(NamedTuple):
    """A comparison of two classifiers on the same images.

    Attributes
    ----------
    only_a, only_b : int
        The number of images that only the first classifies wrongly, and that only the second does.
    difference : float
        Accuracy of the second minus that of the first, on the scale from 0 to 1.
    low, high : float
        The confidence interval of that difference.
    p_value : float
        Two-sided.
    """

    only_a: int
    only_b: int
    difference: float
    low: float
    high: float
    p_value: float


def wilson_interval(correct: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the Wilson score interval of an accuracy.

    Parameters
    ----------
    correct : int
        The number of images that are classified correctly.
    n : int
        The number of all images.
    confidence : float
        The confidence level.

    Returns
    -------
    low, high : float
        On the scale from 0 to 1.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 209-212, 1927.

    Examples
    --------
    >>> low, high = wilson_interval(9900, 10_000)
    >>> f"{low:.4f} to {high:.4f}"
    '0.9879 to 0.9918'
    """
    interval = binomtest(int(correct), int(n)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(wrong_a: ArrayLike, wrong_b: ArrayLike, confidence: float = 0.95) -> Paired:
    """Compare two classifiers on the same images with the exact McNemar test.

    Only images that exactly one of them classifies wrongly count: if both are equally good, either is wrong with
    probability 1/2. The interval agrees with the test: a 95 % interval excludes 0 if and only if the p-value is below
    0.05. It is slightly conservative.

    Parameters
    ----------
    wrong_a, wrong_b : array_like of bool, shape (N,)
        Which images each of them classifies wrongly.
    confidence : float
        The confidence level, which the interval has at least.

    Returns
    -------
    Paired

    Raises
    ------
    ValueError
        If there are no images, or their numbers differ.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12, 153-157, 1947. Dietterich, "Approximate statistical tests for comparing supervised
    classification learning algorithms", Neural Computation 10, 1895-1923, 1998. The interval: Fay and Lumbard,
    "Confidence intervals for difference in proportions for matched pairs compatible with exact McNemar's or sign
    tests", Statistics in Medicine 40, 1147-1159, 2021.

    Examples
    --------
    >>> a, b = np.zeros((2, 10_000), bool)
    >>> a[:59], b[59:73] = True, True
    >>> test = mcnemar(a, b)
    >>> test.only_a, test.only_b, f"{test.difference:.4f}, {test.low:.4f} to {test.high:.4f}"
    (59, 14, '0.0045, 0.0027 to 0.0063')
    >>> test.p_value < 0.001
    True
    """
    wrong_a, wrong_b = np.asarray(wrong_a, bool), np.asarray(wrong_b, bool)
    if wrong_a.shape != wrong_b.shape or wrong_a.ndim != 1 or not len(wrong_a):
        raise ValueError(f"{wrong_a.shape} and {wrong_b.shape} images; expected the same number, at least one")
    n, only_a, only_b = len(wrong_a), int((wrong_a & ~wrong_b).sum()), int((wrong_b & ~wrong_a).sum())
    tail = (1 - confidence) / 2
    return Paired(
        only_a,
        only_b,
        (only_a - only_b) / n,
        _lower_limit(only_a, only_b, n, tail),
        -_lower_limit(only_b, only_a, n, tail),
        float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0,
    )


def _lower_limit(more: int, less: int, n: int, tail: float) -> float:
    """Solve for the lower limit of Fay and Lumbard.

    The difference is f (2 s - 1), where f is the fraction of images on which the two differ, and s the fraction of
    `more` among those. Their confidence distributions are beta distributions; the limit is a quantile of the product.
    """
    count, share = more + less, (more or TINY, less + 1)
    no_more = betainc(*share, 0.5)  # the one-sided p-value
    if no_more < tail:  # the limit is positive
        start, end, differ, cumulative = no_more, 1.0, (count, n - count + 1), betainc
    else:
        start, end, differ, cumulative = 0.0, no_more, (count + 1, n - count or TINY), betaincc
    # The integral over s is a Gauss-Legendre sum, in steps of equal probability.
    factor = 2 * betaincinv(*share, start + (end - start) * (NODES + 1) / 2) - 1

    def excess(limit: float) -> float:
        return start + (end - start) / 2 * WEIGHTS @ cumulative(*differ, np.clip(limit / factor, 0, 1)) - tail

    return brentq(excess, *((0, 1) if no_more < tail else (-1, 0)), xtol=1e-9)
