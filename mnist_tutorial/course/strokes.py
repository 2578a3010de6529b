"""Strokes: what is drawn on the canvas, the picture that they make, and the file of those that were kept."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw
from pydantic import BaseModel, ValidationError

from mnist_tutorial.data import Split, atomic, cache_folder, prepare
from mnist_tutorial.data.cache import cache_lock
from mnist_tutorial.errors import MNISTError

SIDE = 280  # pixels of the picture: ten for each pixel of an image of MNIST
FINE = 4  # lines are drawn this much larger, then reduced, so that their edges are smooth
# Of the side: the lines of a digit that fills three quarters of the picture are then as wide as those of MNIST.
PEN = 0.08
THIN = PEN / 2  # for a digit half as large

Points = list[tuple[float, float]]


class Stroke(BaseModel):
    """A line drawn with a pen: its width in sides of the canvas, and its points from (0, 0), top left, to (1, 1)."""

    width: float
    points: Points


class Digit(BaseModel):
    """A drawing that was kept. Points alone are a stroke of width `PEN`: so strokes were kept before there were two."""

    label: int
    strokes: list[Stroke | Points]


class Kept(BaseModel):
    """The file of kept digits."""

    program: Literal["mnist-tutorial"] = "mnist-tutorial"
    digits: list[Digit]


def kept() -> list[dict]:
    """Read the ``label`` and the ``strokes`` of each digit that was kept; an `MNISTError` if the file is not ours."""
    path = _path()
    try:
        return Kept.model_validate_json(path.read_bytes()).model_dump(mode="json")["digits"]
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        reason = "damaged or from another program" if isinstance(error, ValidationError) else error.strerror
        raise MNISTError(
            f"{path} does not hold drawings ({reason}); expected a file of mt.draw. Delete it or move it elsewhere, "
            "and run the cell again"
        ) from error


def keep(label: int, strokes: list) -> list[dict]:
    """Add a drawing to those that are kept, and return them all; an `MNISTError` if that cannot be done."""
    return _change(lambda digits: [*digits, {"label": label, "strokes": strokes}])


def remove_last() -> list[dict]:
    """Remove the drawing that was kept last, and return the others; an `MNISTError` if that cannot be done."""
    return _change(lambda digits: digits[:-1])


def _change(change):
    path = _path()
    with cache_lock(path.parent):  # another notebook may keep a digit at the same time
        digits = change(kept())
        with atomic(path) as part:
            part.write_text(Kept(digits=digits).model_dump_json())
    return digits


def _path():
    return cache_folder() / "checkpoints" / "drawings.json"


def picture(strokes: list) -> np.ndarray:
    """Draw strokes as an image of uint8, shape (280, 280), 255 for ink; a stroke with one point is a dot."""
    side = SIDE * FINE
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    for stroke in strokes:
        points, width = (stroke["points"], stroke["width"]) if isinstance(stroke, dict) else (stroke, PEN)
        points, radius = [(x * side, y * side) for x, y in points], width * side / 2
        pen.line(points, fill=255, width=round(2 * radius))
        for x, y in points:  # round ends, and round corners
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(FINE))


def my_digits(centre: bool = True) -> Split:
    """Return the digits that you have drawn and kept with `draw`, as a small test set of your own.

    They come in the order in which they were kept; `index` counts them. If there are none, you get twenty that come
    with the course, and a line that says so. An `MNISTError` if their file cannot be read.

    Parameters
    ----------
    centre : bool
        As in `prepare`.

    Examples
    --------
    >>> mine = my_digits(centre=False)  # doctest: +SKIP
    You have not kept any digits yet (mt.draw() keeps them), so these are twenty that come with the course.
    """
    digits = kept()
    if not digits:
        print("You have not kept any digits yet (mt.draw() keeps them), so these are twenty that come with the course.")
        digits = json.loads(Path(__file__).with_name("twenty.json").read_bytes())["digits"]
    images = [prepare(picture(digit["strokes"]), centre) for digit in digits]
    labels = np.array([digit["label"] for digit in digits], np.int64)
    return Split(np.array(images), labels, np.arange(len(labels)))
