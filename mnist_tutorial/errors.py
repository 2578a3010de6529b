"""The one error class of the package."""


class MNISTError(Exception):
    """An error whose message a user can act on: what was found, what was expected, and what to run.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mt.load("tiny")
    Traceback (most recent call last):
    ...
    mnist_tutorial.errors.MNISTError: variant is 'tiny'; expected one of 'auto', 'full', 'sample'
    """
