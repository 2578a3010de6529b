"""The cache: one file that holds all of MNIST, and is verified each time it is read."""

import errno
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

# The bytes of the four arrays, one after the other, then a line of JSON that says where they came from. Nothing is
# faster to read, one file can be replaced in one step, and the digests show whether it is whole.
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]
MAX_LINE = 2**16
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
FETCH = "python -m mnist_tutorial fetch"
# Windows replaces no file that is open. A scanner for viruses closes it soon.
PAUSES = (0.1, 0.4, 1.6, 0)  # seconds
logger = logging.getLogger("mnist_tutorial")


class Provenance(NamedTuple):
    """Where the data came from, and when they were fetched: UTC, in the format of ISO 8601."""

    origin: str
    fetched: str | None


def cache_folder(folder: Path | str | None = None) -> Path:
    """Return the folder of the cache: this one, that of ``MNIST_TUTORIAL_CACHE``, or the system's place for caches."""
    if folder := folder or os.environ.get("MNIST_TUTORIAL_CACHE"):
        return Path(folder).expanduser()
    return user_cache_path("mnist-tutorial", appauthor=False)


def shown(address: str) -> str:
    """Return an address without user name, password, query and fragment.

    >>> shown("https://anna:secret@example.org/mnist.zip?token=secret")
    'https://example.org/mnist.zip'
    """
    return re.sub(r"://([^/]*@)?([^?#]*).*", r"://\2", address)


def cache_file(folder: Path, address: str = "") -> Path:
    """Return the path of the cache file; an address that a user wants the data from has one of its own."""
    name = f"mnist-v1-{sha256(shown(address).encode()).hexdigest()[:12]}.bin" if address else "mnist-v1.bin"
    return folder / name


def read_cache(path: Path, warn: bool = False) -> tuple[Arrays, Provenance] | None:
    """Read and verify a cache file; None if it is missing, or damaged, which `warn` logs."""
    try:
        if not 0 < path.stat().st_size - sum(SIZES) <= MAX_LINE:
            raise MNISTError(f"{path}: {path.stat().st_size:,} bytes; expected {sum(SIZES):,} and a line of text")
        *parts, line = np.split(np.fromfile(path, np.uint8), np.cumsum(SIZES))
        arrays = Arrays(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))
        return check_digests(arrays, "full", path), Provenance(**json.loads(line.tobytes()))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise _unusable(error, path, "read") from error
    except (MNISTError, OSError, TypeError, ValueError) as error:
        if warn:
            reason = str(error).removeprefix(f"{path}: ")
            logger.warning("%s: the cache is damaged, and MNIST is fetched again (%s)", path, reason)
        return None


def write_cache(path: Path, arrays: Arrays, provenance: Provenance) -> None:
    """Write a cache file, whole or not at all; hold `cache_lock` meanwhile."""
    part = path.with_name(f".{path.name}.part")  # always the same: what a killed process left is written over
    with atomic(path, part), open(part, "wb") as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array))
        file.write(json.dumps(provenance._asdict()).encode())


@contextmanager
def cache_lock(folder: Path, notice: float = 2, limit: float = 60) -> Iterator[None]:
    """Keep other processes from writing to a cache folder; an MNISTError says why it cannot be written.

    Where another process has the lock, a line says so after `notice` seconds, and an error after `limit`.
    """
    path = folder / "fetch.lock"
    lock = FileLock(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=notice)
        except Timeout:
            logger.warning("Another process is fetching MNIST, and holds %s: waiting for it, %g seconds", path, limit)
            lock.acquire(timeout=limit - notice)
        try:
            yield
        finally:
            lock.release()
    except Timeout as error:
        raise MNISTError(
            f"{path}: another process has been fetching MNIST for more than {limit:g} seconds. Wait for it or end it, "
            f"and run: {FETCH}; or set MNIST_TUTORIAL_CACHE to another folder"
        ) from error
    except (OSError, NotImplementedError) as error:
        raise _unusable(error, folder, "written") from error


def _unusable(error, path, verb):
    """Say which file of the cache cannot be used, and what helps."""
    path, text = getattr(error, "filename", None) or path, getattr(error, "strerror", None) or error
    advice, place = "", "a folder of your own"
    if getattr(error, "errno", None) in NO_ROOM:
        advice, place = "MNIST needs 60 MB there. Free some space, or ", "a folder on another disk"
    elif isinstance(error, PermissionError):
        advice = "ask its owner to share it, or "
    return MNISTError(
        f"{path}: cannot be {verb} ({text}); {advice}set MNIST_TUTORIAL_CACHE to {place}, and run: {FETCH}"
    )


@contextmanager
def atomic(path: Path, part: Path | None = None) -> Iterator[Path]:
    """Write a temporary file beside another, and move it to its place once the block has ended well.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic(Path(folder, "note.txt")) as part:
    ...         _ = part.write_text("whole")
    ...     [file.name for file in Path(folder).iterdir()]
    ['note.txt']
    """
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
            reason = error.strerror
        time.sleep(pause)
    raise MNISTError(
        f"{path}: cannot be replaced ({reason}). Close whatever has it open, such as a spreadsheet or a notebook whose "
        "kernel runs, and try again"
    )
