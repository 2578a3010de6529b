"""Predictions: the digits that a network predicts, as text."""

import base64
import zlib
from collections.abc import Sequence

import numpy as np


def pack(predictions: Sequence[int] | np.ndarray) -> str:
    """Write digits as text: zlib, then base 64.

    Examples
    --------
    >>> unpack(pack([7, 2, 1, 0]))
    array([7, 2, 1, 0], dtype=uint8)
    """
    return base64.b64encode(zlib.compress(np.asarray(predictions, np.uint8).tobytes(), 9)).decode()


def unpack(text: str) -> np.ndarray:
    """Read digits that `pack` wrote: ndarray of uint8; raises ValueError or zlib.error."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
