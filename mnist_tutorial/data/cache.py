"""The cache: one file that holds all of MNIST, and is verified each time it is read."""

import errno
import json
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

# The bytes of the four arrays, one after the other, then a line of JSON that says where they came from. Nothing is
# faster to read, one file can be replaced in one step, and the digests show whether it is whole.
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
ENDS = np.cumsum([np.prod(shape) for shape in SHAPES])
MAX_LINE = 2**16
FETCH = "python -m mnist_tutorial fetch"
ADVICE = {
    Timeout: "wait for the other process that fetches MNIST or end it, or ",
    PermissionError: "ask its owner to share it, or ",
    "full": "MNIST needs 60 MB there. Free some space, set TMPDIR for the download, or ",
}
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOTICE = 2  # seconds of waiting for another process, after which a person is told
PAUSES = (0.1, 0.4, 1.6)  # seconds; Windows replaces no file that is open, and a virus scanner soon closes it
logger = logging.getLogger("mnist_tutorial")


def cache_folder(folder: Path | str | None = None) -> Path:
    """Return the folder of the cache: this one, that of ``MNIST_TUTORIAL_CACHE``, or the system's place for caches."""
    if folder := folder or os.environ.get("MNIST_TUTORIAL_CACHE"):
        return Path(folder).expanduser()
    return user_cache_path("mnist-tutorial", appauthor=False)


def cache_file(folder: Path, address: str = "") -> Path:
    """Return the path of the cache file; an address that a user wants the data from has one of its own."""
    suffix = f"-{sha256(address.encode()).hexdigest()[:12]}" if address else ""
    return folder / f"mnist-v1{suffix}.bin"


def read_cache(path: Path) -> tuple[Arrays, str, str] | None:
    """Read and verify a cache file, with origin and time; None if it is missing or damaged.

    If it may not be read, that is a PermissionError.
    """
    try:
        *parts, line = np.split(np.fromfile(path, np.uint8, ENDS[-1] + MAX_LINE), ENDS)
        arrays = Arrays(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))
        provenance = json.loads(line.tobytes())
        return check_digests(arrays, "full"), provenance["origin"], provenance["fetched"]
    except PermissionError:
        raise
    except (MNISTError, OSError, LookupError, TypeError, ValueError):
        return None


def write_cache(path: Path, arrays: Arrays, origin: str, fetched: str) -> None:
    """Write a cache file, whole or not at all; hold `cache_lock` meanwhile."""
    with atomic(path) as part, open(part, "wb") as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array))
        file.write(json.dumps({"origin": origin, "fetched": fetched}).encode())


@contextmanager
def cache_lock(folder: Path, limit: float = 60) -> Iterator[None]:
    """Keep other processes out of a cache folder; wait for them for `limit` seconds, and say so."""
    path = folder / "fetch.lock"
    lock = FileLock(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            held = lock.acquire(timeout=min(NOTICE, limit))
        except Timeout:
            logger.warning("Another process is fetching MNIST, and holds %s: waiting for it, %g seconds", path, limit)
            held = lock.acquire(timeout=limit)
        with held:
            yield
    except (OSError, NotImplementedError) as error:  # the latter where a file system has no locks
        name, reason = getattr(error, "filename", None) or folder, getattr(error, "strerror", None) or error
        kind = "full" if getattr(error, "errno", None) in DISK_FULL else type(error)
        advice = f"{ADVICE.get(kind, '')}set MNIST_TUTORIAL_CACHE to another folder, and run: {FETCH}"
        raise MNISTError(f"{name}: cannot be used ({reason}); {advice}") from error


@contextmanager
def atomic(path: Path, part: Path | None = None) -> Iterator[Path]:
    """Write a temporary file beside another, and move it to its place once the block has ended well."""
    part = part or temporary(path.parent)
    try:
        yield part
        _replace(part, path)
    except OSError as error:
        if error.filename == str(part):
            error.filename = str(path)  # the name that the user knows
        raise
    finally:
        with suppress(OSError):
            part.unlink()


def temporary(folder: Path) -> Path:
    """Name a temporary file of this process in a folder, and remove those that killed processes have left there."""
    import psutil

    for old in folder.glob(".mnist-tutorial-*-*"):
        process = old.name.split("-")[2]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            old.unlink(missing_ok=True)
    return folder / f".mnist-tutorial-{os.getpid()}-{secrets.token_hex(4)}"  # tempfile's, nobody else may read


def _replace(part, path):
    for pause in PAUSES:
        try:
            return part.replace(path)
        except PermissionError as error:
            if not getattr(error, "winerror", None):  # not Windows
                raise
            failure = error
            time.sleep(pause)
    advice = "Close the spreadsheet, notebook or other program that has it open, and try again"
    raise MNISTError(f"{path}: cannot be replaced ({failure.strerror}). {advice}") from failure
