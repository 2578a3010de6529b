import itertools
import warnings
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import multinomial, t
from statsmodels.regression.linear_model import OLS
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import CompareMeans

import mnist_tutorial as mt

# Wrong with the first model only, with the second only; images: clearly different, not distinguishable, identical.
PAIRS = [(59, 14, 10_000), (22, 16, 10_000), (0, 0, 10_000), (0, 7, 10_000), (200, 0, 5_000), (9, 2, 161), (1, 0, 1)]
SEEDS = [
    ([0.9905, 0.9911, 0.9902, 0.9899, 0.9910], [0.9952, 0.9949, 0.9955, 0.9947, 0.9951]),
    ([0.9950, 0.9944, 0.9951, 0.9948, 0.9946], [0.9949, 0.9952, 0.9945]),
    ([0.9950, 0.9944, 0.9951], [0.9950, 0.9944, 0.9951]),
    ([0.9705, 0.9705], [0.9950, 0.9944, 0.9951]),
]


def wrong(only_a, only_b, n, both=0):
    a, b = np.zeros((2, n), bool)
    a[: both + only_a] = b[:both] = b[both + only_a : both + only_a + only_b] = True
    return a, b


@pytest.mark.parametrize(("percent", "low", "high"), [(98.0, 97.71, 98.26), (99.4, 99.23, 99.53), (99.8, 99.69, 99.87)])
def test_intervals_of_the_literature_for_10000_images(percent, low, high):
    found = mt.stats.wilson_interval(round(percent * 100), 10_000)
    assert [round(100 * bound, 2) for bound in found] == [low, high]


def test_it_is_wilsons_formula():
    k, n, z = 93, 100, NormalDist().inv_cdf(0.95)
    p, centre = k / n, (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert mt.stats.wilson_interval(k, n, confidence=0.9) == pytest.approx((centre - half, centre + half))


def test_it_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [mt.stats.wilson_interval(k, 500) for k in rng.binomial(500, 0.97, size=1000)]
    assert 0.92 < np.mean([low <= 0.97 <= high for low, high in intervals]) < 0.98


def test_numpy_numbers_are_welcome():
    right = np.array([True] * 9 + [False])
    assert mt.stats.wilson_interval(right.sum(), len(right)) == mt.stats.wilson_interval(9, 10)


@pytest.mark.parametrize(("only_a", "only_b", "n"), PAIRS)
def test_mcnemar_is_that_of_statsmodels(only_a, only_b, n):
    found = mt.stats.mcnemar(*wrong(only_a, only_b, n))
    theirs = contingency_tables.mcnemar([[n - only_a - only_b, only_a], [only_b, 0]], exact=True)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found[:3] == (only_a, only_b, (only_a - only_b) / n)


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
    found = mt.stats.mcnemar(*wrong(only_a, only_b, n))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01 * (high - low))


def test_the_interval_leaves_out_zero_just_where_the_test_finds_a_difference():
    for only_a, only_b in itertools.product(range(0, 27, 2), range(9)):
        found = mt.stats.mcnemar(*wrong(only_a, only_b, 40))
        assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0), found


@pytest.mark.parametrize("shares", [(0.0031, 0.0031), (0.0060, 0.0015), (0.02, 0.0), (0.0002, 0.0001)])
def test_the_interval_holds_the_true_difference_at_least_as_often_as_it_says(shares):
    @cache
    def interval(only_a, only_b):
        found = mt.stats.mcnemar(*wrong(only_a, only_b, 10_000))
        return found.low, found.high

    drawn = multinomial(10_000, [*shares, 1 - sum(shares)]).rvs(300, random_state=0)
    truth = shares[0] - shares[1]
    held = [low <= truth <= high for low, high in (interval(int(a), int(b)) for a, b, _ in drawn)]
    assert np.mean(held) > 0.94


