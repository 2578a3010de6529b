"""The formats of MNIST, IDX files and PNG files, read into arrays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mnist_tutorial.data.progress import file_bar
from mnist_tutorial.data.readers import idx, png
from mnist_tutorial.data.readers.archives import members
from mnist_tutorial.data.reference import SAMPLE_ALL, Arrays, listing
from mnist_tutorial.errors import MNISTError

IDX_FILES = Arrays(
    train_images="train-images-idx3-ubyte",
    train_labels="train-labels-idx1-ubyte",
    test_images="t10k-images-idx3-ubyte",
    test_labels="t10k-labels-idx1-ubyte",
)
WHAT_IS_READ = (
    "the four IDX files (train-images-idx3-ubyte and so on, also as .gz), or PNG files as "
    "train/7_000123.png or train/7/7_000123.png"
)
Members = dict[str, Callable[[], bytes]]


def read(path: Path | str) -> tuple[Arrays, str]:
    """Read MNIST from a folder, a zip or a tar archive.

    Parameters
    ----------
    path : path-like
        A folder or an archive with the IDX files or the PNG files, at any depth.

    Returns
    -------
    arrays : Arrays
        In official order, whatever the format. Only their digests show whether they are MNIST's.
    variant : {"full", "sample"}
        By the number of files.

    Raises
    ------
    MNISTError
        If the path does not exist, is neither, or does not hold all the digits.
    """
    return assemble(members(path), path)


def assemble(files: Members, path: Path | str) -> tuple[Arrays, str]:
    """Do what `read` does with files that are listed already.

    Parameters
    ----------
    files : dict of str to callable
        As `archives.members` returns them.
    path : path-like
        The folder or archive that they are in, for messages.

    Returns
    -------
    arrays : Arrays
    variant : {"full", "sample"}

    Raises
    ------
    MNISTError
        If they are not all the digits.
    """
    if idx_set := idx_files(files):
        return _idx_arrays(idx_set, path), "full"
    pngs = [(*identity, name, read_bytes) for name, read_bytes in files.items() if (identity := png.parse(name))]
    if pngs:
        return _png_arrays(pngs, path)
    raise MNISTError(f"{path}: {len(files):,} files, none of them MNIST's; expected {WHAT_IS_READ}")


def idx_files(files: Members) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Find the IDX files among others.

    Parameters
    ----------
    files : dict of str to callable
        As `archives.members` returns them.

    Returns
    -------
    dict of str to tuple
        For each name of `IDX_FILES` that is there, the name inside and the function that reads the file.
    """
    by_name = {name.rsplit("/", 1)[-1].replace(".idx", "-idx").removesuffix(".gz"): name for name in files}
    return {name: (by_name[name], files[by_name[name]]) for name in IDX_FILES if name in by_name}


def _idx_arrays(idx_set, path):
    if missing := [name for name in IDX_FILES if name not in idx_set]:
        raise MNISTError(f"{path}: no {', '.join(missing)}; expected {WHAT_IS_READ}")
    arrays = Arrays(*(idx.decode(read_bytes(), f"{path}: {name}") for name, read_bytes in idx_set.values()))
    for part in ("train", "test"):
        images, labels = getattr(arrays, f"{part}_images"), getattr(arrays, f"{part}_labels")
        shape = (len(listing("full", part).labels), 28, 28)
        if images.shape != shape or labels.shape != shape[:1]:
            raise MNISTError(f"{path}: {part} images {images.shape} and labels {labels.shape}; expected {shape}")
    return arrays


def _png_arrays(pngs, path):
    variant = "sample" if len(pngs) <= 10 * SAMPLE_ALL else "full"
    arrays = []
    with file_bar("reading PNG files", len(pngs)) as bar:
        for part in ("train", "test"):
            labels = listing(variant, part).labels
            files = sorted((file[1:] for file in pngs if file[0] == part), key=lambda file: file[:3])
            counts, expected = np.bincount([file[0] for file in files], minlength=10), np.bincount(labels)
            for digit in np.flatnonzero(counts != expected):
                raise MNISTError(
                    f"{path}: {counts[digit]:,} PNG files of digit {digit} in {part}, expected {expected[digit]:,}"
                )
            images = np.empty((len(labels), 28, 28), np.uint8)
            # The n-th file of a digit is the n-th image of that digit in official order, and the files are sorted by
            # digit and number: so a stable sort of the official labels gives the position of each.
            for position, (*_, name, read_bytes) in zip(np.argsort(labels, kind="stable"), files, strict=True):
                images[position] = png.decode(read_bytes(), f"{path}: {name}")
                bar.update()
            arrays += [images, labels]
    return Arrays(*arrays), variant
