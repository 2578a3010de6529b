"""Result files: one for each run, with a check of what they say."""

import json
import math
import reprlib
import zlib
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from mnist_tutorial.benchmark.json_files import checksum, edited, json_files, read_json, refusing
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.data import atomic
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.errors import MNISTError

FORMAT = 3  # the second knew neither code nor probabilities
# Format 1, until November 2026, had other names for these fields.
RENAMED = {"about": "docstring", "purpose": "evaluated_on", "own": "cpu_seconds", "others": "other_cpu_seconds"}
FAILURE = ".failure.json"  # the end of the name of a file about a failed run
_RESULT = TypeAdapter(Result)


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
    path = folder / f"{result.name}.json"
    if path.exists():
        return None
    rewrite(result, path)
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
    """Read a result, and check it.

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
        not allow, or if its accuracy is not that of its predictions; the message says which.
    """
    with refusing(path):
        return _result(read_json(path, "run"))


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
    for path in json_files(folder, refused):
        try:
            with refusing(path):
                content = read_json(path)
                if content.get("kind") == "run":
                    results.append((path, _result(content)))
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
    for path in json_files(folder, []):
        if path.name.endswith(FAILURE):
            with suppress(MNISTError), refusing(path):
                failures.append(read_json(path, "failure"))
    return failures


def _text(result: Result) -> str:
    """Write a result as JSON, with its checksum."""
    content = {"kind": "run", "format": FORMAT, **asdict(result)}
    curve = content["loss_curve"]
    curve["loss"] = [
        None if loss is None or not math.isfinite(loss) else loss for loss in curve["loss"]
    ]  # JSON: no NaN
    return json.dumps(content | {"sha256": checksum(content)}, indent=1, allow_nan=False) + "\n"


def _result(content: dict[str, Any]) -> Result:
    version = content.get("format")
    if version not in range(1, FORMAT + 1):
        raise ValueError(
            f"written in format {reprlib.repr(version)}, expected 1 to {FORMAT}; update mnist-tutorial, or run it again"
        )
    if edited(content):
        raise ValueError("edited after it was written, so its checksum does not match; run it again")
    if version == 1:
        content = {RENAMED.get(name, name): value for name, value in content.items()}
        if content.get("evaluated_on") == "record":
            content["evaluated_on"] = "test"
    result = _RESULT.validate_python(content)
    _check(result)
    return result


def _check(result: Result) -> None:
    """Raise ValueError if a result was made with other data, or if its accuracy is not that of its predictions."""
    for part, digest in DIGESTS[result.variant]._asdict().items():
        if result.digests.get(part) != digest:
            found = str(result.digests.get(part))[:12]
            raise ValueError(f"made with other data: SHA-256 of {part} is {found}..., expected {digest[:12]}...")
    try:
        predicted = result.predicted
    except (ValueError, zlib.error) as error:
        raise ValueError(f"its predictions cannot be unpacked ({error})") from error
    if len(predicted) != len(result.labels):
        raise ValueError(f"{len(predicted):,} predictions; expected {len(result.labels):,}")
    accuracy = float(np.mean(predicted == result.labels))
    if result.accuracy is None or abs(accuracy - result.accuracy) > 1e-9:
        raise ValueError(f"claims an accuracy of {result.accuracy}; that of its predictions is {accuracy}")
