"""Preparation: what the makers of MNIST did to each digit, for pictures of one's own."""

import numpy as np
from PIL import Image

from mnist_tutorial.errors import MNISTError

SIZE, BOX = 28, 20  # pixels of an image, and of the square that holds its ink
# Where the centre of mass lies, in the indices of pixels. Half a pixel off the middle, 13.5, as measured in MNIST.
CENTRE = 14.0


def prepare(image: np.ndarray, centre: bool = True) -> np.ndarray:
    """Bring a picture of a digit into the form that all of MNIST has.

    The ink is cut out, scaled to fit a square of 20 x 20 pixels, and put into an empty image of 28 x 28 pixels so that
    its centre of mass lies in the middle.

    Parameters
    ----------
    image : ndarray of uint8 or float, shape (H, W)
        Grey values of any range, 0 for paper; the largest counts as full ink.
    centre : bool
        If False, the whole picture is scaled to 28 x 28 pixels, whatever the size and the place of the digit.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        All 0 if there is no ink.

    Raises
    ------
    MNISTError
        If it is no grey picture, or has values that are negative or not finite.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", 1998.

    Examples
    --------
    >>> picture = np.zeros((300, 200))
    >>> picture[10:90, 20:40] = 1  # a short line in a corner
    >>> rows, columns = np.nonzero(prepare(picture))
    >>> len(set(rows)), len(set(columns))
    (20, 5)
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.dtype.kind not in "buif" or not image.size:
        raise MNISTError(
            f"the picture is an array of {image.dtype}, shape {image.shape}; expected grey values of shape (H, W), ink "
            "high, such as 255 - np.asarray(PIL.Image.open(file).convert('L'))"
        )
    if not np.isfinite(image).all() or image.min() < 0:
        raise MNISTError(
            "the picture has values that are negative or not finite; expected 0 for paper, and more for ink"
        )
    if not image.any():
        return np.zeros((SIZE, SIZE), np.uint8)
    image = (image / image.max()).astype(np.float32)
    if not centre:
        return _scale(image, SIZE, SIZE)
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(round(side * BOX / max(ink.shape)), 1) for side in ink.shape)
    ink = _scale(ink, height, width)
    prepared = np.zeros((SIZE, SIZE), np.uint8)
    top, left = (_start(ink.sum(axis, dtype=np.int64)) for axis in (1, 0))
    prepared[top : top + height, left : left + width] = ink
    return prepared


def _scale(image, height, width):
    # With a filter as wide as the reduction, so that no line falls between two pixels. A thin line becomes grey; then
    # all is made darker, since nearly all digits of MNIST have a pixel of full ink.
    scaled = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    return np.rint(scaled * (255 / scaled.max())).astype(np.uint8)


def _start(mass):
    """Find where an axis begins so that its centre of mass lies in the middle, and nothing sticks out."""
    centre = mass @ np.arange(len(mass)) / max(mass.sum(), 1)
    return int(np.clip(np.rint(CENTRE - centre), 0, SIZE - len(mass)))
