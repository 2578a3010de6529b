"""The cache: one file that holds all of MNIST, and is verified each time it is read."""

import errno
import json
import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_tutorial.data.atomic import atomic
from mnist_tutorial.data.redact import redact
from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

# The bytes of the four arrays, one after the other, then a line of JSON that says where they came from. Nothing is
# faster to read, one file can be replaced in one step, and the digests show whether it is whole.
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
MAX_LINE = 2**16
# On a drive without locks, like some network drives, a file stands for the lock. If a process on another machine made
# it, nobody can tell whether that process still lives.
SOFT_LOCK, SOFT_SECONDS = ".mnist-tutorial.lock", 600

logger = logging.getLogger("mnist_tutorial")


class Provenance(NamedTuple):
    """Where the data came from.

    Attributes
    ----------
    origin : str
        The name of the mirror.
    fetched : str or None
        When, in UTC, in the format of ISO 8601; None for data that do not come from the cache.
    """

    origin: str
    fetched: str | None


def cache_folder(folder: Path | str | None = None) -> Path:
    """Return the folder in which MNIST is kept.

    Parameters
    ----------
    folder : path-like, optional
        By default ``MNIST_TUTORIAL_CACHE``, or the system's place for caches if that is not set.

    Returns
    -------
    Path
    """
    if folder := folder or os.environ.get("MNIST_TUTORIAL_CACHE"):
        return Path(folder).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("mnist-tutorial", appauthor=False)


def cache_file(folder: Path, url: str | None = None) -> Path:
    """Return the path of the cache file.

    Parameters
    ----------
    folder : Path
        The folder of the cache.
    url : str, optional
        The address that a user wants the data from: it has a file of its own. A password does not matter.

    Returns
    -------
    Path
    """
    return folder / (f"mnist-v1-{sha256(redact(url).encode()).hexdigest()[:12]}.bin" if url else "mnist-v1.bin")


def read_cache(path: Path, warn: bool = False) -> tuple[Arrays, Provenance] | None:
    """Read a cache file.

    Parameters
    ----------
    path : Path
    warn : bool
        Whether to log that the file is damaged.

    Returns
    -------
    arrays : Arrays
        Verified.
    provenance : Provenance
        Where they came from, and when.

    None, instead of both, if the file is missing or damaged. Nothing of it is then in memory: Windows replaces no file
    that is.

    Raises
    ------
    MNISTError
        If this user may not read the file.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise MNISTError(_advice(error, path, "read")) from error
    except (OSError, MNISTError) as error:
        if warn:
            reason = str(error)  # a handler that kept the error itself would keep the file in memory
            logger.warning("The cache is damaged, and MNIST is fetched again. %s", reason)
        return None


def _read(path):
    # Mapped, not copied: the digests are then computed from the system's own copy, and processes share it. A cache file
    # is replaced as a whole, never written to.
    if not _has_our_size(path):
        raise MNISTError(f"{path}: expected a file of {sum(SIZES):,} bytes and a line of text")
    *parts, footer = np.split(np.asarray(np.memmap(path, np.uint8, "r")), np.cumsum(SIZES))
    arrays = Arrays(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))
    check_digests(arrays, "full", str(path))
    try:
        provenance = Provenance(**json.loads(footer.tobytes()))
    except (ValueError, TypeError, RecursionError) as error:
        raise MNISTError(f"{path}: does not say where the data came from ({error})") from error
    if not all(isinstance(text, str) for text in provenance):
        raise MNISTError(f"{path}: does not say where the data came from")
    return arrays, provenance


def _has_our_size(path):
    status = path.stat()
    return stat.S_ISREG(status.st_mode) and 0 < status.st_size - sum(SIZES) <= MAX_LINE


@contextmanager
def cache_lock(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a cache folder meanwhile.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Raises
    ------
    MNISTError
        If the folder cannot be written, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _acquired(folder):
            yield
    except OSError as error:
        raise MNISTError(_advice(error, folder, "written")) from error


def _acquired(folder):
    from filelock import FileLock, SoftFileLock

    try:
        return FileLock(folder / "fetch.lock", preserve_lock_file=True).acquire()
    except OSError as error:
        if error.filename:  # the file, not the lock
            raise
    return SoftFileLock(folder / SOFT_LOCK, timeout=SOFT_SECONDS).acquire()


def _advice(error, path, verb):
    """Say what went wrong with a file of the cache, and what helps."""
    path = Path(error.filename or path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason, advice = error.strerror, "fetching MNIST needs 150 MB. Free some space, or set"
    elif isinstance(error, PermissionError):
        reason, advice = f"{error.strerror}; {_owner(path)}", "ask its owner to share it, or set"
    elif isinstance(error, TimeoutError):
        reason, advice = "another process is fetching into it", f"if none is, delete {path / SOFT_LOCK}, or set"
    else:
        reason, advice = error.strerror or error, "set"
    return f"{path}: cannot be {verb} ({reason}); {advice} MNIST_TUTORIAL_CACHE to a folder of your own"


def _owner(path):
    for place in (path, *path.absolute().parents):
        try:
            return f"{place} belongs to {place.owner()}"
        except KeyError:  # a user without a name
            return f"{place} belongs to user {place.stat().st_uid}"
        except (OSError, NotImplementedError):  # it does not exist or cannot be seen, or this is Windows
            continue
    return "it may belong to another user, or be open in another program"


def write_cache(path: Path, arrays: Arrays, provenance: Provenance) -> None:
    """Write a cache file, whole or not at all; hold `cache_lock` meanwhile.

    Something else of the same name is moved into a folder beside it.
    """
    if os.path.lexists(path) and (path.is_symlink() or not _has_our_size(path)):
        kept = Path(tempfile.mkdtemp(prefix=f"{path.name}-", dir=path.parent), path.name)
        path.rename(kept)
        logger.warning("%s was no file of the cache. It is now %s", path, kept)
    with atomic(path) as part, open(part, "wb") as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array))
        file.write(json.dumps(provenance._asdict()).encode())
