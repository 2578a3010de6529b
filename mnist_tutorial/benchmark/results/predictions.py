"""Predictions: the digits that a network predicts, as text."""

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from mnist_tutorial.data.reference import COUNTS


def pack(predictions: Sequence[int] | np.ndarray) -> str:
    """Write digits as text: zlib, then base 64.

    Examples
    --------
    >>> unpack(pack([7, 2, 1, 0]))
    array([7, 2, 1, 0], dtype=uint8)
    """
    return base64.b64encode(zlib.compress(np.asarray(predictions, np.uint8).tobytes(), 9)).decode()


def unpack(text: str) -> np.ndarray:
    """Read digits that `pack` wrote: ndarray of uint8.

    Raises
    ------
    ValueError
        If the text is cut short, or holds anything but digits, or more of them than anybody predicts.
    """
    most, stream = COUNTS["test"], zlib.decompressobj()
    try:  # a few bytes could unpack to gigabytes
        digits = np.frombuffer(stream.decompress(base64.b64decode(text), most + 1), np.uint8)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not stream.eof or digits.max(initial=0) > 9:
        raise ValueError(f"expected at most {most:,} digits from 0 to 9")
    return digits
