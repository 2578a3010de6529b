"""Photos of handwritten digits, prepared as those of MNIST."""

import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

from mnist_tutorial.data.preparation import prepare
from mnist_tutorial.data.split import Split
from mnist_tutorial.errors import MNISTError

READ, NOT_READ = {".jpg", ".jpeg", ".png"}, {".heic", ".heif", ".webp", ".gif", ".tif", ".tiff", ".bmp"}
NAME = re.compile(r"\d(?!\d)", re.ASCII)
SIDE = 600  # pixels of the longer side on which a photo is worked on
FAINTEST = 0.15  # how much darker than paper the ink has to be: that of a pencil is 0.4
PAPER_SIDE = 120  # the same for the brightness of the paper, which changes slowly
WIDEST_PEN = 1 / 6  # of the shorter side: what is dark and narrower than that is not paper


def read_photos(folder: Path | str) -> Split:
    """Read photos of handwritten digits, one digit each.

    Write with a felt-tip pen on white paper, so that the photo shows nothing but paper and the digit. Shadows, other
    colours of ink, and any size and place of the digit do no harm.

    Parameters
    ----------
    folder : path-like
        With JPEG or PNG files whose names begin with the digit, such as ``7_mine.jpg``. Other files are ignored.

    Returns
    -------
    Split
        The digits as `prepare` returns them, in the order of the file names; `index` counts them.

    Raises
    ------
    MNISTError
        If there is no such folder, or no photo in it; if the name of one does not begin with its digit; if one cannot
        be read, is too large, or shows no ink.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     photo = Image.new("L", (300, 400), "white")
    ...     photo.paste("black", (180, 100, 200, 250))
    ...     photo.save(f"{folder}/1_mine.png")
    ...     read_photos(folder)
    Split(1 digits)
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise MNISTError(f"there is no folder {folder}; expected one with photos of digits, such as 7_mine.jpg")
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise MNISTError(f"{folder}: cannot be read ({error.strerror or error}); expected a folder of yours") from error
    if other := [path for path in paths if path.suffix.lower() in NOT_READ]:
        raise MNISTError(f"{other[0]}: expected a JPEG or PNG file. Save the photo as one, or move it elsewhere")
    photos = [path for path in paths if path.suffix.lower() in READ]
    if not photos:
        raise MNISTError(
            f"{folder}: {len(paths)} files, none of them a photo; expected JPEG or PNG, such as 7_mine.jpg"
        )
    if unnamed := [path for path in photos if not NAME.match(path.name)]:
        raise MNISTError(
            f"{unnamed[0]}: the name does not begin with a digit; expected the digit in the photo first, such as "
            f"7_{unnamed[0].name}. Rename it"
        )
    images = np.array([prepare(_ink(_grey(path), path)) for path in photos])
    return Split(images, np.array([int(path.name[0]) for path in photos]), np.arange(len(photos)))


def _grey(path):
    """Read a photo: upright, small, and of the three colours the darkest, so that ink of any colour is dark."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["JPEG", "PNG"]) as photo:
                photo.draft("RGB", (SIDE, SIDE))  # a JPEG file can be decoded at an eighth of its size
                photo = ImageOps.exif_transpose(photo)
                photo.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
                if photo.mode.startswith("I"):  # 16 bits
                    photo = Image.fromarray((np.asarray(photo) // 257).astype(np.uint8))
                photo = photo.convert("RGBA")
                paper = Image.new("RGBA", photo.size, "white")
                return np.asarray(Image.alpha_composite(paper, photo))[..., :3].min(2).astype(np.float32)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise MNISTError(
            f"{path}: too large; expected at most {Image.MAX_IMAGE_PIXELS:,} pixels. Save it smaller"
        ) from error
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        raise MNISTError(f"{path}: cannot be read as a photo ({error!s:.100}); expected JPEG or PNG") from error


def _ink(grey, path):
    """Compute how much ink is on each pixel: 0 for paper, in the sun and in the shade, and 1 for most of the ink."""
    grey = np.maximum(grey, 1)
    darkness = 1 - grey / _paper(grey)
    smooth = ndimage.gaussian_filter(darkness, 1.5)
    noise = 1.5 * np.median(np.abs(smooth - np.median(smooth)))
    if smooth.max() < max(FAINTEST, 8 * noise):
        raise MNISTError(f"{path}: no ink is seen; expected a digit in dark ink on light paper, and nothing else")
    marks, n = ndimage.label(smooth > smooth.max() / 3, np.ones((3, 3)))
    sizes = np.bincount(marks.ravel(), minlength=n + 1)
    sizes[0] = 0
    inside = sizes.copy()
    inside[np.unique(np.concatenate([marks[[0, -1]].ravel(), marks[:, [0, -1]].ravel()]))] = 0
    if inside.max() > sizes.max() / 10:
        sizes = inside  # what reaches the edge is that of a table or a shadow
    digit = (sizes > sizes.max() / 20)[marks]  # smaller ones are specks
    ink = darkness / np.median(darkness[digit])
    return np.where(ndimage.binary_dilation(digit, iterations=2), ink.clip(0, 1), 0)


def _paper(grey):
    """Estimate the brightness of the paper everywhere, also under the ink."""
    height, width = grey.shape
    factor = max(1, min(height, width) // PAPER_SIDE)
    small = np.asarray(Image.fromarray(grey).reduce(factor))
    # A closing fills what is dark and narrow. Smoothed before, or it follows the brightest noise; and continued beyond
    # the edges in the same slope, or it takes the dark end of a slope for ink.
    size = max(3, round(min(small.shape) * WIDEST_PEN))
    sloped = np.pad(ndimage.gaussian_filter(small, 1), size, "reflect", reflect_type="odd")
    small = ndimage.gaussian_filter(ndimage.grey_closing(sloped, size)[size:-size, size:-size], 2)
    paper = Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(paper)
