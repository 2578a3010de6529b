"""Files: MNIST from a folder, a zip or a tar archive, or a single file."""

import io
import os
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mnist_tutorial.data import formats
from mnist_tutorial.data.formats import EXPECTED, explained
from mnist_tutorial.data.reference import Arrays
from mnist_tutorial.errors import MNISTError

MAX_BYTES = 256 * 2**20  # MNIST has 55 MB, and 140 MB as PNG files in a tar archive: what is larger is something else
HIDDEN = (".", "__MACOSX", "Thumbs.db", "desktop.ini")  # how names begin that nobody has chosen


def read(path: Path | str) -> tuple[Arrays, str]:
    """Read MNIST from a folder, a zip or a tar archive, at any depth, or a file; nothing is unpacked to the disk.

    The arrays are in official order, the variant is "full" or "sample"; only the digests show whether they are MNIST's.
    If the path cannot be read, or does not hold all the digits, that is an MNISTError.
    """
    files = contents(path)
    with explained(path):
        # Each returns None if nothing is in its format.
        for read_format in (formats.read_idx, formats.read_png, formats.read_npz, formats.read_tables):
            if result := read_format(files):
                return result
        examples = f" ({', '.join(list(files)[:3])})" if files else ""
        nothing = f"{len(files):,} files{examples}, none of them MNIST's; expected {EXPECTED}"
        raise MNISTError(formats.refusal(files) or nothing)


def contents(path):
    """List the files in a folder or an archive, except for hidden ones: for each name, what reads its bytes."""
    path, files, total = _local(path), {}, 0
    with explained(path):
        if not path.exists():
            raise MNISTError(f"does not exist; expected {EXPECTED}")
        for name, size, read_bytes in _folder(path) if path.is_dir() else _archive(path):
            name = name.replace("\\", "/").removeprefix("./")  # as some programs for Windows, and tar, write them
            if not name.endswith("/") and not any(part.startswith(HIDDEN) for part in name.split("/")):
                files[name] = read_bytes
                counted = name.lower().endswith((".png", ".gz", "-ubyte")) or formats.stands_alone(name)
                total += size if counted else 0
        if total > MAX_BYTES:
            raise MNISTError(f"{total:,} bytes, expected at most {MAX_BYTES:,}; this is not MNIST")
    return files


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
    """Generate name, size and reader of each file in a zip or tar archive, which is kept in memory, or of this file."""
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise MNISTError(f"expected a file of at most {MAX_BYTES:,} bytes: {EXPECTED}")
    data = path.read_bytes()
    if data[:100].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise MNISTError("a web page, not MNIST; does the network want you to log in?")
    if tarfile.is_tarfile(io.BytesIO(data)):  # first: a zip in a tar looks like a zip
        archive = tarfile.open(fileobj=io.BytesIO(data))  # noqa: SIM115  its files are read later
        for entry in archive:
            if entry.isfile():
                yield entry.name, entry.size, lambda entry=entry: archive.extractfile(entry).read()
    elif formats.stands_alone(path.name):
        yield path.name, len(data), lambda: data
    elif data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        for entry in archive.infolist():
            yield entry.filename, entry.file_size, lambda entry=entry: archive.read(entry)
    elif formats.idx_names([path.name]):
        raise MNISTError(f"one of the four IDX files; name the folder that holds all four, {path.absolute().parent}")
    else:
        raise MNISTError(f"{len(data):,} bytes that begin with {data[:16]!r}; expected {EXPECTED}")
