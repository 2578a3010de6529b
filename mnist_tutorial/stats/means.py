"""Means: how sure a difference between groups of measurements is."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy.stats import t, ttest_ind


class Unpaired(NamedTuple):
    """Two groups of measurements.

    Attributes
    ----------
    difference : float
        Mean of the second group minus that of the first.
    low, high : float
        The interval of that difference.
    p_value : float
        Two-sided.
    """

    difference: float
    low: float
    high: float
    p_value: float


def welch(a, b, confidence=0.95):
    """Compare the means of two groups whose spread may differ, with Welch's test.

    Parameters
    ----------
    a, b : array_like of float, shape (N,) and (M,)
        Independent measurements: accuracies of runs with different seeds.
    confidence : float
        How often such an interval holds the true difference.

    Returns
    -------
    Unpaired
        Where neither group has any spread, nothing is known of it, and the interval is NaN. So is the p-value, unless
        there is no difference either: then it is 1.

    Raises
    ------
    ValueError
        If a group has less than two measurements.

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
        raise ValueError(f"{a.size} and {b.size} measurements; expected at least two of each, to know their spread")
    difference = float(b.mean() - a.mean())
    if not np.ptp(a) and not np.ptp(b):
        return Unpaired(difference, np.nan, np.nan, np.nan if a[0] != b[0] else 1.0)
    with warnings.catch_warnings():  # one group without any spread is welcome
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        found = ttest_ind(b, a, equal_var=False)
    interval = found.confidence_interval(confidence)
    return Unpaired(difference, float(interval.low), float(interval.high), float(found.pvalue))


def contrast(groups, weights):
    """Test whether a weighted sum of the means of several groups is above zero: Welch's test for more than two groups.

    Parameters
    ----------
    groups : sequence of array_like of float
        Independent measurements, whose spread may differ from group to group.
    weights : sequence of float
        One for each group.

    Returns
    -------
    estimate : float
        The sum.
    p_value : float
        One-sided: how often a sum at least this large comes from chance. NaN if a group has one measurement only, or
        none of them has any spread.

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
    sizes = np.array([group.size for group in groups])
    if sizes.min() < 2 or not any(np.ptp(group) for group in groups):
        return estimate, np.nan
    parts = weights**2 * [group.var(ddof=1) for group in groups] / sizes
    freedom = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()
    return estimate, float(t.sf(estimate / np.sqrt(parts.sum()), freedom))


def holm(p_values):
    """Adjust p-values for being several, so that any false alarm at all is as rare as wanted.

    Parameters
    ----------
    p_values : array_like of float, shape (N,)

    Returns
    -------
    ndarray of float, shape (N,)
        In the same order, none smaller than before, to be compared with the level.

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
