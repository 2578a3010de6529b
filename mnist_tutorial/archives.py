"""Archives: the files inside a folder, a zip or a tar archive, by name."""

import os
import tarfile
import zipfile
import zlib
from pathlib import Path

from mnist_tutorial.errors import MNISTError

# The largest file of MNIST has 47 MB; what claims to be larger is not one of ours.
MAX_BYTES = 64 * 2**20
DAMAGE = (OSError, RuntimeError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error)


def members(path):
    """List the files inside a folder or an archive, without unpacking it to the disk.

    Parameters
    ----------
    path : path-like
        A folder, a zip archive, or a tar archive (also compressed).

    Returns
    -------
    dict of str to callable
        For each file its name inside, with ``/`` between folders, and a function that returns its bytes. Hidden files
        and folders are left out.

    Raises
    ------
    MNISTError
        If the path does not exist, is no archive, or is a damaged one. The functions raise it too.
    """
    path = Path(path)
    if path.is_dir():
        return dict(_folder(path))
    if not path.exists():
        raise MNISTError(f"{path} does not exist; expected a folder, a zip or a tar archive with MNIST in it")
    try:
        if zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            sizes = {entry.filename: entry.file_size for entry in archive.infolist() if not entry.is_dir()}
            read = archive.read
        elif tarfile.is_tarfile(path):
            archive = tarfile.open(path)  # noqa: SIM115  its members are read later
            entries = {entry.name: entry for entry in archive if entry.isfile()}
            sizes = {name: entry.size for name, entry in entries.items()}

            def read(name):
                return archive.extractfile(entries[name]).read()
        else:
            with open(path, "rb") as file:
                raise MNISTError(
                    f"{path}: neither a zip nor a tar archive ({path.stat().st_size:,} bytes that begin with "
                    f"{file.read(12)!r}); delete it, and fetch it anew"
                )
    except DAMAGE as error:
        raise MNISTError(f"{path}: damaged archive ({error}); delete it, and fetch it anew") from error
    for name, size in sizes.items():
        if size > MAX_BYTES:
            raise MNISTError(f"{path}: {name} has {size:,} bytes, expected at most {MAX_BYTES:,}; this is not MNIST")
    return {name: _reader(read, name, path) for name in sizes if not name.startswith("__MACOSX/")}


def _folder(path):
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                file = Path(folder, name)
                yield file.relative_to(path).as_posix(), file.read_bytes


def _reader(read, name, path):
    def read_bytes():
        try:
            return read(name)
        except DAMAGE as error:
            raise MNISTError(
                f"{path}: {name} cannot be unpacked ({error}); delete the archive, and fetch it anew"
            ) from error

    return read_bytes
