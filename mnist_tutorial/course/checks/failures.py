"""The exercises of notebook 6."""

import deeptrack as dt
import numpy as np
from scipy.special import softmax
from sklearn.metrics import confusion_matrix

from mnist_tutorial.course.checks.exercise import Answer, ask, exercise, frozen, refuse, rng, same
from mnist_tutorial.course.checks.helpers import draw, feature, nearest_neighbour
from mnist_tutorial.pipeline import Erase

LITTLE = 0.3  # the accuracy below which hardly anything can be read, and it is chance which of two is lower


@exercise(reference=lambda logits, temperature: softmax(np.asarray(logits) / temperature).max())
def confidence(answer: Answer) -> str:
    """Check a confidence. The answer takes ten logits and a temperature, and returns the largest probability."""
    for temperature in rng.permutation([rng.uniform(0.3, 0.6), rng.uniform(1.5, 2.5)]):
        # One digit leads, by so much that the right answer and the mistakes differ.
        logits = rng.permutation([4.4] + 9 * [0]) + rng.normal(0, 0.1, size=10)
        probabilities, warm = softmax(logits / temperature), softmax(logits).max()
        smaller = "A high temperature makes the network less confident, so the logits must become smaller."
        mistakes = [
            (probabilities, "These are ten probabilities; which is that of the predicted digit?"),
            (warm, "That is the probability at temperature 1."),
            (softmax(logits * temperature).max(), smaller),
            (warm / temperature, "Divide the logits, not the probability: ten probabilities must still add up to 1."),
        ]
        hint = "Divide, then apply softmax; the answer is the largest of the ten."
        ask(answer, probabilities.max(), mistakes, hint, logits=logits, temperature=temperature)
    return "confident at a low temperature, in doubt at a high one, and always the same digit"


def _most_confused(labels, predictions):
    matrix = confusion_matrix(labels, predictions, labels=range(10))
    np.fill_diagonal(matrix, 0)
    return tuple(map(int, np.unravel_index(matrix.argmax(), matrix.shape)))


@exercise(reference=_most_confused)
def most_confused(answer: Answer) -> str:
    """Check the most frequent mistake. The answer takes labels and predictions, and returns (true digit, predicted)."""
    for _ in range(3):
        labels = rng.permutation(np.repeat(np.arange(10), 60))
        predictions = labels.copy()
        a, b, c, d, e, f = (int(digit) for digit in rng.choice(10, 6, replace=False))
        # The most frequent pair is (a, b). But most mistakes are made with c, the most frequent wrong answer is e, and
        # c and d are confused more often if both directions are added up.
        for true, predicted, count in ((a, b, 20), (c, d, 13), (d, c, 14), (c, e, 15), (f, e, 16)):
            predictions[np.flatnonzero((labels == true) & (predictions == true))[:count]] = predicted
        both = "Do not add up the two directions: a 4 taken for a 9 is not the same mistake as a 9 taken for a 4."
        apart = "The digit with the most mistakes and the most frequent wrong answer need not belong together."
        mistakes = [
            ((b, a), "The true digit comes first."),
            (*((n, n) for n in range(10)), "A digit that is taken for itself is recognized: leave the diagonal out."),
            ((c, d), (d, c), both),
            ((c, e), (f, e), f"{apart} Count pairs."),
        ]
        case = "for 600 made-up predictions, the most frequent mistake"
        got = answer(frozen(labels), frozen(predictions))
        same(got, (a, b), case, mistakes, "Count each pair of true and predicted digit.")
    return "the true digit, and the one it is most often mistaken for"


@exercise(reference=lambda strength: Erase(height=20 * strength, width=20 * strength))
def corruption(answer: Answer) -> str:
    """Check a corruption. The answer takes a strength from 0 to 1, and returns a feature for images from 0 to 1."""
    known, held_out = draw()
    clean = held_out.images / 255
    accuracy = {}
    for strength in (0.0, 0.5, 1.0):
        images = np.asarray((dt.Value(frozen(clean)) >> feature(answer(strength)))(), float)
        same(images.shape, clean.shape, "for the shape of a batch, which goes through the feature at once")
        case = f"at strength {strength:g},"
        refuse(not np.isfinite(images).all(), f"{case} some grey values are NaN or infinite; expected numbers.")
        refuse(not np.ptp(images), f"{case} all pixels are {images.flat[0]:.3g}; expected something to see.")
        accuracy[strength] = nearest_neighbour(known.images / 255, known.labels, images, held_out.labels)
        change = np.abs(images - clean).max()
        changed = f"{case} a pixel changes by up to {change:.2f}; expected no change: the curve starts at clean digits."
        refuse(strength == 0 and change > 0.01, f"{changed} (Images come in with grey values from 0 to 1.)")
    result = f"the nearest neighbour gets {', '.join(f'{value:.0%} at {s:g}' for s, value in accuracy.items())}"
    none, half, full = accuracy.values()
    refuse(full > none - 0.2, f"{result}; expected at least 20 points less at strength 1 than at 0.")
    refuse(half > none + 0.05 or full > max(half + 0.05, LITTLE), f"{result}; expected more strength to do more harm.")
    return result
