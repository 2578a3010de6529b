"""The cache: one file that holds all of MNIST, and is verified each time it is read."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_tutorial.data.atomic import atomic, clear_parts
from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

# The bytes of the four arrays, one after the other, then a line of JSON that says where they came from. Nothing is
# faster to read, one file can be replaced in one step, and the digests show whether it is whole.
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]

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
        The address that a user wants the data from: it has a file of its own.

    Returns
    -------
    Path
    """
    return folder / (f"mnist-v1-{sha256(url.encode()).hexdigest()[:12]}.bin" if url else "mnist-v1.bin")


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
    """
    try:
        return _read(path)
    except FileNotFoundError:
        return None
    except (OSError, MNISTError) as error:
        if warn:
            reason = str(error)  # a handler that kept the error itself would keep the file in memory
            logger.warning("The cache is damaged, and MNIST is fetched again. %s", reason)
        return None


def _read(path):
    # Mapped, not copied: the digests are then computed from the system's own copy, and processes share it. A cache file
    # is replaced as a whole, never written to.
    size = path.stat().st_size
    if size <= sum(SIZES):
        raise MNISTError(f"{path}: {size:,} bytes, expected more than {sum(SIZES):,}")
    *parts, footer = np.split(np.asarray(np.memmap(path, np.uint8, "r")), np.cumsum(SIZES))
    arrays = Arrays(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))
    check_digests(arrays, "full", str(path))
    try:
        return arrays, Provenance(**json.loads(footer.tobytes()))
    except (ValueError, TypeError) as error:
        raise MNISTError(f"{path}: does not say where the data came from ({error})") from error


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
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "fetch.lock"):
            clear_parts(folder)
            yield
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); fetching MNIST needs 150 MB. "
            "Free some space, or set MNIST_TUTORIAL_CACHE to another folder"
        ) from error


def write_cache(path: Path, arrays: Arrays, provenance: Provenance) -> None:
    """Write a cache file, whole or not at all; hold `cache_lock` meanwhile."""
    with atomic(path) as part, open(part, "wb") as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array))
        file.write(json.dumps(provenance._asdict()).encode())
