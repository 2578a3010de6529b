"""The formats in which MNIST exists, a set of IDX files or a tree of PNG files, as arrays."""

import numpy as np
from tqdm.auto import tqdm

from mnist_tutorial.data.readers import idx, png
from mnist_tutorial.data.readers.archives import members
from mnist_tutorial.data.reference import Arrays, listing
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
# Fifty times a second at most a bar would be redrawn; to ask it for each of 70,000 files costs more than reading them.
BAR = dict(unit=" files", delay=1, leave=False, miniters=500)


def read(path):
    """Read MNIST from a folder, a zip or a tar archive.

    Parameters
    ----------
    path : path-like
        A folder or an archive with the IDX files or the PNG files, at any depth.

    Returns
    -------
    arrays : Arrays
        In official order, whatever the form. Only their digests tell whether they are MNIST's.
    variant : {"full", "sample"}
        What the number of files says that they are.

    Raises
    ------
    MNISTError
        If the path does not exist, is neither, or does not hold all the digits.
    """
    return assemble(members(path), path)


def assemble(found, path):
    """Make arrays of files, as `read` does.

    Parameters
    ----------
    found : dict of str to callable
        As `archives.members` returns it.
    path : path-like
        Where they were found, for messages.

    Returns
    -------
    arrays, variant
        As of `read`.

    Raises
    ------
    MNISTError
        As of `read`.
    """
    if idx_set := idx_files(found):
        return _idx_arrays(idx_set, path), "full"
    pngs = [(*place, name, found[name]) for name in found if (place := png.place(name))]
    if pngs:
        return _png_arrays(pngs, path)
    raise MNISTError(f"{path}: {len(found):,} files, none of them MNIST's; expected {WHAT_IS_READ}")


def idx_files(found):
    """Find the IDX files among others.

    Parameters
    ----------
    found : dict of str to callable
        As `archives.members` returns it.

    Returns
    -------
    dict of str to tuple
        For each name of `IDX_FILES` that is there, the name inside and the function that reads the file.
    """
    by_name = {name.rsplit("/", 1)[-1].replace(".idx", "-idx").removesuffix(".gz"): name for name in found}
    return {name: (by_name[name], found[by_name[name]]) for name in IDX_FILES if name in by_name}


def _idx_arrays(found, path):
    if missing := [name for name in IDX_FILES if name not in found]:
        raise MNISTError(f"{path}: no {', '.join(missing)}; expected {WHAT_IS_READ}")
    arrays = Arrays(*(idx.decode(read_bytes(), f"{path}: {name}") for name, read_bytes in found.values()))
    for part in ("train", "test"):
        images, labels = getattr(arrays, f"{part}_images"), getattr(arrays, f"{part}_labels")
        shape = (len(listing("full", part).labels), 28, 28)
        if images.shape != shape or labels.shape != shape[:1]:
            raise MNISTError(f"{path}: {part} images {images.shape} and labels {labels.shape}; expected {shape}")
    return arrays


def _png_arrays(pngs, path):
    variant = "sample" if len(pngs) <= 5_000 else "full"
    arrays = []
    with tqdm(total=len(pngs), desc="reading PNG files", **BAR) as bar:
        for part in ("train", "test"):
            labels = listing(variant, part).labels
            files = sorted((file[1:] for file in pngs if file[0] == part), key=lambda file: file[:3])
            found, expected = np.bincount([file[0] for file in files], minlength=10), np.bincount(labels)
            for digit in np.flatnonzero(found != expected):
                raise MNISTError(
                    f"{path}: {found[digit]:,} PNG files of digit {digit} for {part}, expected {expected[digit]:,}"
                )
            images = np.empty((len(labels), 28, 28), np.uint8)
            # The n-th file of a digit is the n-th image of that digit in official order, and the files are sorted by
            # digit and number: so a stable sort of the official labels tells where each belongs.
            for position, (*_, name, read_bytes) in zip(np.argsort(labels, kind="stable"), files, strict=True):
                images[position] = png.decode(read_bytes(), f"{path}: {name}")
                bar.update()
            arrays += [images, labels]
    return Arrays(*arrays), variant
