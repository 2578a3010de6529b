"""Result files: one for each run, with checks of everything in it."""

import hashlib
import json
import math
import os
import reprlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from mnist_tutorial.benchmark.results import probabilities
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.schema import Failure, problem
from mnist_tutorial.data.atomic import atomic
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.errors import MNISTError, printable

FORMAT = 3  # the second knew neither code nor probabilities
MAX_BYTES = 2**22  # of a file; a result takes 40 kB
MAX_DEPTH = 20  # of folders within folders
# Format 1, until November 2026, had other names for these fields.
RENAMED = {"about": "docstring", "purpose": "evaluated_on", "own": "cpu_seconds", "others": "other_cpu_seconds"}
FAILURE = ".failure.json"  # the end of the name of a file about a failed run
_RESULT, _FAILURE = TypeAdapter(Result), TypeAdapter(Failure)


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
    path, part = folder / f"{result.name}.json", folder / f"{result.name}.{secrets.token_hex(8)}.part"
    text = _text(result)
    file = part.open("x", encoding="utf-8")  # from here on, it is ours to remove
    try:
        with file:
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


def rewrite(result: Result, path: Path) -> None:
    """Replace the file of a result, once more is known about it.

    Parameters
    ----------
    result : Result
    path : Path
        The file that it was read from.
    """
    with atomic(path) as part:
        part.write_text(_text(result), encoding="utf-8")


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
        If the file is cut short, edited, in another format or about other digits, if a field holds what `schema` does
        not allow, or if its accuracy does not match its predictions; the message says which.
    """
    with _refusing(path):
        content = _json(path)
        if not _is_run(content):
            raise ValueError("not the result of a run; expected a file from `benchmark run`")
        return _result(content)


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
        One for each file that cannot be trusted, and each folder that cannot be read.
    """
    if not Path(folder).is_dir():
        raise MNISTError(f"{folder}: no such folder; `benchmark run --out {folder}` makes it")
    results, refused = [], []
    for path in _files(folder, refused):
        try:
            with _refusing(path):
                content = _json(path)
                if _is_run(content):
                    results.append((path, _result(content)))
                elif path.name.endswith(FAILURE):
                    _FAILURE.validate_python(content)
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
        With ``recipe``, ``seed``, ``evaluated_on``, ``error`` and ``at``. Damaged files are missing here; `read_all`
        refuses them.
    """
    failures = []
    for path in _files(folder, []):
        if path.name.endswith(FAILURE):
            with suppress(MNISTError), _refusing(path):
                failures.append(_FAILURE.validate_python(_json(path)))
    return failures


def _files(folder: Path, refused: list[MNISTError]) -> list[Path]:
    """List the JSON files in a folder and its subfolders; refuses folders that cannot be read."""
    found = []

    def refuse(error: OSError) -> None:
        refused.append(MNISTError(f"{_shown(error.filename)}: cannot be read ({error.strerror})"))

    for place, folders, names in os.walk(folder, onerror=refuse):
        if folders and len(Path(place).relative_to(folder).parts) >= MAX_DEPTH:
            refused.append(MNISTError(f"{_shown(place)}: folders nested deeper than {MAX_DEPTH} are not read"))
            folders.clear()
        found += [Path(place, name) for name in names if name.endswith(".json")]
    return sorted(found)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Name the file in whatever is wrong with it."""
    try:
        yield
    except OSError as error:
        raise MNISTError(f"{_shown(path)}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise MNISTError(f"{_shown(path)}: {printable(problem(error))}; was it edited? Run it again") from error
    except ValueError as error:
        raise MNISTError(f"{_shown(path)}: {error}") from error


def _text(result: Result) -> str:
    """Write a result as JSON, with its checksum."""
    content = {"kind": "run", "format": FORMAT, **asdict(result)}
    curve = content["loss_curve"]
    curve["loss"] = [loss if math.isfinite(loss) else None for loss in curve["loss"]]  # JSON has no NaN
    return json.dumps(content | {"sha256": _checksum(content)}, indent=1, allow_nan=False) + "\n"


def _shown(path: Path | str) -> str:
    return printable(str(path), keep="")


def _json(path: Path) -> Any:
    if not path.is_file():
        raise ValueError("not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes; no result is")
    try:
        return from_json(data)
    except ValueError as error:
        raise ValueError(f"cut short, or not JSON ({error}); delete it, and run it again") from error


def _is_run(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == "run"


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _result(content: dict[str, Any]) -> Result:
    version = content.get("format")
    if type(version) is not int or version not in range(1, FORMAT + 1):
        raise ValueError(
            f"written in format {reprlib.repr(version)}, expected 1 to {FORMAT}; update mnist-tutorial, or run it again"
        )
    edited = content.pop("sha256", None) != _checksum(content)
    if version == 1:
        content = {RENAMED.get(name, name): value for name, value in content.items()}
        if content.get("evaluated_on") == "record":
            content["evaluated_on"] = "test"
    result = _RESULT.validate_python(content)
    if edited:
        raise ValueError("edited after it was written, so its checksum does not match; run it again")
    _check_consistency(result)
    return result


def _check_consistency(result: Result) -> None:
    for part, digest in DIGESTS[result.variant]._asdict().items():
        if result.digests.get(part) != digest:
            found = str(result.digests.get(part))[:12]
            raise ValueError(f"made with other data: SHA-256 of {part} is {found}..., expected {digest[:12]}...")
    if result.source_sha256 != hashlib.sha256(result.source.encode()).hexdigest():
        raise ValueError(f"its source text does not match its SHA-256 {result.source_sha256[:12]}...")
    looks = [(look["of"], look["images"]) for look in result.evaluations]
    if looks != [(result.evaluated_on, len(result.labels))]:
        raise ValueError(
            f"evaluated on {reprlib.repr(looks)}, expected one look at {len(result.labels):,} {result.evaluated_on} "
            "digits"
        )
    try:
        predicted = result.predicted
    except ValueError as error:
        raise ValueError(f"its predictions cannot be unpacked ({error})") from error
    if len(predicted) != len(result.labels):
        raise ValueError(f"{len(predicted):,} predictions; expected {len(result.labels):,}")
    accuracy = float(np.mean(predicted == result.labels))
    if result.accuracy is None or abs(accuracy - result.accuracy) > 1e-9:
        raise ValueError(f"claims an accuracy of {result.accuracy}; that of its predictions is {accuracy}")
    if bool(result.probabilities) != bool(result.calibration):
        raise ValueError("has probabilities without their calibration, or the other way round")
    if result.calibration:
        try:
            probabilities.check(result.calibration, *result.log_odds, predicted == result.labels)
        except ValueError as error:
            raise ValueError(f"its probabilities contradict the rest ({error})") from error
