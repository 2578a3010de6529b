"""Result files: one for each run, with checks of everything in it."""

import hashlib
import json
import math
import os
import zlib
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np

from mnist_tutorial.benchmark.results.result import SPLITS, Result
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.errors import MNISTError

FORMAT = 2
# Format 1, until November 2026, had other names for these fields.
RENAMED = {"about": "docstring", "purpose": "evaluated_on", "own": "cpu_seconds", "others": "other_cpu_seconds"}


def write(result: Result, folder: Path) -> Path | None:
    """Write a result, unless its file exists.

    The file appears complete or not at all, and an existing one is never touched.

    Parameters
    ----------
    result : Result
    folder : Path

    Returns
    -------
    Path or None
        None if the file exists, because another process has done the same run.
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
            os.link(part, path)  # unlike a rename, this fails if the file exists
        except FileExistsError:
            return None
        except OSError:  # a file system without links
            if path.exists():
                return None
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read(path: Path) -> Result:
    """Read a result, and check everything that can be checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Result

    Raises
    ------
    MNISTError
        If the file is cut short, edited, in another format or about other digits, or if its accuracy does not match
        its predictions; the message says which.
    """
    content = _json(path)
    if not _is_run(content):
        raise MNISTError(f"{path}: not the result of a run; expected a file from `benchmark run`")
    if content.get("format") not in (1, FORMAT):
        raise MNISTError(
            f"{path}: written in format {content.get('format')}, expected 1 or {FORMAT}; "
            "update mnist-tutorial, or run it again"
        )
    edited = content.pop("sha256", None) != _checksum(content)
    if content["format"] == 1:
        content = {RENAMED.get(name, name): value for name, value in content.items()}
        if content.get("evaluated_on") == "record":
            content["evaluated_on"] = "test"
    missing = [field.name for field in fields(Result) if field.name not in content]
    if missing:
        raise MNISTError(f"{path}: {', '.join(missing)} missing; was it edited? Run it again")
    if edited:
        raise MNISTError(f"{path}: edited after it was written, so its checksum does not match; run it again")
    result = Result(**{field.name: content[field.name] for field in fields(Result)})
    _check_types(result, path)
    _check_consistency(result, path)
    return result


def read_all(folder: Path) -> tuple[list[tuple[Path, Result]], list[MNISTError]]:
    """Read all results in a folder and its subfolders.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    results : list of (Path, Result)
        Sorted by path.
    refused : list of MNISTError
        One for each file that cannot be trusted.
    """
    if not Path(folder).is_dir():
        raise MNISTError(f"{folder}: no such folder; `benchmark run --out {folder}` makes it")
    results, refused = [], []
    for path in sorted(Path(folder).rglob("*.json")):
        try:
            if _is_run(_json(path)):
                results.append((path, read(path)))
        except MNISTError as error:
            refused.append(error)
    return results, refused


def read_failures(folder: Path) -> list[dict[str, Any]]:
    """Read the failures of runs, from the files beside the results.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of dict
        With ``recipe``, ``seed``, ``evaluated_on``, ``error`` and ``at``. Files that are cut short are missing here;
        `read_all` refuses them.
    """
    failures = []
    for path in sorted(Path(folder).rglob("*.failure.json")):
        with suppress(MNISTError):
            failures.append(_json(path))
    return failures


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise MNISTError(f"{path}: cut short, or not JSON ({error}); delete it, and run it again") from error
    except OSError as error:
        raise MNISTError(f"{path}: cannot be read ({error})") from error


def _is_run(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == "run"


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _check_types(result: Result, path: Path) -> None:
    for field in fields(Result):
        value, types = getattr(result, field.name), get_args(field.type) or (field.type,)
        accepted = (*types, int) if float in types else types
        finite = not isinstance(value, float) or math.isfinite(value)
        if not (isinstance(value, accepted) and finite):
            expected = " or ".join(type_.__name__ for type_ in types)
            raise MNISTError(f"{path}: {field.name} is {value!r}, expected {expected}; was it edited? Run it again")


def _check_consistency(result: Result, path: Path) -> None:
    for field, allowed in ("variant", tuple(DIGESTS)), ("evaluated_on", SPLITS):
        if (value := getattr(result, field)) not in allowed:
            raise MNISTError(f"{path}: {field} is {value!r}, expected {' or '.join(allowed)}")
    for part, digest in DIGESTS[result.variant]._asdict().items():
        if result.digests.get(part) != digest:
            raise MNISTError(
                f"{path}: made with other data: SHA-256 of {part} is {str(result.digests.get(part))[:12]}..., "
                f"expected {digest[:12]}..."
            )
    if result.source_sha256 != hashlib.sha256(result.source.encode()).hexdigest():
        raise MNISTError(f"{path}: its source text does not match its SHA-256 {result.source_sha256[:12]}...")
    looks = [(look.get("of"), look.get("images")) for look in result.evaluations if isinstance(look, dict)]
    if looks != [(result.evaluated_on, len(result.labels))]:
        raise MNISTError(
            f"{path}: evaluated on {looks}, expected one look at {len(result.labels):,} {result.evaluated_on} digits"
        )
    try:
        predicted = result.predicted
    except (ValueError, zlib.error) as error:
        raise MNISTError(f"{path}: its predictions cannot be unpacked ({error})") from error
    if len(predicted) != len(result.labels):
        raise MNISTError(f"{path}: {len(predicted):,} predictions; expected {len(result.labels):,}")
    accuracy = float(np.mean(predicted == result.labels))
    if result.accuracy is None or abs(accuracy - result.accuracy) > 1e-9:
        raise MNISTError(f"{path}: claims an accuracy of {result.accuracy}; that of its predictions is {accuracy}")
