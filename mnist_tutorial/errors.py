"""The one error class of the package."""


class MNISTError(Exception):
    """Something with MNIST went wrong, and the message says what to do about it.

    Every message names what was found, what was expected, and what to run.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mt.load("tiny")
    Traceback (most recent call last):
    ...
    mnist_tutorial.errors.MNISTError: variant is 'tiny'; expected one of 'auto', 'full', 'sample'
    """
