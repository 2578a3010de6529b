"""Distributions: what a random feature draws once per image of a batch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PerImage:
    """A value that is drawn anew for each image.

    It is no function, so that DeepTrack hands it to the feature as it is. A function, such as ``lambda: ...``,
    DeepTrack calls once per evaluation, and a batch is one evaluation: all its images get the same value.

    Attributes
    ----------
    draw : callable
        Takes the number of images and a ``numpy.random.Generator``; returns as many values, shape (B,).

    Examples
    --------
    >>> angle = PerImage(lambda n, rng: rng.choice([0.0, np.pi], size=n))
    >>> angle.draw(3, np.random.default_rng(0)).round(2)
    array([3.14, 3.14, 3.14])
    """

    draw: Callable


def uniform(low, high):
    """Draw from all values between two, once per image.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    PerImage

    Examples
    --------
    >>> uniform(-1, 1).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.27, -0.46, -0.92])
    """
    return PerImage(lambda n, rng: rng.uniform(low, high, n))


def normal(mean, std):
    """Draw from a normal distribution, once per image.

    Parameters
    ----------
    mean, std : float

    Returns
    -------
    PerImage

    Examples
    --------
    >>> normal(0, 2).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.25, -0.26,  1.28])
    """
    return PerImage(lambda n, rng: rng.normal(mean, std, n))


def values(given, n, rng, name):
    """Turn a parameter into a number, or into one number per image.

    Parameters
    ----------
    given : float, ndarray of shape (B,), or PerImage
        A number is the same for all images.
    n : int
        How many images there are.
    rng : numpy.random.Generator
        To draw from.
    name : str
        Of the parameter, for messages.

    Returns
    -------
    ndarray of float32, shape (1,) or (B,)

    Raises
    ------
    ValueError
        If there are not as many values as images, or it is nothing of these.
    """
    if isinstance(given, PerImage):
        given = given.draw(n, rng)
    try:
        drawn = None if given is None else np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError):
        drawn = None
    if drawn is None or drawn.shape not in ((), (n,)):
        raise ValueError(
            f"{name} is {given!r}; expected a number, an array with one for each of the {n} images, or a distribution "
            "such as mt.uniform(low, high)"
        )
    return drawn.reshape(-1)


def pairs(given, n, rng, name):
    """Turn a parameter with a value for x and one for y into numbers.

    Parameters
    ----------
    given : tuple or list of two, or anything that `values` takes, or ndarray of shape (B, 2)
        A pair is (x, y); a single value holds for both.
    n, rng, name
        As for `values`.

    Returns
    -------
    x, y : ndarray of float32, shape (1,) or (B,)

    Raises
    ------
    ValueError
        As of `values`.
    """
    if isinstance(given, (tuple, list)) and len(given) == 2:
        return tuple(values(one, n, rng, f"{name} ({axis})") for one, axis in zip(given, "xy", strict=True))
    if isinstance(given, np.ndarray) and given.shape == (n, 2):
        return values(given[:, 0], n, rng, name), values(given[:, 1], n, rng, name)
    both = values(given, n, rng, name)
    return both, both
