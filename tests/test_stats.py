"""Statistics: against statsmodels, scikit-learn, torchmetrics and the literature."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss, log_loss
from statsmodels.regression.linear_model import OLS
from statsmodels.stats import contingency_tables
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import CompareMeans
from torchmetrics.functional.classification import multiclass_calibration_error

from mnist_tutorial import stats

pytestmark = pytest.mark.filterwarnings("error")
# Wrong with the first model only, with the second only; images: clearly different, not distinguishable, identical.
PAIRS = [(59, 14, 10_000), (22, 16, 10_000), (0, 0, 10_000), (0, 7, 10_000), (200, 0, 5_000), (9, 2, 161), (1, 0, 1)]
SEEDS = [
    ([0.9905, 0.9911, 0.9902, 0.9899, 0.9910], [0.9952, 0.9949, 0.9955, 0.9947, 0.9951]),
    ([0.9950, 0.9944, 0.9951, 0.9948, 0.9946], [0.9949, 0.9952, 0.9945]),
    ([0.9950, 0.9944, 0.9951], [0.9950, 0.9944, 0.9951]),
    ([0.9705, 0.9705], [0.9950, 0.9944, 0.9951]),
]


def mcnemar(only_a, only_b, n, both=0):
    a, b = np.zeros((2, n), bool)
    a[: both + only_a] = b[:both] = b[both + only_a : both + only_a + only_b] = True
    return stats.mcnemar(a, b)


def test_the_interval_is_wilsons_of_numpy_numbers_too():
    right = np.arange(100) < 93
    expected = proportion_confint(93, 100, alpha=0.1, method="wilson")
    assert stats.wilson_interval(right.sum(), len(right), confidence=0.9) == pytest.approx(expected)


@pytest.mark.parametrize(("only_a", "only_b", "n"), PAIRS)
def test_mcnemar_is_that_of_statsmodels_and_the_interval_that_of_fay_and_lumbard(only_a, only_b, n):
    result = mcnemar(only_a, only_b, n)
    theirs = contingency_tables.mcnemar([[n - only_a - only_b, only_a], [only_b, 0]], exact=True)
    assert result.p_value == pytest.approx(theirs.pvalue)
    assert result[:3] == (only_a, only_b, (only_a - only_b) / n)

    # By its definition: quantiles of products of draws from the confidence distributions.
    rng, draws, count = np.random.default_rng(0), 400_000, only_a + only_b

    def beta(a, b):
        return rng.beta(a, b, draws) if a and b else np.full(draws, float(not b))

    differ = beta(count, n - count + 1), beta(count + 1, n - count)
    low = min(np.quantile(f * (2 * beta(only_a, only_b + 1) - 1), 0.025) for f in differ)
    high = max(np.quantile(f * (2 * beta(only_a + 1, only_b) - 1), 0.975) for f in differ)
    assert result[3:5] == pytest.approx((low, high), abs=0.01 * (high - low))


def test_the_interval_excludes_zero_if_and_only_if_the_test_is_significant_and_swapping_changes_the_sign():
    for only_a, only_b in itertools.product(range(0, 27, 2), range(9)):
        result = mcnemar(only_a, only_b, 40)
        assert (result.p_value < 0.05) == (result.low > 0 or result.high < 0), result
    first, second = mcnemar(22, 9, 1000), mcnemar(9, 22, 1000, both=50)  # what both get wrong changes nothing
    assert first[2:] == (-second.difference, -second.high, -second.low, second.p_value)


@pytest.mark.parametrize(
    ("test", "a", "b", "message"),
    [
        (stats.mcnemar, [True], [True, False], r"\(1,\) and \(2,\) images; expected the same number"),
        (stats.mcnemar, [], [], r"\(0,\) and \(0,\) images; .* at least one"),
        (stats.welch, [0.99], [0.98, 0.99, 0.97], "1 and 3 measurements; expected at least two of each"),
    ],
)
def test_too_few_measurements_are_refused(test, a, b, message):
    with pytest.raises(ValueError, match=message):
        test(a, b)


@pytest.mark.parametrize(("a", "b"), SEEDS)
def test_welch_is_that_of_statsmodels_and_so_is_a_contrast_of_two_groups(a, b):
    result, theirs = stats.welch(a, b), CompareMeans.from_data(b, a)
    assert result.difference == np.mean(b) - np.mean(a)
    assert result.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (result.low, result.high) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))
    larger = theirs.ttest_ind("larger", "unequal")[1]
    assert stats.contrast([a, b], (-1, 1)) == pytest.approx((result.difference, larger))
    assert stats.contrast([a, b], (1, -1)) == pytest.approx((-result.difference, 1 - larger))


def test_groups_of_unknown_variance_have_no_interval_and_no_p_value():
    different, same = stats.welch([0.99, 0.99], [0.98, 0.98]), stats.welch([0.99, 0.99], [0.99] * 3)
    assert different == pytest.approx((-0.01, np.nan, np.nan, np.nan), nan_ok=True)
    assert same == pytest.approx((0, np.nan, np.nan, 1), nan_ok=True)
    for groups in (([1.0], [2.0]), ([1.0, 1.0], [2.0, 2.0]), ([1.0, 1.5, 0.5], [2.0])):
        assert stats.contrast(groups, (-1, 1)) == pytest.approx((1, np.nan), nan_ok=True)


def test_a_contrast_is_that_of_a_heteroscedastic_linear_model():
    rng = np.random.default_rng(0)
    groups = [rng.normal(0, spread, n) for spread, n in ((0.1, 500), (0.5, 400), (0.2, 200))]
    member = np.repeat(np.eye(3), [len(group) for group in groups], axis=0)
    theirs = OLS(np.concatenate(groups), member).fit(cov_type="HC2").t_test([-1, 2, -1])
    estimate, p_value = stats.contrast(groups, [-1, 2, -1])
    assert estimate == pytest.approx(theirs.effect.item())
    # Theirs is two-sided, and has a normal distribution: Student's, of so many measurements.
    assert 2 * min(p_value, 1 - p_value) == pytest.approx(theirs.pvalue.item(), rel=0.01)


@pytest.mark.parametrize("n", [0, 1, 2, 12])
def test_holm_is_that_of_statsmodels(n):
    p_values = np.random.default_rng(n).random(n) ** 3
    assert stats.holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1] if n else [])


def test_likelihood_brier_score_and_calibration_error_are_those_of_scikit_learn_and_torchmetrics():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(3_000, 10)), rng.integers(10, size=3_000)
    probabilities = torch.softmax(torch.tensor(scores), 1)
    np.testing.assert_allclose(np.exp(stats.log_probabilities(2 * scores, temperature=2)), probabilities)
    by_class = [brier_score_loss(labels == digit, probabilities[:, digit]) for digit in range(10)]
    ece = multiclass_calibration_error(probabilities, torch.tensor(labels), 10, n_bins=stats.BINS)
    theirs = {"nll": log_loss(labels, probabilities), "brier": sum(by_class), "ece": float(ece)}
    assert stats.calibration(scores, labels) == pytest.approx(theirs, abs=1e-6)


def test_the_calibration_error_is_that_of_torchmetrics_also_at_the_borders_of_bins():
    confidence = np.append(np.arange(256, 513) / 512, np.arange(8, 16) / 15)  # of two classes, the larger one
    probabilities = torch.tensor(np.stack([confidence, 1 - confidence], 1))
    labels = np.random.default_rng(1).integers(2, size=len(confidence))
    theirs = multiclass_calibration_error(probabilities, torch.tensor(labels), 2, n_bins=stats.BINS)
    assert stats.expected_calibration_error(confidence, labels == 0) == pytest.approx(float(theirs), abs=1e-9)
