"""One digit as a PNG file."""

import io
import re
import struct
import zlib

import numpy as np
from PIL import Image

from mnist_tutorial.errors import MNISTError

# Flat or in class folders; in a class folder the file name may leave out the digit.
NAME = re.compile(r"(?:^|.*/)(train|test)/(?:(\d)/)?(?:(\d)_)?(\d{1,9})\.png$", re.ASCII)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# The signature and the header of an image of 28 x 28 pixels, 8 bits, grayscale, not interlaced.
HEAD = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0))
END = _chunk(b"IEND", b"")
ROWS = np.zeros((28, 29), np.uint8)  # each row begins with its filter: 0 is none


def parse(name: str) -> tuple[str, int, int] | None:
    """Parse the name of a PNG file, which says what digit it holds.

    Parameters
    ----------
    name : str
        As in ``train/7_000123.png`` or ``mnist/train/7/7_000123.png``.

    Returns
    -------
    tuple of str, int, int, or None
        Part, digit and number; None if it is not the name of a digit's file.

    Raises
    ------
    MNISTError
        If the name has two different digits, or none.

    Examples
    --------
    >>> parse("mnist/train/7_000123.png")
    ('train', 7, 123)
    """
    match = NAME.match(name)
    if not match:
        return None
    part, folder, prefix, number = match.groups()
    if folder and prefix and folder != prefix:
        raise MNISTError(f"{name} names digit {prefix} in the folder of digit {folder}")
    if not (folder or prefix):
        raise MNISTError(f"{name} names no digit; expected a name like {part}/7_000123.png or {part}/7/7_000123.png")
    return part, int(folder or prefix), int(number)


def encode(image: np.ndarray) -> bytes:
    """Encode a digit as a PNG file, the same bytes on every machine.

    Parameters
    ----------
    image : ndarray of uint8, shape (28, 28)

    Returns
    -------
    bytes
        8-bit grayscale.

    Notes
    -----
    Builds of zlib and releases of Pillow compress differently, except with the strategy ``Z_RLE``, which compresses
    only runs of equal bytes and leaves nothing to choose. The files are no larger, since most of a digit is paper.

    References
    ----------
    "Portable Network Graphics (PNG) Specification", third edition, W3C, 2025.

    Examples
    --------
    >>> len(encode(np.zeros((28, 28), dtype=np.uint8)))
    72
    """
    rows = ROWS.copy()
    rows[:, 1:] = image
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return HEAD + _chunk(b"IDAT", packer.compress(rows.tobytes()) + packer.flush()) + END


def decode(data: bytes, name: str) -> np.ndarray:
    """Decode a digit from a PNG file.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Its name, for messages.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Raises
    ------
    MNISTError
        If it is not a PNG file, or not an 8-bit grayscale image of 28 x 28 pixels.

    Examples
    --------
    >>> decode(encode(np.full((28, 28), 7, dtype=np.uint8)), "my file")[0, :3]
    array([7, 7, 7], dtype=uint8)
    """
    try:
        if data.startswith(HEAD) and data.endswith(END) and data[37:41] == b"IDAT":
            (size,) = struct.unpack(">I", data[33:37])
            if len(data) == 33 + 12 + size + 12:
                return _pixels(data[41 : 41 + size])
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode != "L" or image.size != (28, 28):
                raise MNISTError(f"{name}: {image.mode} {image.size}; expected 8-bit grayscale (L), 28 x 28 pixels")
            return np.frombuffer(image.tobytes(), np.uint8).reshape(28, 28)
    except MNISTError:
        raise
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        raise MNISTError(f"{name}: not a PNG image ({error}); fetch MNIST again") from error


def _pixels(packed):
    """Unpack a file that holds nothing but pixels, in a third of the time that Image.open takes."""
    rows = zlib.decompressobj().decompress(packed, ROWS.size + 1)
    if len(rows) != ROWS.size:
        raise ValueError(f"{len(rows)} bytes of pixels, expected {ROWS.size}")
    if any(rows[:: ROWS.shape[1]]):  # rows with filters
        rows = Image.frombytes("L", (28, 28), packed, "zip", "L", 0).tobytes()
        return np.frombuffer(rows, np.uint8).reshape(28, 28)
    return np.frombuffer(rows, np.uint8).reshape(ROWS.shape)[:, 1:]
