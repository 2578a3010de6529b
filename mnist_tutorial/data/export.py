"""Exports: MNIST as files, in a folder or in a zip archive."""

import csv
import io
import os
import zipfile
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from tqdm.auto import tqdm

from mnist_tutorial.data.readers import png
from mnist_tutorial.data.readers.formats import BAR
from mnist_tutorial.data.reference import listing
from mnist_tutorial.errors import MNISTError

# Where the file of digit 7, number 123, of the training set is.
LAYOUTS = {
    "class-folders": "{part}/{digit}/{digit}_{number:06}.png",
    "flat": "mnist/{part}/{digit}_{number:06}.png",
}
ROOT = "MNIST_dataset"  # the one folder in a zip, so that unpacking it litters nothing


def tree(mnist, layout="class-folders", manifest=False):
    """List the files of an export, one after the other.

    Parameters
    ----------
    mnist : MNIST
        As `load` returns it.
    layout : {"class-folders", "flat"}
        ``train/7/7_000123.png``, or ``mnist/train/7_000123.png`` as in DeepTrackAI/MNIST_dataset.
    manifest : bool
        Whether to add ``manifest.csv`` with the columns path, label, split, index (the official one) and sha256 (of
        the file).

    Yields
    ------
    name : str
        With ``/`` between folders.
    data : bytes
        The same for the same arguments, on every machine.

    Raises
    ------
    MNISTError
        If the layout is unknown.
    """
    if layout not in LAYOUTS:
        raise MNISTError(f"layout is {layout!r}; expected one of {', '.join(map(repr, LAYOUTS))}")
    yield "README.md", _readme(mnist, layout, manifest).encode()
    yield "LICENSE.txt", _text("licence.txt").encode()
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(["path", "label", "split", "index", "sha256"])
    with tqdm(total=len(mnist.train) + len(mnist.test), desc="writing PNG files", **BAR) as bar:
        for part in ("train", "test"):
            split, known = getattr(mnist, part), listing(mnist.variant, part)
            for at in np.argsort(split.labels, kind="stable"):  # as a folder would list them
                digit = split.labels[at]
                name = LAYOUTS[layout].format(part=part, digit=digit, number=known.numbers[at])
                data = png.encode(split.images[at])
                if manifest:
                    table.writerow([name, digit, part, split.index[at], sha256(data).hexdigest()])
                yield name, data
                bar.update()
    if manifest:
        yield "manifest.csv", rows.getvalue().encode()


def to_folder(mnist, folder, layout="class-folders", manifest=False, force=False):
    """Write MNIST into a folder.

    Parameters
    ----------
    mnist, layout, manifest
        As for `tree`.
    folder : path-like
        Made if it does not exist. Files that are there already, from an export that was interrupted, stay.
    force : bool
        Whether to overwrite files with other contents.

    Returns
    -------
    int
        How many files were written.

    Raises
    ------
    MNISTError
        If there were files with other contents, and `force` is false. They were left alone, all others written.
    OSError
        If the folder cannot be written.
    """
    folder = Path(folder)
    made, others, written = set(), [], 0
    for name, data in tree(mnist, layout, manifest):
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        if path.exists():
            if path.read_bytes() == data:
                continue
            if not force:
                others.append(name)
                continue
        # Written whole or not at all, so that what an interrupted export left is always right.
        temporary = folder / ".export.part"
        temporary.write_bytes(data)
        temporary.replace(path)
        written += 1
    if others:
        raise MNISTError(
            f"{folder}: {len(others):,} files exist with other contents and were left alone, the first {others[0]}; "
            "all others are complete. To overwrite them: --force"
        )
    return written


def to_zip(mnist, path, layout="class-folders", manifest=False, force=False):
    """Write MNIST into a zip archive, the same bytes on every machine and day.

    Parameters
    ----------
    mnist, layout, manifest
        As for `tree`. In the archive, the tree is in the folder ``MNIST_dataset``.
    path : path-like
        The archive.
    force : bool
        Whether to overwrite it.

    Returns
    -------
    int
        How many files are in it.

    Raises
    ------
    MNISTError
        If it exists, and `force` is false.
    OSError
        If it cannot be written.
    """
    path = Path(path)
    if path.exists() and not force:
        raise MNISTError(f"{path} exists; to overwrite it: --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        # Not packed a second time: PNG files are, and how zlib packs depends on its build.
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            for name, data in tree(mnist, layout, manifest):
                entry = zipfile.ZipInfo(f"{ROOT}/{name}", (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3  # Unix, also when written on another
                entry.external_attr = 0o100644 << 16  # a file that its owner may write and all may read
                archive.writestr(entry, data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(archive.infolist())


def _text(name):
    return (files(__package__) / "texts" / name).read_text(encoding="utf-8")


def _readme(mnist, layout, manifest):
    if mnist.variant == "full":
        title = "MNIST"
        overview = (
            "MNIST is a benchmark of handwritten digits, with which image classification has been taught since "
            "1998: 60,000 images for training and 10,000 for testing."
        )
    else:
        title = "A sample of MNIST"
        overview = (
            "These are 5,000 of the 60,000 training images of MNIST, the first 500 of each digit. **An accuracy that "
            "is measured on them is not MNIST test accuracy.**"
        )
    return Template(_text("dataset.md")).substitute(
        title=title,
        overview=overview,
        train=f"{len(mnist.train):,}",
        test=f"{len(mnist.test):,}",
        train_counts=" ".join(map(str, np.bincount(mnist.train.labels))),
        test_counts=" ".join(map(str, np.bincount(mnist.test.labels))),
        example=LAYOUTS[layout].format(part="train", digit=7, number=123),
        structure=_text(f"structure-{layout}.md"),
        manifest=_text("manifest.md") if manifest else "",
        usage=_text(f"usage-{layout}.md"),
        citation=_text("citation.txt"),
        licence=_text("licence.txt"),
    )
