"""Distributions that a random feature draws from, once for each image of a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# What a parameter may be, by the words that a message uses.
RANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a finite number": np.isfinite,
    "a finite number other than 0": lambda drawn: np.isfinite(drawn) & (drawn != 0),
    "a finite number above 0": lambda drawn: (drawn > 0) & (drawn < np.inf),
    "a finite number of at least 0": lambda drawn: (drawn >= 0) & (drawn < np.inf),
    "a number of at least 0": lambda drawn: drawn >= 0,  # or infinity
}


@dataclass(frozen=True)
class PerImage:
    """A value that is drawn anew for each image.

    It is not a function, so DeepTrack passes it to the feature unchanged. DeepTrack calls a function, such as
    ``lambda: ...``, once per evaluation, and a batch is one evaluation: all its images would get the same value.

    Attributes
    ----------
    draw : callable
        Takes the number of images and a ``numpy.random.Generator``; returns one value per image, shape (B,).

    Examples
    --------
    >>> angle = PerImage(lambda n, rng: rng.choice([0.0, np.pi], size=n))
    >>> angle.draw(3, np.random.default_rng(0)).round(2)
    array([3.14, 3.14, 3.14])
    """

    draw: Callable[[int, np.random.Generator], np.ndarray]


def uniform(low: float, high: float) -> PerImage:
    """Draw uniformly between two values, once per image.

    Examples
    --------
    >>> uniform(-1, 1).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.27, -0.46, -0.92])
    """
    return PerImage(lambda n, rng: rng.uniform(low, high, n))


def normal(mean: float, std: float) -> PerImage:
    """Draw from a normal distribution, once per image.

    Examples
    --------
    >>> normal(0, 2).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.25, -0.26,  1.28])
    """
    return PerImage(lambda n, rng: rng.normal(mean, std, n))


def values(
    parameter: Any,
    n: int,
    rng: np.random.Generator,
    name: str,
    expected: str = "a finite number",
    dtype: Any = np.float32,
) -> np.ndarray:
    """Turn a parameter into one number, or into one number per image.

    Parameters
    ----------
    parameter : float, ndarray or Tensor of shape (B,), or PerImage
        A number holds for all images.
    n : int
        The number of images.
    rng : numpy.random.Generator
        The generator to draw from.
    name : str
        The name of the parameter, for messages.
    expected : str
        The range of the parameter, one of `RANGES`.
    dtype : dtype
        Of the numbers.

    Returns
    -------
    ndarray of `dtype`, shape (1,) or (B,)

    Raises
    ------
    ValueError
        If the parameter is none of these, or a value is out of range.
    """
    if isinstance(parameter, PerImage):
        parameter = parameter.draw(n, rng)
    if hasattr(parameter, "cpu"):  # a tensor, perhaps on an accelerator
        parameter = parameter.detach().cpu()
    try:
        drawn = None if parameter is None else np.asarray(parameter, dtype=dtype)
    except (TypeError, ValueError):
        drawn = None
    if drawn is None or drawn.shape not in ((), (n,)):
        raise ValueError(
            f"{name} is {parameter!r}; expected a number, an array with one for each of the {n} images, or a "
            "distribution such as mt.uniform(low, high)"
        )
    drawn = drawn.reshape(-1)
    allowed = RANGES[expected](drawn)
    if np.count_nonzero(allowed) < drawn.size:  # quicker than all()
        raise ValueError(f"{name} is {drawn[~allowed][0]:g}; expected {expected}")
    return drawn


def pairs(
    parameter: Any,
    n: int,
    rng: np.random.Generator,
    name: str,
    expected: str = "a finite number",
    dtype: Any = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a parameter with a value for x and one for y into numbers.

    Parameters
    ----------
    parameter : tuple or list of two, ndarray or Tensor of shape (B, 2), or anything that `values` takes
        A pair is (x, y); a single value holds for both.
    n, rng, name, expected, dtype
        As for `values`.

    Returns
    -------
    x, y : ndarray of `dtype`, shape (1,) or (B,)

    Raises
    ------
    ValueError
        As for `values`.
    """
    if isinstance(parameter, (tuple, list)) and len(parameter) == 2:
        x, y = parameter
        return values(x, n, rng, f"{name} (x)", expected, dtype), values(y, n, rng, f"{name} (y)", expected, dtype)
    if getattr(parameter, "shape", None) == (n, 2):
        x, y = parameter[:, 0], parameter[:, 1]
        return values(x, n, rng, name, expected, dtype), values(y, n, rng, name, expected, dtype)
    both = values(parameter, n, rng, name, expected, dtype)
    return both, both
