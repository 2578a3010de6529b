"""Digits to try an answer on, and the nearest neighbour, which tells how recognizable they are."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.course.checks.time_limit import call_unhurried
from mnist_tutorial.data import Split, load


def draw(number: int, held_out: int) -> tuple[Split, Split]:
    """Draw digits of the training set, to learn from and to be tested on: different ones each time."""
    seed = int(np.random.default_rng().integers(2**31))
    return call_unhurried(load, "auto").train.take(number + held_out, seed).hold_out(held_out, seed)


def centred(images: np.ndarray) -> np.ndarray:
    """Shift images (N, H, W) by whole pixels, so that the centre of mass of each is where MNIST's are, at 14."""
    n, *sides = images.shape
    padded = np.pad(images, [(0, 0)] + [(side // 2, side // 2) for side in sides])
    index = [np.arange(n)[:, None, None]]
    for axis, side in enumerate(sides, 1):
        ink = images.sum(3 - axis)
        off = np.round(ink @ np.arange(side) / np.maximum(ink.sum(1), 1e-9) - side / 2).astype(int)
        places = off.clip(-(side // 2), side // 2)[:, None] + side // 2 + np.arange(side)
        index.append(np.expand_dims(places, 3 - axis))
    return padded[tuple(index)]


class NearestNeighbour:
    """The nearest neighbour among known digits: features of shape (N, ...), labels of shape (N,)."""

    def __init__(self, features: np.ndarray, labels: np.ndarray):
        self._model = KNeighborsClassifier(1).fit(_flat(features), labels)

    def accuracy(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Return the share of digits whose nearest neighbour has their label."""
        return float(self._model.score(_flat(features), labels))


def _flat(features):
    return features.reshape(len(features), -1).astype(np.float32)  # twice as fast as float64
