"""Handwriting: drawings and photos of digits, prepared as MNIST's makers prepared theirs."""

import re
import warnings
from pathlib import Path

import numpy as np
import skimage  # its submodules are loaded when they are used: `load` needs none
from PIL import Image, ImageOps

from mnist_tutorial.data.split import Split
from mnist_tutorial.errors import MNISTError

SIZE, BOX = 28, 20  # pixels of an image, and of the square that holds its ink
CENTRE = 14.0  # index of the pixel where the centre of mass lies: half a pixel off the middle, as measured in MNIST
FORMATS = ["JPEG", "PNG"]
SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".heif", ".webp", ".gif", ".tif", ".tiff", ".bmp")  # read or refused
NAME = re.compile(r"\d(?!\d)", re.ASCII)
BOMB = Image.DecompressionBombWarning  # at 89 million pixels; Pillow refuses twice as many
SIDE = 600  # pixels of the longer side on which a photo is worked on
FAINTEST = 0.15  # how much darker than paper the ink has to be: that of a pencil is 0.4
PAPER_SIDE = 120  # pixels of the shorter side for the brightness of the paper, which changes slowly
PAPER_EDGE = 0.9  # of the edge: of all digits of MNIST, cut out without a margin, 1 in 20,000 has that much ink there
WIDEST_PEN = 1 / 6  # of the shorter side: what is dark and narrower than that is not paper


