"""A folder that is written again and again, and in which people work meanwhile."""

import hashlib
import json
import os
from pathlib import Path

RECORD = ".workshop.json"  # the digest of each file as it was written here


def update(folder, files):
    """Write files, but never over what somebody has changed.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    files : dict of str to bytes
        Path within the folder, with slashes, to content.

    Returns
    -------
    written : list of str
        New, or in place of what was unchanged since it was written here.
    kept : dict of str to (str or None)
        Files with changes of somebody's, and the file beside it that has the new version; None where there is none
        since it was written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}  # then whatever is there and different counts as changed
    written, kept = [], {}
    for name, content in files.items():
        last = record.get(name)
        if _is(folder / name, None, last, _digest(content)):
            written += _put(folder, name, content, record)
        elif last == _digest(content):
            kept[name] = None
        else:
            kept[name] = beside = _beside(folder, name, content, record)
            _put(folder, beside, content, record)
            record[name] = _digest(content)  # it has been handed out: once is enough
    _replace(folder / RECORD, json.dumps(record, indent=1).encode())
    return written, kept


def _is(path, *digests):
    """Tell whether a file has one of these digests; None stands for no file."""
    return (_digest(path.read_bytes()) if path.exists() else None) in digests


def _beside(folder, name, content, record):
    """Find the name for a new version: the first that nobody has changed."""
    path = Path(name)
    number = 1
    while True:
        beside = path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}").as_posix()
        if _is(folder / beside, None, record.get(beside), _digest(content)):
            return beside
        number += 1


def _put(folder, name, content, record):
    path = folder / name
    record[name] = _digest(content)
    if _is(path, record[name]):
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, content)
    return [name]


def _replace(path, content):
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def _digest(content):
    return hashlib.sha256(content).hexdigest()
