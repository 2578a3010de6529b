"""Probabilities: how sure a network was of its predictions, in the few bytes of a result file."""

import base64
import zlib

import numpy as np
from scipy.special import expit, logsumexp

from mnist_tutorial.stats import expected_calibration_error, log_probabilities, negative_log_likelihood

TEMPERATURES = tuple(round(2 ** (power / 4), 4) for power in range(-16, 17))  # a sixteenth to sixteen
LARGEST = 60_000  # 16 bits hold little more; scores of this size are no logits, but distances, for example


def pack(scores: np.ndarray, labels: np.ndarray) -> str:
    """Write the probability of the predicted digit, and where that is wrong, of the true digit.

    They are written as log-odds, log(p / (1 - p)), in 16 bits each: three digits of p, and near 1 of 1 - p. Then comes
    zlib, then base 64.

    Parameters
    ----------
    scores : ndarray of float, shape (N, 10)
        Their softmax is the probabilities.
    labels : ndarray of int, shape (N,)

    Returns
    -------
    str
    """
    logs, digits = log_probabilities(scores), np.arange(scores.shape[1])
    predicted = logs.argmax(1)
    wrong = predicted != labels
    odds = []
    for rows, chosen in ((logs, predicted), (logs[wrong], labels[wrong])):
        others = np.where(digits == np.asarray(chosen)[:, None], -np.inf, rows)
        odds.append(rows[np.arange(len(rows)), chosen] - logsumexp(others, axis=1))
    packed = np.concatenate(odds).clip(-LARGEST, LARGEST).astype("<f2")
    return base64.b64encode(zlib.compress(packed.tobytes(), 9)).decode()


def unpack(text: str, predicted: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read the log-odds that `pack` wrote.

    Parameters
    ----------
    text : str
    predicted, labels : ndarray of int, shape (N,)

    Returns
    -------
    of_prediction, of_truth : ndarray of float64, shape (N,)
        The same where the prediction is right. ``scipy.special.expit`` turns them into probabilities.

    Examples
    --------
    >>> scores, labels = np.log([[0.75, 0.25], [0.9, 0.1]]), np.array([0, 1])
    >>> of_prediction, of_truth = unpack(pack(scores, labels), scores.argmax(1), labels)
    >>> expit(of_prediction).round(3), expit(of_truth).round(3)
    (array([0.75, 0.9 ]), array([0.75, 0.1 ]))
    """
    odds = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<f2").astype(float)
    of_prediction = odds[: len(predicted)]
    of_truth = of_prediction.copy()
    of_truth[predicted != labels] = odds[len(predicted) :]
    return of_prediction, of_truth


def calibration_curve(scores: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Measure the calibration at each of the `TEMPERATURES`.

    A temperature must be chosen on held-out digits: that with the least negative log-likelihood there.

    Parameters
    ----------
    scores, labels
        As for `pack`.

    Returns
    -------
    dict
        The lists ``temperature``, ``nll`` (negative log-likelihood), ``brier`` (Brier score) and ``ece`` (expected
        calibration error).
    """
    curve = {"temperature": [], "nll": [], "brier": [], "ece": []}
    below = np.subtract(scores, scores.max(1, keepdims=True), dtype=np.float64)  # the largest is 0
    of_truth = below[np.arange(len(labels)), labels]
    for temperature in TEMPERATURES:
        odds = np.exp(below / temperature)  # relative to the prediction
        total = odds.sum(1)
        log_truth = (of_truth / temperature - np.log(total)).clip(-LARGEST)
        with np.errstate(divide="ignore"):  # where all others are impossible
            confidence = expit((-np.log(total - 1)).clip(-LARGEST, LARGEST).astype("<f2").astype(float))  # as in `pack`
        squares = np.einsum("ij,ij->i", odds, odds) / total**2
        curve["temperature"].append(temperature)
        curve["nll"].append(round(negative_log_likelihood(log_truth), 5))
        curve["brier"].append(round(float(np.mean(squares - 2 * np.exp(log_truth) + 1)), 5))
        curve["ece"].append(round(expected_calibration_error(confidence, of_truth == 0), 5))
    return curve