def prepare(image: np.ndarray, centre: bool = True) -> np.ndarray:
    """Bring a picture of a digit into the form that all of MNIST has.

    The ink is cut out, scaled to fit 20 x 20 pixels, and put into an empty image of 28 x 28 so that its centre of mass
    lies in the middle (LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998).

    Parameters
    ----------
    image : ndarray of numbers, shape (H, W)
        Grey values of any range, 0 for paper; the largest counts as full ink. If nearly all of the edge is light and
        there is something dark, as in a scan, what is dark is the ink. Other arrays are an MNISTError.
    centre : bool
        If False, the whole picture is scaled, whatever the size and the place of the digit.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        All 0 if there is no ink.

    Examples
    --------
    >>> picture = np.zeros((300, 200))
    >>> picture[10:90, 20:40] = 1  # a short line in a corner
    >>> np.ptp(np.nonzero(prepare(picture)), axis=1) + 1
    array([20,  5])
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.dtype.kind not in "buif" or not image.size:
        expected = "grey values of shape (H, W), ink high, such as 255 - np.asarray(PIL.Image.open(file).convert('L'))"
        raise MNISTError(f"the picture is an array of {image.dtype}, shape {image.shape}; expected {expected}")
    if not np.isfinite(image).all() or image.min() < 0:
        raise MNISTError("the picture has values that are negative or not finite; expected 0 for paper, more for ink")
    prepared = np.zeros((SIZE, SIZE), np.uint8)
    if not image.any():
        return prepared
    image = (image / image.max()).astype(np.float32)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    if (edge > 0.5).mean() > PAPER_EDGE and image.min() < 0.5:
        image = (np.median(edge) - image).clip(0)
        image /= image.max()
    if not centre:
        return _scale(image, SIZE, SIZE)
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (max(round(side * BOX / max(ink.shape)), 1) for side in ink.shape)
    ink = _scale(ink, height, width)
    centre_of_mass = np.indices(ink.shape).reshape(2, -1) @ ink.ravel() / ink.sum()
    top, left = np.rint(CENTRE - centre_of_mass).clip(0, np.subtract(SIZE, ink.shape)).astype(int)  # nothing sticks out
    prepared[top : top + height, left : left + width] = ink
    return prepared


def _scale(image, height, width):
    # A filter as wide as the reduction loses no line. A thin one becomes grey, so all is made darker afterwards:
    # nearly all digits of MNIST have a pixel of full ink.
    scaled = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
    return np.rint(scaled * (255 / scaled.max())).astype(np.uint8)


def read_photos(folder: Path | str) -> Split:
    """Read photos of handwritten digits, one each, into a split: as `prepare` returns them, in the order of the names.

    A photo shows nothing but white paper and the digit, best written with a felt-tip pen. Shadows, colours, any size
    and place of the digit, and white ink on black paper do no harm. The names of the JPEG or PNG files begin with the
    digit, as in ``7_mine.jpg``; other files are ignored.

    Raises
    ------
    MNISTError
        If the folder or a photo cannot be read, there is no photo, or one has no digit in its name or shows no ink.
    """
    folder = Path(folder).expanduser()
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise MNISTError(f"{folder}: {error.strerror}; expected a folder with photos such as 7_mine.jpg") from error
    photos = [path for path in paths if path.suffix.lower() in SUFFIXES]
    if not photos:
        raise MNISTError(f"{folder}: {len(paths)} files, no photo; expected JPEG or PNG files such as 7_mine.jpg")
    if unnamed := [path for path in photos if not NAME.match(path.name)]:
        raise MNISTError(f"{unnamed[0]}: expected a name that begins with the digit, such as 7_{unnamed[0].name}")
    images = np.array([prepare(_ink(_grey(path), path)) for path in photos])
    return Split(images, np.array([int(path.name[0]) for path in photos]), np.arange(len(photos)))


def _grey(path):
    """Read a photo: upright, small, ink on lighter paper, and of the three colours the darkest, so all ink is dark."""
    try:
        with warnings.catch_warnings(action="ignore", category=BOMB), Image.open(path, formats=FORMATS) as photo:
            photo.draft("RGB", (SIDE, SIDE))  # a JPEG file, of 108 megapixels even, is decoded at an eighth of its size
            photo = ImageOps.exif_transpose(photo)
            photo.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
            if photo.mode.startswith("I"):  # 16 bits
                photo = Image.fromarray((np.asarray(photo) // 257).astype(np.uint8))
            photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo.convert("RGBA"))
            photo = photo.convert("RGB")
            photo = ImageOps.invert(photo) if _is_light_on_dark(photo) else photo
            return np.asarray(photo).min(2).astype(np.float32)
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        expected = f"expected JPEG or PNG, at most {2 * Image.MAX_IMAGE_PIXELS:,} pixels. Save it as one, or smaller"
        raise MNISTError(f"{path}: cannot be read as a photo ({error!s:.100}); {expected}") from error


def _is_light_on_dark(photo):
    """Whether ink is lighter than paper, which there is more of around each place, in the sun and in the shade."""
    small = np.array(photo.convert("L").reduce(max(1, min(photo.size) // PAPER_SIDE)))
    side = max(1, min(small.shape) // 2)
    deviation = small - skimage.filters.rank.median(small, np.ones((side, side), np.uint8)).astype(np.float32)
    return (deviation**3).mean() > 0.5 * (deviation**2).mean() ** 1.5  # the skewness: noise has none, ink more than 1


def _ink(grey, path):
    """Compute how much ink is on each pixel: 0 for paper, in the sun and in the shade, and 1 for most of the ink."""
    grey = np.maximum(grey, 1)
    darkness = 1 - grey / _paper(grey)
    smooth = skimage.filters.gaussian(darkness, 1.5)
    noise = 1.5 * np.median(np.abs(smooth - np.median(smooth)))
    if smooth.max() < max(FAINTEST, 8 * noise):
        raise MNISTError(f"{path}: no ink is seen; expected a digit in ink on plain paper, and nothing else")
    marks = skimage.measure.label(smooth > smooth.max() / 3)
    inside = skimage.segmentation.clear_border(marks)
    sizes, sizes_inside = (np.bincount(labels[labels > 0], minlength=1) for labels in (marks, inside))
    if sizes_inside.max() > sizes.max() / 10:
        marks, sizes = inside, sizes_inside  # what reaches the edge is that of a table or a shadow
    digit = (sizes > sizes.max() / 20)[marks]  # smaller ones are specks
    ink = darkness / np.median(darkness[digit])
    around = skimage.morphology.dilation(digit, skimage.morphology.diamond(2))
    return np.where(around, ink.clip(0, 1), 0)


def _paper(grey):
    """Estimate the brightness of the paper everywhere, also under the ink."""
    small = np.asarray(Image.fromarray(grey).reduce(max(1, min(grey.shape) // PAPER_SIDE)))
    # A closing fills what is dark and narrow. Smoothed before, or it follows the brightest noise; and continued beyond
    # the edges in the same slope, or it takes the dark end of a slope for ink.
    size = max(3, round(min(small.shape) * WIDEST_PEN))
    sloped = np.pad(skimage.filters.gaussian(small, 1), size, "reflect", reflect_type="odd")
    square = skimage.morphology.footprint_rectangle((size, size), decomposition="separable")
    filled = skimage.morphology.closing(sloped, square)[size:-size, size:-size]
    paper = Image.fromarray(skimage.filters.gaussian(filled, 2))
    return np.asarray(paper.resize(grey.shape[::-1], Image.Resampling.BILINEAR))
