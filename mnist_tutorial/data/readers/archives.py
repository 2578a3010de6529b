"""Archives: the files inside a folder, a zip or a tar archive, by name."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from mnist_tutorial.data.guard import note_look
from mnist_tutorial.errors import MNISTError

# MNIST has at most 70,000 files, the largest of 47 MB, 55 MB in all, and 62 MB as uncompressed PNG files. Anything
# larger is not MNIST, and could be made to fill the memory.
MAX_BYTES = 64 * 2**20
MAX_ALL_BYTES = 256 * 2**20
MAX_ARCHIVE_BYTES = 128 * 2**20
MAX_FILES = 100_000


def members(path: Path | str) -> dict[str, Callable[[], bytes]]:
    """List the files in a folder or an archive, without unpacking it to the disk.

    Parameters
    ----------
    path : path-like
        A folder, a zip archive, or a tar archive, also compressed with gzip.

    Returns
    -------
    dict of str to callable
        For each file its name, with ``/`` between folders, and a function that returns its bytes. Hidden files and
        folders are left out.

    Raises
    ------
    MNISTError
        If the path does not exist or cannot be read, is not an archive or a damaged one, or holds what no copy of MNIST
        does: links, encrypted files, two files with one name, names that lead out of it, too many bytes. The functions
        raise it too.
    """
    path = Path(path)
    note_look(f"read {path.name}")
    if not path.exists():
        raise MNISTError(f"{path} does not exist; expected a folder, a zip or a tar archive with MNIST in it")
    try:
        if path.is_dir():
            files = _folder(path)
        elif not path.is_file():  # a pipe or a device could be read for ever
            raise MNISTError("neither a file nor a folder; expected a folder, a zip or a tar archive with MNIST in it")
        else:
            data = _bounded(path.open("rb"), MAX_ARCHIVE_BYTES)
            if data.startswith(b"\x1f\x8b"):
                data = _bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), MAX_ARCHIVE_BYTES)
            if zipfile.is_zipfile(io.BytesIO(data)):
                files = _zip(data)
            elif tarfile.is_tarfile(io.BytesIO(data)):
                files = _tar(data)
            else:
                raise MNISTError(
                    f"neither a zip nor a tar archive ({len(data):,} bytes that begin with {data[:12]!r}); "
                    "delete it, and fetch it again"
                )
        readers = {}
        for name, read in files:
            if name.startswith((".", "__MACOSX/")) or "/." in name:
                continue
            if name in readers:
                raise MNISTError(f"{name} is there twice; this is not MNIST")
            readers[name] = _reader(read, name, path)
            if len(readers) > MAX_FILES:
                raise MNISTError(f"more than {MAX_FILES:,} files; this is not MNIST")
        return readers
    except MNISTError as error:
        raise MNISTError(f"{path}: {error}") from error
    except Exception as error:  # damaged archives make zipfile and tarfile raise almost anything
        raise MNISTError(f"{path}: damaged archive ({error}); delete it, and fetch it again") from error


def _folder(path):
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            file = Path(folder, name)
            if file.is_file():  # as above
                yield file.relative_to(path).as_posix(), lambda file=file: _bounded(file.open("rb"), MAX_BYTES)


def _zip(data):
    # Each entry of the directory begins with these four bytes, and takes half a kilobyte of memory once it is read.
    if data.count(b"PK\x01\x02") > MAX_FILES:
        raise MNISTError(f"more than {MAX_FILES:,} files; this is not MNIST")
    archive = zipfile.ZipFile(io.BytesIO(data))
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _check_sizes((entry.filename, entry.file_size) for entry in entries)
    for entry in entries:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise MNISTError(f"{entry.filename} is a link; this is not MNIST")
        if entry.flag_bits & 1:
            raise MNISTError(f"{entry.filename} is encrypted; this is not MNIST")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise MNISTError(f"{entry.filename} is packed with method {entry.compress_type}; expected 0 or 8 (deflate)")
        # Never more than the size in the entry: in a forged archive, much more may follow.
        yield _inside(entry.filename), lambda entry=entry: archive.open(entry).read(entry.file_size or 1)


def _tar(data):
    archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115  its members are read later
    entries = []
    for entry in archive:
        entries.append(entry)
        if not (entry.isfile() or entry.isdir()):
            raise MNISTError(f"{entry.name} is a link or a device; this is not MNIST")
        if len(entries) > MAX_FILES:
            raise MNISTError(f"more than {MAX_FILES:,} files; this is not MNIST")
    entries = [entry for entry in entries if entry.isfile()]
    _check_sizes((entry.name, entry.size) for entry in entries)
    for entry in entries:
        yield _inside(entry.name), lambda entry=entry: archive.extractfile(entry).read()


def _inside(name):
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise MNISTError(f"{name!r} leads out of the archive; this is not MNIST")
    return name.removeprefix("./")


def _check_sizes(sizes):
    total = 0
    for name, size in sizes:
        total += size
        if size > MAX_BYTES:
            raise MNISTError(f"{name} has {size:,} bytes, expected at most {MAX_BYTES:,}; this is not MNIST")
        if total > MAX_ALL_BYTES:
            raise MNISTError(f"more than {MAX_ALL_BYTES:,} bytes when unpacked; this is not MNIST")


def _bounded(stream, limit):
    with stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise MNISTError(f"more than {limit:,} bytes; this is not MNIST")
    return data


def _reader(read, name, path):
    def read_bytes():
        try:
            return read()
        except Exception as error:  # as above
            raise MNISTError(f"{path}: {name} cannot be read ({error}); fetch it again") from error

    return read_bytes
