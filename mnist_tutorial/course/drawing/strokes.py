"""Strokes: lines drawn with a pen, and the picture that they make."""

import math

import numpy as np
from PIL import Image, ImageDraw

SIDE = 280  # pixels of the picture: ten for each pixel of an image of MNIST
FINE = 4  # lines are drawn this much larger, then reduced, so that their edges are smooth
# Of the side: the lines of a digit that fills three quarters of the picture are then as wide as those of MNIST.
PEN = 0.08
MOST_POINTS = 20_000  # in a drawing; a digit has 50

Strokes = list[list[list[float]]]


def are_strokes(value: object) -> bool:
    """Tell whether a value is a drawing: lists of points [x, y] between (0, 0), top left, and (1, 1).

    Examples
    --------
    >>> are_strokes([[[0.5, 0.1], [0.5, 0.9]]]), are_strokes([[0.5, 0.1]])
    (True, False)
    """
    return (
        isinstance(value, list)
        and all(isinstance(stroke, list) and stroke for stroke in value)
        and sum(map(len, value)) <= MOST_POINTS
        and all(_is_point(point) for stroke in value for point in stroke)
    )


def _is_point(value):
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(number) in (int, float) and math.isfinite(number) and 0 <= number <= 1 for number in value)
    )


def picture(strokes: Strokes) -> np.ndarray:
    """Draw strokes.

    Parameters
    ----------
    strokes : list of lists of [x, y]
        A stroke with one point is a dot.

    Returns
    -------
    ndarray of uint8, shape (280, 280)
        255 for ink.

    Examples
    --------
    >>> lines = picture([[[0.5, 0.1], [0.5, 0.9]], [[0.2, 0.2]]])
    >>> int(lines[140, 140]), int(lines[56, 56]), int(lines[0, 0])
    (255, 255, 0)
    """
    side, radius = SIDE * FINE, SIDE * FINE * PEN / 2
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(x * side, y * side) for x, y in stroke]
        pen.line(points, fill=255, width=round(2 * radius))
        for x, y in points:  # round ends, and round corners
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(FINE))
