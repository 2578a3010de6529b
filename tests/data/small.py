"""A data set of 70 digits in the place of MNIST, at a thousandth of the cost.

A test module has it by a fixture ``small`` of its own that yields from `shrunk`.
"""

import struct
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from mnist_tutorial.data import MNIST, Split, cache, files, reference
from mnist_tutorial.data.reference import Arrays, Listing

COUNTS = {"train": 60, "test": 10}
# What a program of another process begins with to have it.
SHRINK = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from small import shrink
shrink(setattr)
"""


def shrink(change):
    """Put 70 images of noise, with the labels of MNIST's first digits, in the place of MNIST, and return them.

    `change` is `setattr`, or the one of a monkeypatch.
    """
    original, rng = reference.listing, np.random.default_rng(0)

    def listing(variant, part):
        whole = original(variant, part)
        return whole if variant == "sample" else Listing(*(column[: COUNTS[part]] for column in whole))

    images = [rng.integers(0, 2, (count, 28, 28), "u1") * 255 for count in COUNTS.values()]
    labels = [listing("full", part).labels for part in COUNTS]
    arrays = Arrays(images[0], labels[0], images[1], labels[1])
    change(cache, "SHAPES", Arrays(*(array.shape for array in arrays)))
    change(cache, "SIZES", [array.size for array in arrays])
    change(reference, "DIGESTS", reference.DIGESTS | {"full": Arrays(*map(reference.digest, arrays))})
    change(files, "listing", listing)
    change(sys.modules["mnist_tutorial.data.load"], "listing", listing)
    return arrays


def pack(arrays, path):
    """Write IDX files into a zip archive, a sixth of their size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in zip(files.IDX_FILES, arrays, strict=True):
            archive.writestr(name, struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


def few(arrays):
    """Take the first four digits, to be exported."""
    train = Split(arrays.train_images[:2], arrays.train_labels[:2], np.arange(2))
    test = Split(arrays.test_images[:2], arrays.test_labels[:2], np.arange(2))
    return MNIST(train, test, "full", "here", None, reference.DIGESTS["full"])


def shrunk(tmp_path_factory):
    """Shrink MNIST for the tests of a module; the value has the arrays, and the zip archive."""
    import pytest

    path = tmp_path_factory.mktemp("small") / "mnist.zip"
    with pytest.MonkeyPatch.context() as patch:
        arrays = shrink(patch.setattr)
        pack(arrays, path)
        yield SimpleNamespace(zip=path, arrays=arrays)
