"""The cache: one file that holds all of MNIST, and is verified each time."""

import json
import logging
import os
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

# The file has the bytes of the four arrays, one after the other, then a line of JSON that says where they came from.
# Nothing is faster to read, one file can be replaced in one step, and the digests tell whether it is whole.
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]

logger = logging.getLogger("mnist_tutorial")


class Provenance(NamedTuple):
    """Where the data came from.

    Attributes
    ----------
    origin : str
        The name of the mirror.
    fetched : str
        When, in UTC, as in ISO 8601.
    """

    origin: str
    fetched: str


def cache_folder(folder=None):
    """Return the folder in which MNIST is kept.

    Parameters
    ----------
    folder : path-like, optional
        The answer, if given.

    Returns
    -------
    Path
        Otherwise ``MNIST_TUTORIAL_CACHE`` if set, otherwise where the system wants a cache.
    """
    if folder := folder or os.environ.get("MNIST_TUTORIAL_CACHE"):
        return Path(folder).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("mnist-tutorial", appauthor=False)


def cached(url=None, folder=None):
    """Load the full data set from the cache; where that is missing or damaged, fetch it and keep it.

    Parameters
    ----------
    url : str, optional
        The only place to fetch from, with a cache file of its own. By default all mirrors are tried, and before them
        what somebody has put into the cache folder by hand: an archive, or the four IDX files.
    folder : path-like, optional
        The folder of the cache. By default that of `cache_folder`.

    Returns
    -------
    arrays : Arrays
        Verified.
    provenance : Provenance
        Where they came from, and when.

    Raises
    ------
    MNISTError
        If no mirror delivers, or the cache cannot be written.
    """
    folder = cache_folder(folder)
    path = folder / (f"mnist-v1-{sha256(url.encode()).hexdigest()[:12]}.bin" if url else "mnist-v1.bin")
    try:
        return _read(path)
    except (OSError, MNISTError):
        return _fetched(path, url)


def _fetched(path, url):
    from filelock import FileLock

    from mnist_tutorial.data import mirrors

    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "fetch.lock"):
            try:
                return _read(path)  # another process may have fetched it meanwhile
            except FileNotFoundError:
                pass
            except MNISTError as error:
                logger.warning("The cache is damaged, and MNIST is fetched anew. %s", error)
            for leftover in folder.glob("fetch-*/"):  # of a fetch that was killed
                shutil.rmtree(leftover, ignore_errors=True)
            chain = [mirrors.web_mirror(url)] if url else [*_by_hand(folder), *mirrors.MIRRORS]
            arrays, origin, failures = mirrors.fetch(chain, folder)
            if failures:
                logger.warning("MNIST comes from %s. Tried before: %s", origin, "; ".join(failures))
            provenance = Provenance(origin, datetime.now(UTC).isoformat(timespec="seconds"))
            _write(path, arrays, provenance)
            return arrays, provenance
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); the cache needs 150 MB "
            "while fetching. Free some space, or set MNIST_TUTORIAL_CACHE to another folder"
        ) from error


def _by_hand(folder):
    from mnist_tutorial.data import mirrors
    from mnist_tutorial.data.readers import formats

    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".zip", ".tar", ".tgz", ".gz")]
    if formats.idx_files(dict.fromkeys(path.name for path in folder.iterdir())):
        files = [folder]
    return [mirrors.disk_mirror(path) for path in files]


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


def _write(path, arrays, provenance):
    temporary = path.with_suffix(".part")
    try:
        with open(temporary, "wb") as file:
            for array in arrays:
                file.write(np.ascontiguousarray(array))
            file.write(json.dumps(provenance._asdict()).encode())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
