"""Exports: MNIST as files, in a folder or in a zip archive."""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from mnist_tutorial.data.cache import DISK_FULL, atomic, temporary
from mnist_tutorial.data.files import IDX_FILES
from mnist_tutorial.data.load import MNIST
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import listing
from mnist_tutorial.errors import MNISTError

LAYOUTS = {  # the names of the files, and what takes them as they are
    "class-folders": ("{part}/{digit}/{digit}_{number:06}.png", 'torchvision.datasets.ImageFolder("{folder}/train")'),
    "flat": ("mnist/{part}/{digit}_{number:06}.png", 'notebooks of DeepTrack, as their MNIST_dataset: "{folder}"'),
    "torchvision": ("MNIST/raw/{file}", 'torchvision.datasets.MNIST("{folder}")'),
}
ROOT = "MNIST_dataset"  # everything in a zip is in this folder, so that nobody unpacks 70,000 files among their own
TEXTS = Environment(
    loader=PackageLoader(__package__, "texts"), trim_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)  # 28 x 28 pixels, 8 bits, grayscale, not interlaced


def tree(mnist: MNIST, layout: str = "class-folders", manifest: bool = False) -> Iterator[tuple[str, bytes]]:
    """Generate name and bytes of each file of an export, the same on every machine.

    The layout "flat" is that of DeepTrackAI/MNIST_dataset; "torchvision" has the four IDX files. The manifest,
    ``manifest.csv``, has path, label, split, index (the official position) and sha256 (of the file).
    """
    if layout not in LAYOUTS:
        raise MNISTError(f"layout is {layout!r}; expected one of {', '.join(map(repr, LAYOUTS))}")
    if manifest and layout == "torchvision":
        raise MNISTError("a manifest lists PNG files; --layout torchvision has none")
    given = {"variant": mnist.variant, "layout": layout, "manifest": manifest}
    for name, template in (("README.md", "dataset.md"), ("LICENSE.txt", "licence.txt")):
        yield name, TEXTS.get_template(template).render(given).encode()
    if layout == "torchvision":
        arrays = (mnist.train.images, mnist.train.labels, mnist.test.images, mnist.test.labels)
        for file, array in zip(IDX_FILES, arrays, strict=True):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            yield LAYOUTS[layout][0].format(file=file), header + array.astype(np.uint8).tobytes()
        return
    rows = ["path,label,split,index,sha256\n"]
    with progress_bar("writing PNG files", " files", total=len(mnist.train) + len(mnist.test)) as bar:
        for part in ("train", "test"):
            split, numbers = getattr(mnist, part), listing(mnist.variant, part).numbers
            for position in np.argsort(split.labels, kind="stable"):  # as a folder would list them
                digit = split.labels[position]
                name = LAYOUTS[layout][0].format(part=part, digit=digit, number=numbers[position])
                data = png(split.images[position])
                rows.append(f"{name},{digit},{part},{split.index[position]},{sha256(data).hexdigest()}\n")
                yield name, data
                bar.update()
    if manifest:
        yield "manifest.csv", "".join(rows).encode()


def png(image: np.ndarray) -> bytes:
    """Encode a digit as a PNG file, the same bytes on every machine."""
    rows = np.zeros((28, 29), np.uint8)  # each row begins with its filter: 0 is none
    rows[:, 1:] = image
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_RLE)  # builds of zlib differ in all other strategies
    chunks = [b"IHDR" + HEADER, b"IDAT" + packer.compress(rows.tobytes()) + packer.flush(), b"IEND"]
    number = struct.Struct(">I").pack
    return SIGNATURE + b"".join(number(len(chunk) - 4) + chunk + number(zlib.crc32(chunk)) for chunk in chunks)


def to_folder(mnist: MNIST, folder: Path | str, layout="class-folders", manifest=False, force=False) -> int:
    """Write MNIST into a folder, and return how many files were written.

    An interrupted export is completed: files that are there stay. If some have other contents, they are left alone
    unless `force` is true, all others are written, and an MNISTError names the first.
    """
    different, written = [], 0
    with _room(mnist, folder, 4096):
        Path(folder).mkdir(parents=True, exist_ok=True)
        part = temporary(Path(folder))
        for name, data in tree(mnist, layout, manifest):
            path = Path(folder, name)
            if path.is_file() and path.read_bytes() == data:
                continue
            if os.path.lexists(path) and not force:
                different.append(name)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path, part):
                part.write_bytes(data)
            written += 1
    if different:
        left = f"{len(different):,} files exist with other contents and were left alone, the first is {different[0]}"
        raise MNISTError(f"{folder}: {left}; all others are complete. To overwrite them: --force")
    return written


def to_zip(mnist: MNIST, path: Path | str, layout="class-folders", manifest=False, force=False) -> int:
    """Write MNIST into a zip archive, the same bytes on every machine and day; return how many files are in it.

    If the archive exists, and `force` is false, that is an MNISTError.
    """
    path = Path(path)
    if os.path.lexists(path) and not force:
        raise MNISTError(f"{path} exists; to overwrite it: --force")
    with _room(mnist, path, 785):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Stored, not compressed: PNG files are compressed already, and the output of zlib depends on its build.
        with atomic(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for name, data in tree(mnist, layout, manifest):
                entry = zipfile.ZipInfo(f"{ROOT}/{name}", (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3  # Unix, on every system
                entry.external_attr = 0o100644 << 16  # a file that its owner may write and everybody may read
                archive.writestr(entry, data)
    return len(archive.infolist())


@contextmanager
def _room(mnist, path, bytes_each):
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        size = f"expected at most {bytes_each * (len(mnist.train) + len(mnist.test)) / 1e6:,.0f} MB there"
        raise MNISTError(f"{path}: {error.strerror}; {size}. Make room, and run the same command again") from error
