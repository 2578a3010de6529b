"""IDX, the format of the original files."""

import gzip
import io
import math
import struct

import numpy as np

from mnist_tutorial.data.readers.archives import MAX_BYTES
from mnist_tutorial.errors import MNISTError

MAX_DIMENSIONS = 3  # of images; labels have one


def decode(data: bytes, name: str) -> np.ndarray:
    """Decode an IDX file.

    Parameters
    ----------
    data : bytes
        The file, also compressed with gzip.
    name : str
        The name of the file, for messages.

    Returns
    -------
    ndarray of uint8
        Of the shape in the file's header.

    Raises
    ------
    MNISTError
        If the file is cut short, or is not an IDX file of bytes.

    References
    ----------
    The format is described in "The MNIST database of handwritten digits", LeCun, Cortes and Burges: a magic number
    (two zeros, the type, the number of dimensions), each dimension as a big-endian int32, then the data.

    Examples
    --------
    >>> decode(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), "labels")
    array([7, 8, 9], dtype=uint8)
    """
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(MAX_BYTES)
        except Exception as error:  # a damaged file makes gzip raise almost anything
            raise MNISTError(f"{name}: gzip ends early or is damaged ({error}); fetch the file again") from error
    if len(data) < 4 or data[:3] != b"\x00\x00\x08" or not 1 <= data[3] <= MAX_DIMENSIONS:
        raise MNISTError(
            f"{name}: begins with {data[:4]!r}; expected an IDX file of bytes: two zeros, 8, and 1 to {MAX_DIMENSIONS}"
        )
    header = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:header]) if len(data) >= header else ()
    expected = header + math.prod(shape)
    if len(data) != expected or not all(shape):
        raise MNISTError(f"{name}: {len(data):,} bytes, expected {expected:,} for shape {shape}; fetch the file again")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
