"""Files: MNIST from a folder, a zip or a tar archive, as IDX or PNG files, in official order."""

import gzip
import io
import os
import re
import struct
import tarfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from PIL.PngImagePlugin import PngImageFile

from mnist_tutorial.data.progress import file_bar
from mnist_tutorial.data.reference import DIGESTS, Arrays, listing
from mnist_tutorial.errors import MNISTError

IDX_FILES = Arrays(
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
)
# Flat or in class folders; in a class folder the file name may leave out the digit.
PNG_NAME = re.compile(r"(?:.*/)?(train|test)/(?:(\d)/(?:\2_)?|(\d)_)(\d{1,9})\.png", re.ASCII)
EXPECTED = "IDX files (train-images-idx3-ubyte, ...) or PNG files (train/7/7_000123.png) in a folder, zip or tar"
MAX_BYTES = 256 * 2**20  # MNIST has 55 MB, and 140 MB as PNG files in a tar archive: what is larger is something else
HIDDEN = (".", "__MACOSX", "Thumbs.db", "desktop.ini")  # how names begin that nobody has chosen


def read(path: Path | str) -> tuple[Arrays, str]:
    """Read MNIST from a folder, a zip or a tar archive, at any depth; nothing is unpacked to the disk.

    The arrays are in official order, whatever the format; the variant is "full" or "sample". Only the digests show
    whether they are MNIST's. If the path cannot be read, or does not hold all the digits, that is an MNISTError.
    """
    files = contents(path)
    with explained(path):
        for read_format in (read_idx, read_png):  # each returns None if nothing is in its format
            if result := read_format(files):
                return result
        examples = f" ({', '.join(list(files)[:3])})" if files else ""
        raise MNISTError(f"{len(files):,} files{examples}, none of them MNIST's; expected {EXPECTED}")


def contents(path):
    """List the files in a folder or an archive, except for hidden ones: for each name, what reads its bytes."""
    path, files, total = _local(path), {}, 0
    with explained(path):
        if not path.exists():
            raise MNISTError(f"does not exist; expected {EXPECTED}")
        for name, size, read_bytes in _folder(path) if path.is_dir() else _archive(path):
            name = name.replace("\\", "/").removeprefix("./")  # as some programs for Windows, and tar, write them
            if not any(part.startswith(HIDDEN) for part in name.split("/")):
                files[name] = read_bytes
                total += size if name.endswith((".png", ".gz", "-ubyte")) else 0
        if total > MAX_BYTES:
            raise MNISTError(f"{total:,} bytes, expected at most {MAX_BYTES:,}; this is not MNIST")
    return files


@contextmanager
def explained(name, notes=None):
    """Turn whatever goes wrong with a file into one sentence that begins with its name: an error, or a note."""
    try:
        yield
    except Exception as error:  # damaged files make zipfile, tarfile, gzip and Pillow raise almost anything
        reason = getattr(error, "strerror", None) or f"{error}; it may be cut off: copy or fetch it again"
        if isinstance(error, MemoryError):
            reason = "not enough memory; close other programs and notebooks first"
        text = f"{name}: {error}" if isinstance(error, MNISTError) else f"{name}: cannot be read ({reason})"
        if notes is None:
            raise MNISTError(text) from error
        notes.append(text)


def _local(path):
    """Find what a user has named: also in quotes, as a file:// address, or with ~ for the home folder."""
    if not str(path):
        raise MNISTError(f"the path is empty; expected {EXPECTED}")
    if os.path.exists(path):
        return Path(path)
    text = str(path).strip(" '\"")
    return Path(url2pathname(urlsplit(text).path) if text.startswith("file:") else text).expanduser()


def _folder(path):
    """Generate name, size and reader of each file in a folder."""
    os.scandir(path).close()  # rglob says nothing about a folder that cannot be read
    for file in path.rglob("*"):
        if file.is_file():  # a pipe could be read for ever
            yield str(file.relative_to(path)), file.stat().st_size, file.read_bytes


