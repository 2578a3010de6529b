"""A working folder: one that we write again and again while people work in it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from mnist_tutorial.data.atomic import atomic

RECORD = ".workshop.json"  # the digest of each file as we wrote it


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
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}  # then every file that differs counts as changed
    written, kept = [], {}
    try:
        for name, content in files.items():
            last, digest = record.get(name), _digest(content)
            if _has(folder / name, None, last, digest):
                written += _write(folder, name, content, record)
            elif last == digest:
                kept[name] = None
            else:
                kept[name] = new_name = _new_name(folder, name, content, record)
                _write(folder, new_name, content, record)
                record[name] = digest  # handed out: once is enough
    finally:  # also if interrupted, or the files written so far would count as changed
        _replace(folder / RECORD, json.dumps(record, indent=1).encode())
    return written, kept


def _has(path, *digests):
    """Whether a file has one of these digests; None stands for no file."""
    return (_digest(path.read_bytes()) if path.exists() else None) in digests


def _new_name(folder, name, content, record):
    """Name the new version: the first name whose file nobody has changed."""
    path = Path(name)
    number = 1
    while True:
        new_name = path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}").as_posix()
        if _has(folder / new_name, None, record.get(new_name), _digest(content)):
            return new_name
        number += 1


def _write(folder, name, content, record):
    path, digest = folder / name, _digest(content)
    written = not _has(path, digest)
    if written:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    record[name] = digest
    return [name] if written else []


def _replace(path, content):
    with atomic(path) as part:
        part.write_bytes(content)


def _digest(content):
    return hashlib.sha256(content).hexdigest()
