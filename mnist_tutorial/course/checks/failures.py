"""The exercises of notebook 6."""

import deeptrack as dt
import numpy as np
from scipy.special import softmax
from sklearn.metrics import confusion_matrix
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, returned, same
from mnist_tutorial.data import load
from mnist_tutorial.pipeline import RandomAffine

KNOWN, ASKED = 4_000, 400


@exercise(reference=lambda logits, temperature: softmax(np.asarray(logits) / temperature).max())
def sureness(answer):
    """Check how sure a network is at a temperature.

    Parameters
    ----------
    answer : callable
        Takes ten logits and a temperature, returns the probability of the predicted digit.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for temperature in rng.permutation([rng.uniform(0.3, 0.7), rng.uniform(1.5, 3)]):
        logits = rng.normal(0, 1.5, size=10)
        truth = float(softmax(logits / temperature).max())
        found = returned(answer(logits.copy(), float(temperature)))
        hint = "Divide, then softmax; the largest of the ten is what you want."
        if np.ndim(found):
            hint = "Ten probabilities; how sure is it of the digit that it predicts?"
        elif np.isclose(found, softmax(logits).max()):
            hint = "That is the probability at temperature 1."
        elif np.isclose(found, softmax(logits * temperature).max()):
            hint = "A high temperature makes the network less sure, so the logits must become smaller."
        elif np.isclose(found, softmax(logits).max() / temperature):
            hint = "The logits are divided, not the probability: ten probabilities must still add up to 1."
        found = float(found) if not np.ndim(found) else np.asarray(found)
        same(found, truth, f"at temperature {temperature:.2f}", hint)
    return "sure at a low temperature, in doubt at a high one, and always the same digit"


def _pair(labels, predictions):
    matrix = confusion_matrix(labels, predictions, labels=range(10))
    np.fill_diagonal(matrix, 0)
    return tuple(map(int, np.unravel_index(matrix.argmax(), matrix.shape)))


@exercise(reference=_pair)
def most_confused(answer):
    """Check which digit is most often taken for which other one.

    Parameters
    ----------
    answer : callable
        Takes labels and predictions, returns the true digit and the predicted one.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for _ in range(3):
        labels = rng.permutation(np.repeat(np.arange(10), 60))
        predictions = labels.copy()
        true, other, third = (int(digit) for digit in rng.choice(10, 3, replace=False))
        # `true` and `third` are taken for each other: both ways together more often than `true` for `other`, one way
        # less often.
        at, at_third = np.flatnonzero(labels == true), np.flatnonzero(labels == third)
        predictions[at[:20]], predictions[at[20:33]], predictions[at_third[:14]] = other, third, true
        found = tuple(map(int, returned(answer(labels.copy(), predictions.copy()))))
        hint = "Count each pair of true and predicted digit."
        if found == (other, true):
            hint = "The true digit comes first."
        elif len(found) == 2 and found[0] == found[1]:
            hint = "A digit that is taken for itself is recognized: leave the diagonal out."
        elif set(found) == {true, third}:
            hint = "Do not add up the two directions: a 4 taken for a 9 is another mistake than a 9 taken for a 4."
        same(found, (true, other), "of 600 made-up answers, the most frequent mistake", hint)
    return "the true digit, and what it is most often taken for"


@exercise(reference=lambda strength: RandomAffine(rotate=1.2 * strength))
def corruption(answer):
    """Check a corruption of one's own that does nothing at strength 0 and fools the nearest neighbour at strength 1.

    Parameters
    ----------
    answer : callable
        Takes the strength, returns a DeepTrack feature.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    seed = np.random.default_rng().integers(2**31)
    known, asked = load("auto").train.take(KNOWN + ASKED, seed).hold_out(ASKED, seed)
    judge = KNeighborsClassifier(1).fit(known.images.reshape(KNOWN, -1) / 255, known.labels)
    source = dt.sources.Source(image=asked.images)
    accuracy = {}
    for strength in (0.0, 0.5, 1.0):
        pipeline = dt.Value(source.image) >> feature(answer(strength))
        images = np.asarray(pipeline.update()(source[np.arange(ASKED)]), float)
        if images.shape != asked.images.shape:
            raise Hint(f"images of {asked.images.shape} come out as {images.shape}; expected the same shape.")
        images = images / 255 if images.max() > 50 else images
        if not np.isfinite(images).all():
            raise Hint(f"at strength {strength:g}, grey values are no numbers (NaN or infinite); expected numbers.")
        if not np.ptp(images):
            raise Hint(
                f"at strength {strength:g}, all pixels are {images.flat[0]:.3g}; expected that something is left "
                "to see."
            )
        accuracy[strength] = judge.score(images.reshape(ASKED, -1), asked.labels)
        if strength == 0 and np.abs(images - asked.images / 255).max() > 0.01:
            raise Hint(
                f"at strength 0, a pixel changes by up to {np.abs(images - asked.images / 255).max():.2f}; "
                "expected that "
                "nothing changes, so that the curve starts at the accuracy on clean digits."
            )
    told = ", ".join(f"{value:.0%} at {strength:g}" for strength, value in accuracy.items())
    if accuracy[1.0] > accuracy[0.0] - 0.2:
        raise Hint(f"the nearest neighbour is right for {told}; expected 20 points less at strength 1 than at 0.")
    if not accuracy[0.0] + 0.02 >= accuracy[0.5] >= accuracy[1.0] - 0.02:
        raise Hint(f"the nearest neighbour is right for {told}; expected that more strength does more harm.")
    return f"the nearest neighbour is right for {told}"
