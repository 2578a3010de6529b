import numpy as np
import pytest
from scipy.special import expit, log_expit, log_softmax

from mnist_tutorial import stats
from mnist_tutorial.benchmark.results import probabilities


@pytest.fixture
def scores():
    """Make scores of 10,000 digits, most of them right, some of them as sure as numbers can be."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=10_000)
    logits = rng.normal(0, 1, (10_000, 10))
    logits[np.arange(10_000), labels] += rng.exponential(8, 10_000)
    logits[0, :] = [900, *[0] * 9]
    return logits, labels


def unpacked(logits, labels):
    return probabilities.unpack(probabilities.pack(logits, labels), logits.argmax(1), labels)


def test_what_is_packed_comes_back_to_three_digits_also_close_to_one(scores):
    logits, labels = scores
    of_prediction, of_truth = unpacked(logits, labels)
    logs, rows = log_softmax(logits, axis=1), np.arange(len(labels))
    for odds, chosen in ((of_prediction, logits.argmax(1)), (of_truth, labels)):
        np.testing.assert_allclose(log_expit(odds), logs[rows, chosen], rtol=0.02, atol=1e-12)
    assert of_prediction[0] > 890


def test_votes_of_three_neighbours_agree_with_their_curve():
    rng, labels = np.random.default_rng(0), np.arange(5_000) % 10
    votes = np.eye(10)[labels]
    wrong = rng.random(5_000) < 0.2
    votes[wrong] = (2 * np.eye(10)[rng.integers(10, size=wrong.sum())] + votes[wrong]) / 3
    logits = np.log(votes.clip(1e-6)) + rng.normal(0, 1e-7, votes.shape)  # ties, but for the last bits
    of_prediction, of_truth = unpacked(logits, labels)
    curve = probabilities.calibration_curve(logits, labels)
    probabilities.check(curve, of_prediction, of_truth, logits.argmax(1) == labels)


def test_it_is_small(scores):
    assert len(probabilities.pack(*scores)) < 30_000


def test_the_scores_of_a_curve_can_be_computed_again(scores):
    logits, labels = scores
    curve, odds = probabilities.calibration_curve(logits, labels), unpacked(logits, labels)
    correct = logits.argmax(1) == labels
    probabilities.check(curve, *odds, correct)
    at_one = {name: values[curve["temperature"].index(1.0)] for name, values in curve.items()}
    all_digits = np.exp(log_softmax(logits, axis=1))
    assert at_one["brier"] == pytest.approx(stats.brier_score(all_digits, labels), abs=1e-5)
    assert at_one["ece"] == pytest.approx(stats.expected_calibration_error(all_digits.max(1), correct), abs=1e-5)
    assert stats.negative_log_likelihood(log_expit(odds[1])) == pytest.approx(at_one["nll"], rel=1e-3)
    assert stats.expected_calibration_error(expit(odds[0]), correct) == pytest.approx(at_one["ece"], abs=1e-3)
    for name, change in (("nll", -0.02), ("nll", 0.02), ("ece", -0.01), ("brier", -0.2), ("brier", 0.2)):
        forged = curve | {name: [value + change for value in curve[name]]}
        with pytest.raises(ValueError, match=f"claims a {name} of"):
            probabilities.check(forged, *odds, correct)


def test_the_temperature_with_the_least_likelihood_is_found(scores):
    logits, labels = scores
    curve = probabilities.calibration_curve(logits, labels)
    hotter = probabilities.calibration_curve(4 * logits, labels)
    best, best_of_hotter = (c["temperature"][int(np.argmin(c["nll"]))] for c in (curve, hotter))
    assert best_of_hotter == pytest.approx(4 * best)
    assert min(hotter["nll"]) == pytest.approx(min(curve["nll"]))


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (lambda odds: odds[:-1], "finite numbers of 16 bits"),
        (lambda odds: np.append(odds, 1), "finite numbers of 16 bits"),
        (lambda odds: odds * np.nan, "finite numbers of 16 bits"),
        (lambda odds: odds * 0 - 5, "another digit is more probable"),
        (lambda odds: np.append(odds[:-1], 99), "another digit is more probable"),
    ],
)
def test_what_contradicts_the_predictions_is_refused(scores, forge, why):
    logits, labels = scores
    predicted = logits.argmax(1)
    raw = probabilities.zlib.decompress(probabilities.base64.b64decode(probabilities.pack(logits, labels)))
    forged = forge(np.frombuffer(raw, "<f2").astype(float)).astype("<f2").tobytes()
    text = probabilities.base64.b64encode(probabilities.zlib.compress(forged)).decode()
    with pytest.raises(ValueError, match=why):
        probabilities.unpack(text, predicted, labels)
    for broken in ("", "A" * 400, text[:-40]):
        with pytest.raises(ValueError):
            probabilities.unpack(broken, predicted, labels)