def test_who_comes_first_does_not_matter():
    one, other = mt.stats.mcnemar(*wrong(22, 9, 1000)), mt.stats.mcnemar(*wrong(9, 22, 1000))
    assert (one.difference, one.low, one.high, one.p_value) == (
        -other.difference,
        -other.high,
        -other.low,
        other.p_value,
    )


@pytest.mark.parametrize(("a", "b"), [([True], [True, False]), ([], [])])
def test_mcnemar_needs_the_same_images(a, b):
    with pytest.raises(ValueError, match="expected the same number of both"):
        mt.stats.mcnemar(a, b)


@pytest.mark.parametrize(("a", "b"), SEEDS)
def test_welch_is_that_of_statsmodels(a, b):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mt.stats.welch(a, b)
    theirs = CompareMeans.from_data(b, a)
    assert found.difference == np.mean(b) - np.mean(a)
    assert found.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (found.low, found.high) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))


def test_without_any_spread_nothing_is_claimed():
    different, same = mt.stats.welch([0.99, 0.99], [0.98, 0.98]), mt.stats.welch([0.99, 0.99], [0.99] * 3)
    assert different.difference == pytest.approx(-0.01)
    assert np.isnan(different[1:]).all()
    assert same.p_value == 1
    assert np.isnan(same[1:3]).all()


def test_one_measurement_is_not_enough():
    with pytest.raises(ValueError, match="1 and 3 measurements; expected at least two of each"):
        mt.stats.welch([0.99], [0.98, 0.99, 0.97])


def test_a_contrast_of_two_groups_is_welchs_test():
    a, b = SEEDS[1]
    estimate, p_value = mt.stats.contrast([a, b], (-1, 1))
    assert estimate == pytest.approx(np.mean(b) - np.mean(a))
    assert p_value == pytest.approx(CompareMeans.from_data(b, a).ttest_ind("larger", "unequal")[1])
    assert mt.stats.contrast([a, b], (1, -1))[1] == pytest.approx(1 - p_value)


def test_a_contrast_has_the_standard_error_of_a_linear_model_whose_groups_spread_differently():
    rng = np.random.default_rng(0)
    groups = [rng.normal(mean, spread, n) for mean, spread, n in ((1.0, 0.1, 5), (1.3, 0.5, 4), (0.2, 0.2, 2))]
    weights = np.array([-1.0, 2.0, -1.0])
    member = np.repeat(np.eye(3), [len(group) for group in groups], axis=0)
    theirs = OLS(np.concatenate(groups), member).fit(cov_type="HC2").t_test(weights[None])
    estimate, p_value = mt.stats.contrast(groups, weights)
    assert estimate == pytest.approx(theirs.effect.item())
    # The degrees of freedom are between those of the smallest group and those of all.
    low, high = (t.sf(estimate / theirs.sd.item(), freedom) for freedom in (8, 1))
    assert low < p_value < high


def test_a_contrast_has_false_alarms_as_often_as_it_says_however_the_spread_differs():
    rng = np.random.default_rng(0)
    spreads = (0.15, 0.01, 0.05, 0.15)
    p_values = [
        mt.stats.contrast([rng.normal(0, spread, 5) for spread in spreads], (1, -1, -1, 1))[1] for _ in range(3000)
    ]
    assert 0.035 < np.mean(np.array(p_values) < 0.05) < 0.065


@pytest.mark.parametrize("groups", [([1.0], [2.0]), ([1.0, 1.0], [2.0, 2.0]), ([1.0, 1.5, 0.5], [2.0])])
def test_a_contrast_of_groups_without_known_spread_claims_nothing(groups):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate, p_value = mt.stats.contrast(groups, (-1, 1))
    assert estimate == 1
    assert np.isnan(p_value)


@pytest.mark.parametrize("n", [0, 1, 2, 12])
def test_holm_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).random(n) ** 3
    theirs = multipletests(p_values, method="holm")[1] if n else []
    assert mt.stats.holm(p_values) == pytest.approx(theirs)
