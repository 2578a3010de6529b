"""The corruptions: twelve kinds in five strengths, and the sets of digits that they make, bit for bit."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch

from mnist_tutorial.benchmark.robustness.suite import STRENGTHS, pinned
from mnist_tutorial.data import Split
from mnist_tutorial.data.reference import digest
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.pipeline import (
    Blur,
    Brightness,
    Contrast,
    Erase,
    GaussianNoise,
    PerImage,
    RandomAffine,
    RandomElastic,
    ShotNoise,
    Stripe,
)
from mnist_tutorial.pipeline.features import BatchFeature

BATCH = 250  # digits that a feature takes at a time: the draws depend on it
# Added before rounding down. Halves are frequent, as in the middle between two pixels, and which way they would round
# depends on the last bit. The millionth is more than all errors of float64, and less than distinguishes other values.
HALF = 0.5 + 1e-6


class Corruption(NamedTuple):
    """A kind of corruption.

    Attributes
    ----------
    feature : callable
        From a strength, ``seed`` and ``dtype`` to a feature.
    strengths : tuple of float
        Five, from weak to strong.
    meaning : str
        What the numbers are.
    """

    feature: Callable[..., BatchFeature]
    strengths: tuple[float, ...]
    meaning: str


def _either(size: float) -> PerImage:
    """Draw one of two directions for each image."""
    return PerImage(lambda n, rng: np.where(rng.random(n) < 0.5, -size, size))


def _erase(size: float, **options: Any) -> Erase:
    return Erase(size, size, **options)


def _rotate(degrees: float, **options: Any) -> RandomAffine:
    return RandomAffine(rotate=_either(np.radians(degrees)), **options)


def _shear(slope: float, **options: Any) -> RandomAffine:
    return RandomAffine(shear=_either(np.arctan(slope)), **options)


def _translate(pixels: float, **options: Any) -> RandomAffine:
    return RandomAffine(translate=(_either(pixels), _either(pixels)), **options)


# Seven names are those of Mu and Gilmer, "MNIST-C: a robustness benchmark for computer vision", arXiv:1906.02337, for
# what means the same, but for two: their brightness adds white, and their stripe inverts what is under it. The five
# others are as in Hendrycks and Dietterich, arXiv:1903.12261, and cutout, arXiv:1708.04552. All strengths are ours:
# on the 5,000 held-out digits, `cnn` loses up to 6 points at strength 1, and 24 to 60 at strength 5.
CORRUPTIONS = {
    "gaussian_noise": Corruption(
        GaussianNoise, (0.15, 0.2, 0.23, 0.26, 0.3), "standard deviation, of grey from 0 to 1"
    ),
    "shot_noise": Corruption(ShotNoise, (2.5, 1.7, 1.3, 1.1, 0.95), "signal-to-noise ratio of white"),
    "gaussian_blur": Corruption(Blur, (0.8, 1, 1.2, 1.4, 1.6), "standard deviation, in pixels"),
    "contrast": Corruption(Contrast, (0.7, 0.6, 0.5, 0.45, 0.4), "distance from the mean grey, as a factor"),
    "brightness": Corruption(Brightness, (0.55, 0.45, 0.4, 0.35, 0.32), "grey value, as a factor"),
    "erase": Corruption(_erase, (4, 7, 10, 13, 16), "side of a black square, in pixels"),
    "stripe": Corruption(Stripe, (0.5, 1, 2, 3.5, 5), "width of a white bar, in pixels"),
    "rotate": Corruption(_rotate, (15, 22, 30, 37, 45), "angle to either side, in degrees"),
    "shear": Corruption(_shear, (0.5, 0.75, 1, 1.2, 1.4), "slope to either side"),
    "scale": Corruption(RandomAffine, (0.75, 0.65, 0.6, 0.55, 0.5), "size, as a factor"),
    "translate": Corruption(_translate, (2, 3, 4, 4.5, 5), "shift in either direction of both axes, in pixels"),
    "elastic_transform": Corruption(RandomElastic, (25, 40, 50, 60, 70), "alpha of `RandomElastic`"),
}


def corrupted(split: Split, name: str, strength: int) -> Split:
    """Corrupt the test digits or the held-out digits of MNIST, in a way that is the same everywhere.

    Parameters
    ----------
    split : Split
        The test digits, or the 5,000 held-out training digits that `mnist.train.hold_out(5000, seed=0)` returns; of
        the sample, the corresponding ones.
    name : str
        A key of `CORRUPTIONS`.
    strength : {1, 2, 3, 4, 5}

    Returns
    -------
    Split
        The images are uint8, (N, 28, 28), as before.

    Raises
    ------
    MNISTError
        If there is no such corruption or strength, if these are other digits, or if the set comes out differently in
        a single bit from the one whose SHA-256 is in ``digests.json``.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> corrupted(mt.load("sample").test, "rotate", 3)
    Split(1,000 digits)
    """
    if name not in CORRUPTIONS:
        raise MNISTError(f"there is no corruption {printable(name)}; expected one of {', '.join(CORRUPTIONS)}")
    if strength not in range(1, STRENGTHS + 1):
        raise MNISTError(f"strength is {strength!r}; expected 1 to {STRENGTHS}")
    digits, digests = pinned(digest(split.images))
    images = corrupt(split.images, name, strength)
    found, expected = digest(images), digests[name][strength - 1]
    if found != expected:
        raise MNISTError(
            f"{name} at strength {strength} of {digits}: SHA-256 {found[:12]}..., expected {expected[:12]}...; the "
            "features or their random numbers differ from those of the published suite. Install the versions of "
            "requirements.lock, and the package anew"
        )
    return replace(split, images=images)


def sets(split: Split, strength: int) -> Iterator[Split]:
    """Make all corruptions of one strength, one after the other.

    Parameters
    ----------
    split, strength
        As for `corrupted`.

    Yields
    ------
    Split

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> len(list(sets(mt.load("sample").test, 1)))
    12
    """
    for name in CORRUPTIONS:
        yield corrupted(split, name, strength)


def corrupt(images: np.ndarray, name: str, strength: int) -> np.ndarray:
    """Corrupt any images; `corrupted` also checks the result.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, H, W)
    name, strength
        As for `corrupted`.

    Returns
    -------
    ndarray of uint8, shape (N, H, W)
    """
    corruption = CORRUPTIONS[name]
    feature = corruption.feature(corruption.strengths[strength - 1], seed=strength, dtype=torch.float64)
    changed = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BATCH):
        grey = feature.update()(images[start : start + BATCH])
        np.clip(grey, 0, 1, out=grey)
        grey *= 255
        grey += HALF
        changed[start : start + BATCH] = grey  # rounds down
    return changed
