"""Exports: MNIST as files, in a folder or in a zip archive."""

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np

from mnist_tutorial.data.cache import atomic
from mnist_tutorial.data.load import MNIST
from mnist_tutorial.data.progress import file_bar
from mnist_tutorial.data.readers import png
from mnist_tutorial.data.reference import listing
from mnist_tutorial.errors import MNISTError

LAYOUTS = {
    "class-folders": "{part}/{digit}/{digit}_{number:06}.png",
    "flat": "mnist/{part}/{digit}_{number:06}.png",
}
ROOT = "MNIST_dataset"  # everything in a zip is in this folder, so that nobody unpacks 70,000 files among their own


def tree(mnist: MNIST, layout: str = "class-folders", manifest: bool = False) -> Iterator[tuple[str, bytes]]:
    """Generate the files of an export.

    Parameters
    ----------
    mnist : MNIST
        As `load` returns it.
    layout : {"class-folders", "flat"}
        ``train/7/7_000123.png``, or ``mnist/train/7_000123.png`` as in DeepTrackAI/MNIST_dataset.
    manifest : bool
        Whether to add ``manifest.csv`` with the columns path, label, split, index (the official position) and sha256
        (of the file).

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
    with file_bar("writing PNG files", len(mnist.train) + len(mnist.test)) as bar:
        for part in ("train", "test"):
            split, numbers = getattr(mnist, part), listing(mnist.variant, part).numbers
            for position in np.argsort(split.labels, kind="stable"):  # as a folder would list them
                digit = split.labels[position]
                name = LAYOUTS[layout].format(part=part, digit=digit, number=numbers[position])
                data = png.encode(split.images[position])
                if manifest:
                    table.writerow([name, digit, part, split.index[position], sha256(data).hexdigest()])
                yield name, data
                bar.update()
    if manifest:
        yield "manifest.csv", rows.getvalue().encode()


def to_folder(
    mnist: MNIST, folder: Path | str, layout: str = "class-folders", manifest: bool = False, force: bool = False
) -> int:
    """Write MNIST into a folder.

    Parameters
    ----------
    mnist, layout, manifest
        As for `tree`.
    folder : path-like
        Made if it does not exist. An interrupted export is completed: the files that are there already stay.
    force : bool
        Whether to overwrite files with other contents.

    Returns
    -------
    int
        How many files were written.

    Raises
    ------
    MNISTError
        If there are files with other contents, and `force` is false: they are left alone, all others are written.
    OSError
        If the folder cannot be written.
    """
    folder = Path(folder)
    different, written = [], 0
    for name, data in tree(mnist, layout, manifest):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(path):
            if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
                continue
            if not force:
                different.append(name)
                continue
        with atomic(path) as part:
            part.write_bytes(data)
        written += 1
    if different:
        raise MNISTError(
            f"{folder}: {len(different):,} files exist with other contents and were left alone, the first is "
            f"{different[0]}; all others are complete. To overwrite them: --force"
        )
    return written


def to_zip(
    mnist: MNIST, path: Path | str, layout: str = "class-folders", manifest: bool = False, force: bool = False
) -> int:
    """Write MNIST into a zip archive, the same bytes on every machine and day.

    Parameters
    ----------
    mnist, layout, manifest
        As for `tree`. In the archive, the tree is in the folder ``MNIST_dataset``.
    path : path-like
        The archive.
    force : bool
        Whether to overwrite an existing one.

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
    if os.path.lexists(path) and not force:
        raise MNISTError(f"{path} exists; to overwrite it: --force")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Stored, not compressed: PNG files are compressed already, and the output of zlib depends on its build.
    with atomic(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name, data in tree(mnist, layout, manifest):
            entry = zipfile.ZipInfo(f"{ROOT}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o100644 << 16  # a file that its owner may write and everybody may read
            archive.writestr(entry, data)
    return len(archive.infolist())


def _text(name):
    return (files(__package__) / "texts" / name).read_text(encoding="utf-8")


def _readme(mnist, layout, manifest):
    if mnist.variant == "full":
        title = "MNIST"
        overview = (
            "MNIST is a data set of handwritten digits, which has served to teach and to compare image classification "
            "since 1998: 60,000 images for training and 10,000 for testing."
        )
    else:
        title = "A sample of MNIST"
        overview = (
            "These are 5,000 of the 60,000 training images of MNIST, the first 500 of each digit. **Accuracy "
            "on them is not MNIST test accuracy.**"
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