def _archive(path):
    """Generate name, size and reader of each file in a zip or tar archive, which is kept in memory."""
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise MNISTError(f"expected a file of at most {MAX_BYTES:,} bytes: {EXPECTED}")
    data = path.read_bytes()
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in archive.infolist():
            if not entry.is_dir():
                yield entry.filename, entry.file_size, lambda entry=entry: archive.read(entry)
    elif tarfile.is_tarfile(io.BytesIO(data)):
        archive = tarfile.open(fileobj=io.BytesIO(data))  # noqa: SIM115  its files are read later
        for entry in archive:
            if entry.isfile():
                yield entry.name, entry.size, lambda entry=entry: archive.extractfile(entry).read()
    else:
        raise MNISTError(_description(path, data))


def _description(path, data):
    """Say what a file is that is no archive."""
    if idx_names([path.name]):
        missing = [name for name in IDX_FILES if name not in idx_names(os.listdir(path.parent))]
        beside = f", and put {', '.join(missing)} into it first" if missing else ""
        return f"one of the four IDX files; name the folder that holds them, {path.absolute().parent}{beside}"
    if data[:100].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "a web page, not MNIST; does the network want you to log in?"
    return f"{len(data):,} bytes that begin with {data[:16]!r}; expected {EXPECTED}"


def read_idx(files):
    """Read the four IDX files, the original format."""
    names = idx_names(files)
    if missing := [name for name in IDX_FILES if name not in names]:
        if not names:
            return None
        raise MNISTError(f"no {', '.join(missing)}; expected {EXPECTED}")
    arrays = []
    for field, name in zip(Arrays._fields, names.values(), strict=True):
        with explained(name):
            arrays.append(idx_array(files[name](), field))
    return Arrays(*arrays), "full"


def idx_names(names):
    """Find the IDX files among others: for each of `IDX_FILES` that is there, its name here."""
    known = {name.rsplit("/", 1)[-1].replace(".idx", "-idx").removesuffix(".gz"): name for name in names}
    return {name: known[name] for name in IDX_FILES if name in known}


def idx_array(data, field):
    """Decode an IDX file: two zeros, 8 for bytes, the number of dimensions, each as a big-endian int32; the data."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    part, kind = field.split("_")
    shape = (len(listing("full", part).labels), 28, 28)[: 3 if kind == "images" else 1]
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    if not data.startswith(header):
        raise MNISTError(f"begins with {data[: len(header)]!r}; expected {header!r}, an IDX file of shape {shape}")
    if len(data) != (size := len(header) + np.prod(shape)):
        raise MNISTError(f"{len(data):,} bytes, expected {size:,} for shape {shape}; copy or fetch it again")
    return np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)


def read_png(files):
    """Read PNG files, one for each digit: the n-th file of a digit is the n-th image of it in official order."""
    digits = {name: digit for name in files if (digit := png_digit(name))}
    if not digits:
        return None
    # Sorted by digit and number, files are in the order of a stable sort of the official labels.
    names = sorted(digits, key=digits.get)
    for variant in DIGESTS:
        test, train = (listing(variant, part).labels for part in ("test", "train"))
        positions = np.concatenate([np.argsort(test, kind="stable"), len(test) + np.argsort(train, kind="stable")])
        if [digits[name][1] for name in names] == np.concatenate([test, train])[positions].tolist():
            break
    else:
        raise MNISTError(f"{len(digits):,} PNG files, not those of MNIST or its sample: `verify` lists the differences")
    position = dict(zip(names, positions, strict=True))
    images = np.empty((len(positions), 28, 28), np.uint8)
    with file_bar("reading PNG files", len(digits)) as bar:
        for name in digits:  # as they lie in the archive: a compressed tar is read from its beginning to its end
            with explained(name):
                images[position[name]] = png_array(files[name]())
            bar.update()
    return Arrays(images[len(test) :], train, images[: len(test)], test), variant


def png_digit(name):
    """Parse a name such as ``train/7/7_000123.png`` into part, digit and number."""
    match = PNG_NAME.fullmatch(name)
    return match and (match[1], int(match[2] or match[3]), int(match[4]))


def png_array(data):
    """Decode the PNG file of a digit."""
    with PngImageFile(io.BytesIO(data)) as image:
        if (image.mode, image.size) != ("L", (28, 28)):
            raise MNISTError(f"{image.mode} {image.size}; expected 8-bit grayscale (L), 28 x 28 pixels")
        return np.asarray(image)
