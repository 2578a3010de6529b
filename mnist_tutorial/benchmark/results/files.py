"""Results: one file for each run, which anybody can check."""

import hashlib
import json
import math
import os
import zlib
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_args

import numpy as np

from mnist_tutorial.benchmark.results.result import SPLITS, Result
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.errors import MNISTError

FORMAT = 2
# What format 1 (until November 2026) called the fields that have another name since.
RENAMED = {"about": "docstring", "purpose": "evaluated_on", "own": "cpu_seconds", "others": "other_cpu_seconds"}


def write(result, folder):
    """Write a result, unless it is there.

    The file appears complete or not at all, and an existing one is never touched.

    Parameters
    ----------
    result : Result
    folder : Path

    Returns
    -------
    Path or None
        None if somebody else has written the same run meanwhile.
    """
    content = {"kind": "run", "format": FORMAT, **asdict(result)}
    path, part = folder / f"{result.name}.json", folder / f"{result.name}.{os.getpid()}.part"
    text = json.dumps(content | {"sha256": _checksum(content)}, indent=1) + "\n"
    try:
        with part.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename, it fails where there is a file
        except FileExistsError:
            return None
        except OSError:  # a file system without links
            if path.exists():
                return None
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read(path):
    """Read a result, and check all that can be checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Result

    Raises
    ------
    MNISTError
        If the file is cut short, of another version, edited, about other digits, or if accuracy and predictions do
        not agree; the message says which.
    """
    content = _json(path)
    if not _is_run(content):
        raise MNISTError(f"{path}: not the result of a run; expected a file that `benchmark run` wrote")
    if content.get("format") not in (1, FORMAT):
        raise MNISTError(
            f"{path}: written in format {content.get('format')}; expected 1 or {FORMAT}, "
            "which this release of mnist-tutorial reads; run it again"
        )
    edited = content.pop("sha256", None) != _checksum(content)
    if content["format"] == 1:
        content = {RENAMED.get(name, name): value for name, value in content.items()}
        if content.get("evaluated_on") == "record":
            content["evaluated_on"] = "test"
    missing = [field.name for field in fields(Result) if field.name not in content]
    if missing:
        raise MNISTError(f"{path}: {', '.join(missing)} missing; was it edited? run it again")
    if edited:
        raise MNISTError(f"{path}: edited after it was written: its checksum is another; run it again")
    result = Result(**{field.name: content[field.name] for field in fields(Result)})
    _typed(result, path)
    _agree(result, path)
    return result


def read_all(folder):
    """Read all results in a folder and in the folders in it.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    results : list of (Path, Result)
        By name.
    refused : list of MNISTError
        One for each file that is no good.
    """
    if not Path(folder).is_dir():
        raise MNISTError(f"{folder}: no such folder; `benchmark run --out {folder}` makes one")
    results, refused = [], []
    for path in sorted(Path(folder).rglob("*.json")):
        try:
            if _is_run(_json(path)):
                results.append((path, read(path)))
        except MNISTError as error:
            refused.append(error)
    return results, refused


def read_failures(folder):
    """Read what has failed, from the files that stand beside the results.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of dict
        With ``recipe``, ``seed``, ``evaluated_on``, ``error`` and ``at``. A file that is cut short is among what
        `read_all` refuses.
    """
    failures = []
    for path in sorted(Path(folder).rglob("*.failure.json")):
        with suppress(MNISTError):
            failures.append(_json(path))
    return failures


def _json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise MNISTError(f"{path}: cut short, or no JSON at all ({error}); delete it and run it again") from error
    except OSError as error:
        raise MNISTError(f"{path}: cannot be read ({error})") from error


def _is_run(content):
    return isinstance(content, dict) and content.get("kind") == "run"


def _checksum(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _typed(result, path):
    for field in fields(Result):
        value, kinds = getattr(result, field.name), get_args(field.type) or (field.type,)
        numbers = (int,) if float in kinds else ()
        finite = not isinstance(value, float) or math.isfinite(value)
        if not (isinstance(value, (*kinds, *numbers)) and finite):
            kind = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
            raise MNISTError(f"{path}: {field.name} is {value!r}; expected {kind}; was it edited? run it again")


def _agree(result, path):
    if result.variant not in DIGESTS or result.evaluated_on not in SPLITS:
        raise MNISTError(
            f"{path}: variant {result.variant}, evaluated on {result.evaluated_on}; there is no such thing"
        )
    for part, digest in DIGESTS[result.variant]._asdict().items():
        if result.digests.get(part) != digest:
            raise MNISTError(
                f"{path}: made with other data: SHA-256 of {part} is {str(result.digests.get(part))[:12]}..., "
                f"expected {digest[:12]}..."
            )
    if result.source_sha256 != hashlib.sha256(result.source.encode()).hexdigest():
        raise MNISTError(f"{path}: its source text is not the one of its digest {result.source_sha256[:12]}...")
    looks = [(look.get("of"), look.get("images")) for look in result.evaluations if isinstance(look, dict)]
    if looks != [(result.evaluated_on, len(result.labels))]:
        raise MNISTError(
            f"{path}: looked at {looks}; expected one look at {len(result.labels):,} {result.evaluated_on} digits"
        )
    try:
        predicted = result.predicted
    except (ValueError, zlib.error) as error:
        raise MNISTError(f"{path}: its predictions cannot be unpacked ({error})") from error
    if len(predicted) != len(result.labels):
        raise MNISTError(f"{path}: {len(predicted):,} predictions; expected {len(result.labels):,}")
    found = float(np.mean(predicted == result.labels))
    if result.accuracy is None or abs(found - result.accuracy) > 1e-9:
        raise MNISTError(f"{path}: claims an accuracy of {result.accuracy}; its predictions have {found}")
