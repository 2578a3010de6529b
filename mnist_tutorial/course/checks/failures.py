"""The exercises of notebook 7."""

from collections.abc import Callable
from typing import Any

import deeptrack as dt
import numpy as np
from scipy.special import softmax
from sklearn.metrics import confusion_matrix

from mnist_tutorial.course.checks.digits import NearestNeighbour, draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, returned, same
from mnist_tutorial.pipeline import RandomAffine

KNOWN, HELD_OUT = 3_600, 400  # together, the digits of the sample


@exercise(reference=lambda logits, temperature: softmax(np.asarray(logits) / temperature).max())
def confidence(answer: Callable[..., Any]) -> str:
    """Check the confidence of a network at a temperature.

    The answer takes ten logits and a temperature, and returns the probability of the predicted digit.
    """
    rng = np.random.default_rng()
    for temperature in rng.permutation([rng.uniform(0.3, 0.7), rng.uniform(1.5, 3)]):
        logits = rng.normal(0, 1.5, size=10)
        truth = float(softmax(logits / temperature).max())
        found = returned(answer(logits.copy(), float(temperature)))
        hint = "Divide, then apply softmax; the answer is the largest of the ten."
        if np.ndim(found):
            hint = "These are ten probabilities; which is that of the predicted digit?"
        elif np.isclose(found, softmax(logits).max()):
            hint = "That is the probability at temperature 1."
        elif np.isclose(found, softmax(logits * temperature).max()):
            hint = "A high temperature makes the network less confident, so the logits must become smaller."
        elif np.isclose(found, softmax(logits).max() / temperature):
            hint = "Divide the logits, not the probability: ten probabilities must still add up to 1."
        found = float(found) if not np.ndim(found) else np.asarray(found)
        same(found, truth, f"at temperature {temperature:.2f}", hint)
    return "confident at a low temperature, in doubt at a high one, and always the same digit"


def _most_confused(labels, predictions):
    matrix = confusion_matrix(labels, predictions, labels=range(10))
    np.fill_diagonal(matrix, 0)
    return tuple(map(int, np.unravel_index(matrix.argmax(), matrix.shape)))


@exercise(reference=_most_confused)
def most_confused(answer: Callable[..., Any]) -> str:
    """Check which digit is most often mistaken for which other one.

    The answer takes labels and predictions, and returns the true digit and the predicted one.
    """
    rng = np.random.default_rng()
    for _ in range(3):
        labels = rng.permutation(np.repeat(np.arange(10), 60))
        predictions = labels.copy()
        true, predicted, third = (int(digit) for digit in rng.choice(10, 3, replace=False))
        # `true` and `third` are mistaken for each other: more often than `true` for `predicted` if both directions are
        # added up, less often in either one.
        of_true, of_third = np.flatnonzero(labels == true), np.flatnonzero(labels == third)
        predictions[of_true[:20]], predictions[of_true[20:33]], predictions[of_third[:14]] = predicted, third, true
        found = tuple(map(int, returned(answer(labels.copy(), predictions.copy()))))
        hint = "Count each pair of true and predicted digit."
        if found == (predicted, true):
            hint = "The true digit comes first."
        elif len(found) == 2 and found[0] == found[1]:
            hint = "A digit that is taken for itself is recognized: leave the diagonal out."
        elif set(found) == {true, third}:
            hint = "Do not add up the two directions: a 4 taken for a 9 is not the same mistake as a 9 taken for a 4."
        same(found, (true, predicted), "for 600 made-up predictions, the most frequent mistake", hint)
    return "the true digit, and the one it is most often mistaken for"


@exercise(reference=lambda strength: RandomAffine(rotate=1.2 * strength))
def corruption(answer: Callable[..., Any]) -> str:
    """Check a corruption that does nothing at strength 0 and fools the nearest neighbour at strength 1.

    The answer takes the strength, and returns a DeepTrack feature.
    """
    known, held_out = draw(KNOWN, HELD_OUT)
    neighbours = NearestNeighbour(known.images / 255, known.labels)
    source = dt.sources.Source(image=held_out.images)
    accuracy = {}
    for strength in (0.0, 0.5, 1.0):
        pipeline = dt.Value(source.image) >> feature(answer(strength))
        images = np.asarray(pipeline.update()(source[np.arange(HELD_OUT)]), float)
        if images.shape != held_out.images.shape:
            raise Hint(f"images of {held_out.images.shape} come out as {images.shape}; expected the same shape.")
        images = images / 255 if images.max() > 50 else images
        if not np.isfinite(images).all():
            raise Hint(f"at strength {strength:g}, some grey values are NaN or infinite; expected numbers.")
        if not np.ptp(images):
            raise Hint(f"at strength {strength:g}, all pixels are {images.flat[0]:.3g}; expected something to see.")
        accuracy[strength] = neighbours.accuracy(images, held_out.labels)
        change = np.abs(images - held_out.images / 255).max()
        if strength == 0 and change > 0.01:
            raise Hint(
                f"at strength 0, a pixel changes by up to {change:.2f}; expected no change, so that the curve starts "
                "at the accuracy on clean digits."
            )
    result = f"the nearest neighbour gets {', '.join(f'{value:.0%} at {s:g}' for s, value in accuracy.items())}"
    if accuracy[1.0] > accuracy[0.0] - 0.2:
        raise Hint(f"{result}; expected at least 20 points less at strength 1 than at 0.")
    if not accuracy[0.0] + 0.02 >= accuracy[0.5] >= accuracy[1.0] - 0.02:
        raise Hint(f"{result}; expected more strength to do more harm.")
    return result
