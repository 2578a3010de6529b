"""Files: MNIST from a folder, a zip or tar archive, or a single file, in each format that it comes in."""

import gzip
import io
import math
import os
import re
import struct
import tarfile
import zipfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from PIL.PngImagePlugin import PngImageFile

from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import COUNTS, Arrays, official
from mnist_tutorial.errors import MNISTError

MAX_BYTES = 256 * 2**20  # MNIST has 55 MB, and 140 MB as PNG files in a tar archive: what is larger is something else
HIDDEN = (".", "__MACOSX", "Thumbs.db", "desktop.ini")  # how names begin that nobody has chosen
EXPECTED = "IDX files (train-images-idx3-ubyte, ...), PNG files (train/7/7_000123.png), mnist.npz or CSV, also zipped"
IDX_FILES = Arrays(
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
)
NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")  # as Keras names them
# As browsers, wget, file managers and other programs name them: "train-images.idx3-ubyte", "... (1).gz", "... - Copy".
IDX_NAME = re.compile(r"(?ia)(?:.*/)?(train|t10k).(images|labels).idx\d.ubyte([ (_-][^/.]*)?(\.(gz|zip|\d))*")
# Flat or in class folders; in a class folder the file name may leave out the digit.
PNG_NAME = re.compile(r"(?ia)((?:.*/)?(train|test)(?:ing)?)/(?:(\d)/(?:\3_)?|(\d)_)(\d{1,9})\.png")
# Not archives of files: mnist.npz; mnist_train.csv, train-00000-of-00001.parquet, train/0000.parquet
NPZ_NAME = re.compile(r"(?is).*\.npz")
TABLE_NAME = re.compile(r"(?ia)(?:.*[^a-z])?(train|test)(?:[^a-z/][^/]*)?(?:/\d+)?\.(csv|parquet)(\.gz|\.zip)*")


def read(path: Path | str) -> tuple[Arrays, str]:
    """Read MNIST from a folder, a zip or a tar archive, at any depth, or a file; nothing is unpacked to the disk.

    The arrays are verified and in official order, the variant is "full" or "sample". If the path cannot be read, or
    does not hold exactly these digits, that is an MNISTError.
    """
    files = contents(path)
    with explained(path):
        for read_format in (_read_idx, _read_png, _read_npz, _read_tables):
            if result := read_format(files):  # None if nothing is in this format
                return result
        examples = f" ({', '.join(list(files)[:3])})" if files else ""
        raise MNISTError(f"{len(files):,} files{examples}, none of them MNIST's; expected {EXPECTED}")


def contents(path):
    """List the files in a folder or an archive, but hidden ones: for each name, what reads its bytes."""
    with explained(path):
        if not str(path):
            raise MNISTError(f"the path is empty; expected {EXPECTED}")
        text = str(path)
        path = Path(url2pathname(urlsplit(text).path) if text.startswith("file:") else text).expanduser()
        if not path.exists():
            raise MNISTError(f"does not exist; expected {EXPECTED}")
        if path.is_dir():
            os.scandir(path).close()  # rglob says nothing about a folder that cannot be read
            files = {str(file.relative_to(path)): file.read_bytes for file in path.rglob("*") if file.is_file()}
        else:
            files = _archive(path)
        # As some programs for Windows, and tar, write names.
        files = {name.replace("\\", "/").removeprefix("./"): read_bytes for name, read_bytes in files.items()}
        names = (name for name in files if not any(part.startswith(HIDDEN) for part in name.split("/")))
        return {name: files[name] for name in names if not name.endswith("/")}


def _archive(path):
    """List the files in a zip or tar archive, which is kept in memory, or this file alone."""
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise MNISTError(f"expected a file of at most {MAX_BYTES:,} bytes: {EXPECTED}")
    data = path.read_bytes()
    if data[:100].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise MNISTError("a web page, not MNIST; does the network want you to log in?")
    if tarfile.is_tarfile(io.BytesIO(data)):  # first: a zip in a tar looks like a zip
        archive = tarfile.open(fileobj=io.BytesIO(data))  # noqa: SIM115  its files are read later
        return {
            entry.name: lambda entry=entry: archive.extractfile(entry).read() for entry in archive if entry.isfile()
        }
    if any(name.fullmatch(path.name) for name in (IDX_NAME, NPZ_NAME, TABLE_NAME)):
        return {path.name: lambda: data}  # also if it begins as an archive of other files does
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        return {name: partial(archive.read, name) for name in archive.namelist()}
    raise MNISTError(f"{len(data):,} bytes that begin with {data[:16]!r}; expected {EXPECTED}")


@contextmanager
def explained(name, notes=None):
    """Turn whatever goes wrong with a file into one sentence that begins with its name: an error, or a note."""
    try:
        yield
    except Exception as error:  # damaged files make zipfile, tarfile, gzip and Pillow raise almost anything
        reason = getattr(error, "strerror", None) or f"{error}; if it is cut off, copy or fetch it again"
        if isinstance(error, MemoryError):
            reason = "not enough memory; close other programs and notebooks first"
        known = isinstance(error, MNISTError) and str(error).removeprefix(f"{Path(name).name}: ")
        text = f"{name}: {known or f'cannot be read ({reason})'}"
        if notes is None:
            raise MNISTError(text) from error
        notes.append(text)


