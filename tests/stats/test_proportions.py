"""Intervals of accuracies, and McNemar's test."""

import itertools
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import multinomial
from statsmodels.stats import contingency_tables

import mnist_tutorial as mt

# Wrong with the first model only, with the second only; images: clearly different, not distinguishable, identical.
PAIRS = [(59, 14, 10_000), (22, 16, 10_000), (0, 0, 10_000), (0, 7, 10_000), (200, 0, 5_000), (9, 2, 161), (1, 0, 1)]


def wrong(only_a, only_b, n, both=0):
    a, b = np.zeros((2, n), bool)
    a[: both + only_a] = b[:both] = b[both + only_a : both + only_a + only_b] = True
    return a, b


@pytest.mark.parametrize(("percent", "low", "high"), [(98.0, 97.71, 98.26), (99.4, 99.23, 99.53), (99.8, 99.69, 99.87)])
def test_intervals_of_the_literature_for_10000_images(percent, low, high):
    result = mt.stats.wilson_interval(round(percent * 100), 10_000)
    assert [round(100 * bound, 2) for bound in result] == [low, high]


def test_it_is_wilsons_formula():
    k, n, z = 93, 100, NormalDist().inv_cdf(0.95)
    p, centre = k / n, (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert mt.stats.wilson_interval(k, n, confidence=0.9) == pytest.approx((centre - half, centre + half))


def test_the_interval_has_its_confidence_level():
    rng = np.random.default_rng(0)
    intervals = [mt.stats.wilson_interval(k, 500) for k in rng.binomial(500, 0.97, size=1000)]
    assert 0.92 < np.mean([low <= 0.97 <= high for low, high in intervals]) < 0.98


def test_numpy_numbers_are_welcome():
    right = np.array([True] * 9 + [False])
    assert mt.stats.wilson_interval(right.sum(), len(right)) == mt.stats.wilson_interval(9, 10)


@pytest.mark.parametrize(("only_a", "only_b", "n"), PAIRS)
def test_mcnemar_is_that_of_statsmodels(only_a, only_b, n):
    result = mt.stats.mcnemar(*wrong(only_a, only_b, n))
    theirs = contingency_tables.mcnemar([[n - only_a - only_b, only_a], [only_b, 0]], exact=True)
    assert result.p_value == pytest.approx(theirs.pvalue)
    assert result[:3] == (only_a, only_b, (only_a - only_b) / n)


def test_images_that_both_get_wrong_do_not_count():
    assert mt.stats.mcnemar(*wrong(9, 2, 161, both=50)) == mt.stats.mcnemar(*wrong(9, 2, 161))


@pytest.mark.parametrize(("only_a", "only_b", "n"), PAIRS)
def test_the_interval_is_that_of_fay_and_lumbard(only_a, only_b, n):
    """By its definition: quantiles of products of draws from the confidence distributions."""
    rng, draws, count = np.random.default_rng(0), 400_000, only_a + only_b

    def beta(a, b):
        return rng.beta(a, b, draws) if a and b else np.full(draws, float(not b))

    differ = beta(count, n - count + 1), beta(count + 1, n - count)
    low = min(np.quantile(f * (2 * beta(only_a, only_b + 1) - 1), 0.025) for f in differ)
    high = max(np.quantile(f * (2 * beta(only_a + 1, only_b) - 1), 0.975) for f in differ)
    result = mt.stats.mcnemar(*wrong(only_a, only_b, n))
    assert (result.low, result.high) == pytest.approx((low, high), abs=0.01 * (high - low))


def test_the_interval_excludes_zero_if_and_only_if_the_test_is_significant():
    for only_a, only_b in itertools.product(range(0, 27, 2), range(9)):
        result = mt.stats.mcnemar(*wrong(only_a, only_b, 40))
        assert (result.p_value < 0.05) == (result.low > 0 or result.high < 0), result


@pytest.mark.parametrize("shares", [(0.0031, 0.0031), (0.0060, 0.0015), (0.02, 0.0), (0.0002, 0.0001)])
def test_the_interval_has_at_least_its_confidence_level(shares):
    @cache
    def interval(only_a, only_b):
        result = mt.stats.mcnemar(*wrong(only_a, only_b, 2_000))
        return result.low, result.high

    drawn = multinomial(2_000, [*shares, 1 - sum(shares)]).rvs(2_000, random_state=0)
    truth = shares[0] - shares[1]
    held = [low <= truth <= high for low, high in (interval(int(a), int(b)) for a, b, _ in drawn)]
    assert np.mean(held) > 0.94


def test_swapping_the_classifiers_changes_only_the_sign():
    first, second = mt.stats.mcnemar(*wrong(22, 9, 1000)), mt.stats.mcnemar(*wrong(9, 22, 1000))
    assert (first.difference, first.low, first.high, first.p_value) == (
        -second.difference,
        -second.high,
        -second.low,
        second.p_value,
    )


@pytest.mark.parametrize(("a", "b"), [([True], [True, False]), ([], [])])
def test_mcnemar_needs_the_same_images(a, b):
    with pytest.raises(ValueError, match="expected the same number"):
        mt.stats.mcnemar(a, b)
