"""Readers of the two formats in which MNIST exists: IDX files and trees of PNG files."""

import gzip
import io
import re
import struct
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm.auto import tqdm

from mnist_tutorial.archives import MAX_BYTES, members
from mnist_tutorial.digests import Arrays
from mnist_tutorial.errors import MNISTError

IDX_FILES = Arrays(
    train_images="train-images-idx3-ubyte",
    train_labels="train-labels-idx1-ubyte",
    test_images="t10k-images-idx3-ubyte",
    test_labels="t10k-labels-idx1-ubyte",
)
COUNTS = {"train": 60_000, "test": 10_000}
WHAT_IS_READ = (
    "the four IDX files (train-images-idx3-ubyte and so on, also as .gz), or PNG files as "
    "train/7_000123.png or train/7/7_000123.png"
)
# train/7_000123.png (flat) or train/7/7_000123.png (class folders; there the file name may leave out the digit).
PNG_NAME = re.compile(r"(?:^|.*/)(train|test)/(?:(\d)/)?(?:(\d)_)?(\d+)\.png$")


def read(path):
    """Read all of MNIST from a folder, a zip or a tar archive.

    Parameters
    ----------
    path : path-like
        A folder or an archive with the IDX files or the PNG files, at any depth.

    Returns
    -------
    Arrays
        In official order, whatever the form.

    Raises
    ------
    MNISTError
        If the path does not exist, is neither, or does not hold all 70,000 digits.
    """
    path = Path(path)
    found = members(path)
    by_name = {name.rsplit("/", 1)[-1].replace(".idx", "-idx").removesuffix(".gz"): name for name in found}
    if any(name in by_name for name in IDX_FILES):
        missing = [name for name in IDX_FILES if name not in by_name]
        if missing:
            raise MNISTError(f"{path}: no {', '.join(missing)}; expected {WHAT_IS_READ}")
        return _idx_arrays({name: (by_name[name], found[by_name[name]]) for name in IDX_FILES}, path)
    pngs = [(match, found[name]) for name in found if (match := PNG_NAME.match(name))]
    if pngs:
        return _png_arrays(pngs, path)
    raise MNISTError(f"{path}: {len(found)} files, none of them MNIST's; expected {WHAT_IS_READ}")


def read_idx(data, name):
    """Read one IDX file, the format of the original data set.

    Parameters
    ----------
    data : bytes
        The file, also compressed with gzip.
    name : str
        The name of the file, for messages.

    Returns
    -------
    ndarray of uint8
        With as many dimensions as the file says.

    Raises
    ------
    MNISTError
        If the file is cut short, or is no IDX file of bytes.

    References
    ----------
    The format is described in "The MNIST database of handwritten digits", LeCun, Cortes and Burges: a magic number
    (two zeros, the type, the number of dimensions), each dimension as a big-endian int32, then the data.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]), "labels")
    array([7, 8, 9], dtype=uint8)
    """
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(MAX_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            raise MNISTError(f"{name}: gzip ends early or is damaged ({error}); fetch the file anew") from error
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise MNISTError(f"{name}: begins with {data[:4]!r}; expected an IDX file of bytes, b'\\x00\\x00\\x08...'")
    header = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:header]) if len(data) >= header else ()
    expected = header + int(np.prod(shape, dtype=np.int64))
    if len(data) != expected:
        raise MNISTError(f"{name}: {len(data):,} bytes, expected {expected:,} for shape {shape}; fetch the file anew")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def _idx_arrays(found, path):
    arrays = Arrays(*(read_idx(read_bytes(), f"{path}: {name}") for name, read_bytes in found.values()))
    for part in ("train", "test"):
        images, labels = getattr(arrays, f"{part}_images"), getattr(arrays, f"{part}_labels")
        shape = (COUNTS[part], 28, 28)
        if images.shape != shape or labels.shape != shape[:1]:
            raise MNISTError(f"{path}: {part} images {images.shape} and labels {labels.shape}; expected {shape}")
    return arrays


def official_labels(part):
    """Load the labels of MNIST in official order, which the package carries.

    The n-th PNG of a digit is the n-th image of that digit in official order, so the labels alone are enough to put a
    tree of PNG files, which knows only digits and numbers, back into the order that the published indices refer to.

    Parameters
    ----------
    part : {"train", "test"}

    Returns
    -------
    ndarray of uint8, shape (60000,) or (10000,)

    Examples
    --------
    >>> official_labels("train")[:10]
    array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], dtype=uint8)
    """
    packed = np.frombuffer((files("mnist_tutorial") / "labels.bin").read_bytes(), np.uint8)
    labels = np.stack([packed >> 4, packed & 15], axis=1).ravel()  # two digits a byte
    return labels[: COUNTS["train"]] if part == "train" else labels[COUNTS["train"] :]


def _png_arrays(pngs, path):
    numbered = {"train": [], "test": []}
    for match, read_bytes in pngs:
        part, folder, prefix, number = match.groups()
        if folder and prefix and folder != prefix:
            raise MNISTError(f"{path}: {match.group()} names digit {prefix} in the folder of digit {folder}")
        if not (folder or prefix):
            raise MNISTError(f"{path}: {match.group()} names no digit; expected {WHAT_IS_READ}")
        numbered[part].append((int(folder or prefix), int(number), match.group(), read_bytes))
    for part, entries in numbered.items():
        entries.sort(key=lambda entry: entry[:2])
        found = np.bincount([entry[0] for entry in entries], minlength=10)
        for digit, (is_, should) in enumerate(zip(found, np.bincount(official_labels(part)), strict=True)):
            if is_ != should:
                raise MNISTError(
                    f"{path}: {is_:,} PNG files of digit {digit} for {part}, expected {should:,}; "
                    "fetch MNIST anew with: python -m mnist_tutorial fetch"
                )
    arrays = []
    with tqdm(total=len(pngs), desc="reading PNG files", unit=" files", delay=1, leave=False) as bar:
        for part, entries in numbered.items():
            labels = official_labels(part)
            images = np.empty((len(labels), 28, 28), np.uint8)
            # The stable sort by label lists the official positions of all 0s, then of all 1s: the order of the files.
            for position, (_, _, name, read_bytes) in zip(np.argsort(labels, kind="stable"), entries, strict=True):
                images[position] = _read_png(read_bytes(), f"{path}: {name}")
                bar.update()
            arrays += [images, labels]
    return Arrays(*arrays)


def _read_png(data, name):
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if image.mode != "L" or image.size != (28, 28):
                raise MNISTError(f"{name}: {image.mode} {image.size}; expected 8-bit grayscale (L), 28 x 28 pixels")
            return np.frombuffer(image.tobytes(), np.uint8).reshape(28, 28)
    except (OSError, SyntaxError, ValueError) as error:
        raise MNISTError(f"{name}: not a PNG image ({error}); fetch MNIST anew") from error