def _matches(pattern, names):
    """Match names; the shortest comes last, so that it wins in a dictionary."""
    return [match for name in sorted(names, key=len, reverse=True) if (match := pattern.fullmatch(name))]


def _unpacked(data):
    """Unpack what is in gzip, once or twice, or alone in a zip archive."""
    while data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        data = archive.read(archive.namelist()[0])
    return data


def _read_idx(files):
    """Read the four IDX files, the original format."""
    names = idx_names(files)
    if not names:
        return None
    if missing := [name for name in IDX_FILES if name not in names]:
        raise MNISTError(f"no {', '.join(missing)}; expected {EXPECTED}")
    arrays = []
    for name in names.values():
        with explained(name):
            arrays.append(idx_array(files[name]()))
    return official(Arrays(*arrays), "official")


def idx_names(names):
    """Find the IDX files among others: for each of `IDX_FILES` that is there, its shortest name here."""
    known = {f"{match[1]}-{match[2]}".lower(): match[0] for match in _matches(IDX_NAME, names)}
    return {file: known[key] for file in IDX_FILES if (key := file.partition("-idx")[0]) in known}


def idx_array(data):
    """Decode an IDX file: two zeros, 8 for bytes, the number of dimensions, each as a big-endian int32; the data."""
    data = _unpacked(data)
    if not data.startswith(b"\0\0\x08"):
        raise MNISTError(f"begins with {data[:16]!r}; expected an IDX file of bytes, which begins with 00 00 08")
    start = 4 + 4 * data[3]
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    if len(data) != (size := start + math.prod(shape)):
        raise MNISTError(f"{len(data):,} bytes, expected {size:,} for shape {shape}; copy or fetch it again")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _read_png(files):
    """Read PNG files, one for each digit: the n-th file of a digit is the n-th image of it in official order."""
    digits = {name: digit for name in files if (digit := png_digit(name))}
    if not digits:
        return None
    images = {}
    with progress_bar("reading PNG files", " files", total=len(digits)) as bar:
        for name in digits:  # as they lie in the archive: a compressed tar is read from its beginning to its end
            with explained(name):
                images[name] = png_array(files[name]())
            bar.update()
    arrays = []
    for part in COUNTS:
        names = sorted((name for name in digits if digits[name][0] == part), key=digits.get)
        arrays += [np.array([images[name] for name in names]), np.array([digits[name][1] for name in names], np.uint8)]
    return official(Arrays(*arrays), "by digit")


def png_digit(name):
    """Parse a name such as ``train/7/7_000123.png`` into part, digit and number."""
    match = PNG_NAME.fullmatch(name)
    return match and (match[2].lower(), int(match[3] or match[4]), int(match[5]))


def png_array(data):
    """Decode the PNG file of a digit: grey values of 8 or 16 bits, in a palette, or in three equal colours."""
    with PngImageFile(io.BytesIO(data)) as image:
        if image.size != (28, 28):
            raise MNISTError(f"{image.size[0]} x {image.size[1]} pixels; expected 28 x 28")
        if not image.mode.startswith("I"):
            return np.asarray(image.convert("L"))
        grey = np.asarray(image)
        return (grey // 256 if grey.max() > 255 else grey).astype(np.uint8)  # of 16 bits, some programs use eight


def _read_npz(files):
    """Read an npz file with the four arrays that Keras' mnist.npz has."""
    for match in _matches(NPZ_NAME, files):
        with explained(match[0]), np.load(io.BytesIO(files[match[0]]())) as arrays:  # without pickles
            if set(NPZ_ARRAYS) <= set(arrays):
                return official(Arrays(*(arrays[array] for array in NPZ_ARRAYS)))
    return None


def _read_tables(files):
    """Read two tables, CSV or parquet, with a row for each digit."""
    columns = {}
    for part, name in {match[1].lower(): match[0] for match in _matches(TABLE_NAME, files)}.items():
        with explained(name):
            columns[part] = _columns(_unpacked(files[name]()))
    if len(columns) == 1:
        raise MNISTError(f"{name}: the {part} digits alone; name a folder or a zip with the tables of both parts")
    return official(Arrays(*columns["train"], *columns["test"])) if columns else None


def _columns(data):
    """Read the images and labels of a table: 784 grey values after the label, or PNG files as Hugging Face has them."""
    if data.startswith(b"PAR1"):
        try:
            from pyarrow import parquet  # large, not installed with this package, and needed for nothing else
        except ImportError as error:
            raise MNISTError("to read parquet: python -m pip install pyarrow; or take mnist.npz instead") from error
        rows = parquet.read_table(io.BytesIO(data), columns=["image", "label"]).to_pydict()
        return np.array([png_array(image["bytes"]) for image in rows["image"]]), np.array(rows["label"])
    data = data.removeprefix(b"\xef\xbb\xbf")  # as Excel begins
    rows = np.loadtxt(io.BytesIO(data), np.uint8, delimiter=",", skiprows=int(not data[:1].isdigit()), ndmin=2)
    if rows.shape[1] != 785:
        raise MNISTError(f"{rows.shape[1]} columns; expected 785, the label and 28 x 28 grey values")
    return rows[:, 1:].reshape(-1, 28, 28), rows[:, 0]
