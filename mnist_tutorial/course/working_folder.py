"""A working folder: one that we write again and again while people work in it."""

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from pathlib import Path

from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

RECORD = ".workshop.json"  # the digest of each file as we wrote it last: a file that still has it, nobody has changed


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
        If the folder cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _update(folder, files)
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); expected a folder that you "
            "may write to, with 20 MB of free space. Mend it or choose another one, and run the command again"
        ) from error


def _update(folder, files):
    record, written, kept = _read(folder / RECORD), [], {}
    for name, content in files.items():
        digest = sha256(content).hexdigest()
        place, present = _place(folder, name, digest, record)
        if place != name:
            kept[name] = None if record.get(name) == digest else place  # a new version is handed out once
            if kept[name] is None:
                continue
        if present != digest:
            _write(folder / place, content)
            written += [name] if place == name else []
        record |= {name: digest, place: digest}
    _write(folder / RECORD, json.dumps(record, indent=1).encode())
    return written, kept


def _place(folder, name, digest, record):
    """Find the first of name, name.new, name.new2 ... that is free or that nobody has changed, and its digest."""
    path = Path(name)
    for number in count():
        ending = f".new{number if number > 1 else ''}" if number else ""
        place = path.with_name(f"{path.stem}{ending}{path.suffix}").as_posix()
        present = _digest(folder / place)
        if present in (None, digest, record.get(place)):
            return place, present


def _digest(path):
    """Compute the digest of a file: None if nothing is there, "" for a folder, a link, or what cannot be read."""
    try:
        return (
            "" if path.is_symlink() or (path.exists() and not path.is_file()) else sha256(path.read_bytes()).hexdigest()
        )
    except FileNotFoundError:
        return None
    except PermissionError:
        return ""


def _read(path):
    """Read the record. Without one, each file that differs from ours counts as changed."""
    try:
        record = json.loads(path.read_bytes())
        return record if isinstance(record, dict) else {}
    except (FileNotFoundError, ValueError):
        return {}


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(content)
