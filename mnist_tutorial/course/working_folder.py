"""A working folder: one that we write again and again while people work in it."""

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

# For each file, the digest that we wrote last ("-" for none), and those that we were about to write when we were
# interrupted: the file may have any of them, and nobody has changed it.
RECORD = ".workshop.json"
DIGESTS = re.compile(r"(-|[0-9a-f]{64})( [0-9a-f]{64})*")
LARGEST_RECORD = 1_000_000  # bytes; ours has 20,000


def update(folder: Path | str, files: Mapping[str, bytes]) -> tuple[list[str], dict[str, str | None]]:
    """Write files, but never over anybody's changes.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    files : mapping of str to bytes
        Path within the folder, with slashes, to content.

    Returns
    -------
    written : list of str
        Files that are new, or that nobody had changed since they were last written.
    kept : dict of str to (str or None)
        Changed files, which stay as they are, and the file beside each that has the new version; None if there is no
        newer version than the last one.

    Raises
    ------
    MNISTError
        If the folder cannot be written, or its record is not ours.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _update(folder, files, _read(folder / RECORD))
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); expected a folder that you "
            "may write to, with 20 MB of free space. Mend it or choose another one, and run the command again"
        ) from error


def _update(folder, files, before):
    digests = {name: _digest(content) for name, content in files.items()}
    record = before | {name: _begun(before.get(name, "-"), digest) for name, digest in digests.items()}
    if record != before:
        _save(folder, record)
    written, kept, done = [], {}, {}
    for name, digest in digests.items():
        place, present = _place(folder, name, digest, record)
        if place != name:
            kept[name] = place
            if before.get(name, "-").split()[0] == digest:  # handed out before: once is enough
                kept[name] = None
                continue
            record[place] = _begun(record.get(place, "-"), digest)
            _save(folder, record)
        if present != digest:
            _write(folder / place, files[name])
            written += [name] if place == name else []
        done |= {name: digest, place: digest}
    if record | done != before:
        _save(folder, record | done)
    return written, kept


def _begun(digests, digest):
    """Add a digest to those that a file may have."""
    return digests if digest in digests else f"{digests} {digest}"


def _place(folder, name, digest, record):
    """Find the first of name, name.new, name.new2 ... that is free, or that nobody has changed; and what is there."""
    path = Path(name)
    for number in count():
        ending = f".new{number if number > 1 else ''}" if number else ""
        place = path.with_name(f"{path.stem}{ending}{path.suffix}").as_posix()
        present = _present(folder / place)
        if present is None or present in (digest, *record.get(place, "").split()):
            return place, present


def _present(path):
    """Compute the digest of a file: None if nothing is there, "" for what is not ours, such as a link or a folder."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # its owner lets nobody read it
        return ""


def _read(path):
    """Read the record; a new folder has none."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("no regular file")
        if status.st_size > LARGEST_RECORD:
            raise ValueError(f"{status.st_size:,} bytes")
        record = json.loads(path.read_bytes())
        if not isinstance(record, dict) or not all(
            isinstance(value, str) and DIGESTS.fullmatch(value) for value in record.values()
        ):
            raise ValueError("no table of digests")
        return record
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise MNISTError(
            f"{path}: not the list of files that `workshop` keeps in its folder ({error}). Move it elsewhere and run "
            "the command again: each file that differs from ours then counts as changed by you, and stays as it is"
        ) from error


def _save(folder, record):
    _write(folder / RECORD, json.dumps(record, indent=1).encode())


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(content)


def _digest(content):
    return hashlib.sha256(content).hexdigest()
