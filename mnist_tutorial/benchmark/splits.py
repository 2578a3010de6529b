"""Splits: the digits that a run trains on, and those that it is evaluated on."""

from functools import cache

import numpy as np

from mnist_tutorial.data import MNIST, Split
from mnist_tutorial.data.guard import note_look
from mnist_tutorial.data.reference import COUNTS, listing

HELD_OUT = 5_000 / COUNTS["train"]  # the share of the training digits that is held out for choices
HELD_OUT_SEED = 0
SPLITS = ("validation", "test")


def split_for(mnist: MNIST, evaluated_on: str) -> tuple[Split, Split]:
    """Choose the digits to train on, and those to evaluate on.

    For "validation", always the same 55,000 and 5,000 training digits, with equal shares of each digit; for "test", all
    60,000 training digits and the 10,000 test digits. The sample is split in the same proportion.
    """
    if evaluated_on == "test":
        return mnist.train, mnist.test
    return mnist.train.hold_out(round(HELD_OUT * len(mnist.train)), seed=HELD_OUT_SEED)


def true_labels(variant: str, evaluated_on: str) -> np.ndarray:
    """Look up the labels of the digits that a run is evaluated on, without MNIST itself: uint8, shape (N,)."""
    note_look("called true_labels()")
    return _true_labels(variant, evaluated_on)


@cache
def _true_labels(variant: str, evaluated_on: str) -> np.ndarray:
    if evaluated_on == "test":
        return listing(variant, "test").labels
    labels = listing(variant, "train").labels
    blank = Split(np.zeros((len(labels), 0)), labels.copy(), np.arange(len(labels)))
    return blank.hold_out(round(HELD_OUT * len(labels)), seed=HELD_OUT_SEED)[1].labels
