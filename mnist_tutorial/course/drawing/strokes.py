"""Strokes: lines drawn with a pen, and the picture that they make."""

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

SIDE = 280  # pixels of the picture: ten for each pixel of an image of MNIST
FINE = 4  # lines are drawn this much larger, then reduced, so that their edges are smooth
# Of the side: the lines of a digit that fills three quarters of the picture are then as wide as those of MNIST.
PEN = 0.08
THIN = PEN / 2  # for a digit half as large
WIDEST = 0.5
MOST_POINTS = 20_000  # in a drawing; a digit has 50

Strokes = list[dict[str, Any] | list[list[float]]]


def are_strokes(value: object) -> bool:
    """Tell whether a value is a drawing.

    A drawing is a list of strokes. A stroke is ``{"width": 0.04, "points": [[x, y], ...]}``, with points from (0, 0),
    top left, to (1, 1), and a width in sides of the canvas. A list of points alone has the width `PEN`: this is how
    strokes were kept before there were two pens, and how they are easily written by hand.

    Examples
    --------
    >>> are_strokes([[[0.5, 0.1], [0.5, 0.9]]]), are_strokes([{"width": 0.04, "points": [[0.5, 0.1], [0.5, 0.9]]}])
    (True, True)
    >>> are_strokes([[0.5, 0.1]])
    False
    """
    return (
        isinstance(value, list)
        and all(map(_is_stroke, value))
        and sum(len(_parts(stroke)[0]) for stroke in value) <= MOST_POINTS
    )


def _is_stroke(value):
    if isinstance(value, dict):
        width, value = value.get("width"), value.get("points")
        if type(width) not in (int, float) or not 0 < width <= WIDEST:
            return False
    return isinstance(value, list) and bool(value) and all(map(_is_point, value))


def _parts(stroke):
    """Return the points of a stroke, and the width of its pen."""
    return (stroke["points"], stroke["width"]) if isinstance(stroke, dict) else (stroke, PEN)


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
    strokes : list
        As in `are_strokes`. A stroke with one point is a dot.

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
    side = SIDE * FINE
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        points, width = _parts(stroke)
        points, radius = [(x * side, y * side) for x, y in points], width * side / 2
        pen.line(points, fill=255, width=round(2 * radius))
        for x, y in points:  # round ends, and round corners
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(FINE))
