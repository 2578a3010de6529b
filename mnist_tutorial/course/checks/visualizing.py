"""The exercises of notebook 2."""

import deeptrack as dt
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.course.checks.exercise import Hint, exercise, returned, same
from mnist_tutorial.data import load

NUMBERS = 100  # that may describe an image
KNOWN, ASKED = 2_000, 500


@exercise(reference=lambda mean, std: ((0 - mean) / std, (1 - mean) / std))
def paper_and_ink(answer):
    """Check what paper and ink become when they are standardized.

    Parameters
    ----------
    answer : callable
        Takes mean and standard deviation on the scale from 0 to 1, returns two numbers.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for mean, std in zip(rng.uniform(0.1, 0.4, 3), rng.uniform(0.2, 0.5, 3), strict=True):
        truth = ((0 - mean) / std, (1 - mean) / std)
        found = np.asarray(returned(answer(mean, std)), float)
        hint = "First subtract, then divide."
        if found.shape != (2,):
            raise Hint(f"yours has the shape {found.shape}; expected two numbers, of paper and of ink.")
        if np.allclose(found, truth[::-1]):
            hint = "The two have changed places: paper first."
        elif abs(found[1]) > 100:
            hint = "Mean and standard deviation are on the scale from 0 to 1, so ink is 1 before it is standardized."
        elif np.allclose(found, (-mean * std, (1 - mean) * std)):
            hint = "A small standard deviation must be made larger, so it divides."
        same(
            tuple(found.tolist()),
            tuple(map(float, truth)),
            f"for mean {mean:.3f} and standard deviation {std:.3f}",
            hint,
        )
    return "paper lies below zero, ink above, and you know where"


class _Threshold(dt.Feature):
    def __init__(self, level=0.5, **kwargs):
        super().__init__(level=level, **kwargs)

    def get(self, image, level, **kwargs):
        return (image > 255 * level).astype(np.float32)


@exercise(reference=_Threshold)
def threshold(answer):
    """Check a DeepTrack feature that makes grey images black and white.

    Parameters
    ----------
    answer : type
        A subclass of ``deeptrack.Feature`` with the property ``level``.

    Returns
    -------
    type
        The answer, or that of the course.
    """
    if not isinstance(returned(answer), type):
        raise Hint(f"you gave {type(answer).__name__}; expected the class itself, without a call.")
    rng = np.random.default_rng()
    for level in rng.permutation([rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9)]):
        for shape in ((28, 28), (4, 28, 28)):
            images = rng.integers(256, size=shape).astype(np.uint8)
            truth = (images > 255 * level).astype(np.float32)
            found = np.asarray(returned(answer(level=level)(images)))
            if found.dtype == bool:
                raise Hint("it gives True and False; expected numbers that a network can take, as float32.")
            hint = "Compare with the level on the scale of the grey values."
            if np.array_equal(found, images):
                hint = "The image comes out as it went in."
            elif np.array_equal(found, images > 127):
                hint = "It compares with the middle, whatever the level is: use the property."
            elif np.array_equal(found, images > level):
                hint = "The grey values go from 0 to 255, and the level from 0 to 1."
            elif np.array_equal(found, 1 - truth):
                hint = "Ink and paper have changed places."
            same(found, truth, f"at level {level:.2f}, of shape {shape}", hint)
    return "1 above the level and 0 elsewhere, for one image and for a batch"


def _coarse(images):
    middle = np.asarray(images, np.float32)[:, 4:24, 4:24]  # the box of 20 x 20 pixels
    return middle.reshape(-1, 10, 2, 10, 2).mean(axis=(2, 4)).reshape(-1, NUMBERS)


@exercise(reference=_coarse)
def describe(answer):
    """Check a description of digits by few numbers, in which neighbours still have the same label.

    Parameters
    ----------
    answer : callable
        Takes images, uint8 (N, 28, 28), returns numbers, (N, D) with D up to 100.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    train = load("auto").train
    seed = np.random.default_rng().integers(2**31)
    known, asked = train.take(KNOWN + ASKED, seed).hold_out(ASKED, seed)
    images = np.concatenate([known.images, asked.images])
    numbers = np.asarray(returned(answer(images.copy())), float)
    if numbers.ndim != 2 or len(numbers) != len(images):
        raise Hint(f"of {images.shape} images, yours has the shape {numbers.shape}; expected ({len(images)}, D).")
    if numbers.shape[1] > NUMBERS:
        raise Hint(
            f"you keep {numbers.shape[1]} numbers an image; expected {NUMBERS} at most. Which pixels tell little?"
        )

    def accuracy(points):
        return KNeighborsClassifier(1).fit(points[:KNOWN], known.labels).score(points[KNOWN:], asked.labels)

    pixels, yours = accuracy(images.reshape(len(images), -1) / 255), accuracy(numbers)
    told = f"{yours:.1%} with {numbers.shape[1]} numbers, {pixels:.1%} with all pixels"
    if not np.ptp(numbers, axis=0).any():
        raise Hint(f"{told}: all images get the same numbers. They must come from the image.")
    if yours < 0.3:
        raise Hint(
            f"{told}: expected no more than 3 points less. The numbers say too little of the image; what would "
            "you keep to draw it again?"
        )
    if yours < pixels - 0.03:
        raise Hint(
            f"{told}: expected no more than 3 points less. Where the ink is matters more than how much; keep both "
            "directions."
        )
    return f"the nearest neighbour is right for {told}"
