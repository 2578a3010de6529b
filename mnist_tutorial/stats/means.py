"""Means: tests of differences between groups of measurements."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t


class Unpaired(NamedTuple):
    """A comparison of two groups of measurements.

    Attributes
    ----------
    difference : float
        Mean of the second group minus that of the first.
    low, high : float
        The confidence interval of that difference.
    p_value : float
        Two-sided.
    """

    difference: float
    low: float
    high: float
    p_value: float


def welch(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> Unpaired:
    """Compare the means of two groups with Welch's test, which does not assume equal variances.

    Parameters
    ----------
    a, b : array_like of float, shape (N,) and (M,)
        Independent measurements, such as the accuracies of runs with different seeds.
    confidence : float
        The confidence level of the interval.

    Returns
    -------
    Unpaired
        If neither group varies, the interval is NaN. So is the p-value, unless both means are equal: then it is 1.

    Raises
    ------
    ValueError
        If a group has fewer than two measurements.

    References
    ----------
    Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34, 28-35, 1947.

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
    half = error * t.ppf((1 + confidence) / 2, freedom)
    p_value = 2 * t.sf(abs(difference) / error, freedom)
    return Unpaired(difference, float(difference - half), float(difference + half), float(p_value))


def contrast(groups: Sequence[ArrayLike], weights: ArrayLike) -> tuple[float, float]:
    """Test whether a weighted sum of the means of several groups is above zero: Welch's test for more than two groups.

    Parameters
    ----------
    groups : sequence of array_like of float
        Independent measurements, whose variance may differ from group to group.
    weights : array_like of float
        One for each group.

    Returns
    -------
    estimate : float
        The weighted sum.
    p_value : float
        One-sided: the probability of a sum at least this large by chance. NaN if a group has only one measurement, or
        if no group varies.

    References
    ----------
    The degrees of freedom: Satterthwaite, "An approximate distribution of estimates of variance components",
    Biometrics Bulletin 2, 110-114, 1946.

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
    return estimate, float(t.sf(estimate / error, freedom))


def _standard_error(groups: list[np.ndarray], weights: np.ndarray) -> tuple[float, float]:
    """Compute the standard error of a weighted sum of means, and its degrees of freedom."""
    sizes = np.array([group.size for group in groups])
    parts = weights**2 * [group.var(ddof=1) for group in groups] / sizes
    return np.sqrt(parts.sum()), parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjust the p-values of several tests, so that the level holds for any false alarm among them.

    Parameters
    ----------
    p_values : array_like of float, shape (N,)

    Returns
    -------
    ndarray of float, shape (N,)
        In the same order; compare them with the level.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 65-70, 1979.

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
