"""Result files: one for each run, with checks of everything in it."""

import json
import math
import os
import reprlib
import secrets
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mnist_tutorial.benchmark.results import consistency
from mnist_tutorial.benchmark.results.json_files import checksum, json_files, read_json, refusing
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.schema import Failure
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

FORMAT = 3  # the second knew neither code nor probabilities
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
    with refusing(path):
        content = read_json(path)
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
    for path in json_files(folder, refused):
        try:
            with refusing(path):
                content = read_json(path)
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
    for path in json_files(folder, []):
        if path.name.endswith(FAILURE):
            with suppress(MNISTError), refusing(path):
                failures.append(_FAILURE.validate_python(read_json(path)))
    return failures


def _text(result: Result) -> str:
    """Write a result as JSON, with its checksum."""
    content = {"kind": "run", "format": FORMAT, **asdict(result)}
    curve = content["loss_curve"]
    curve["loss"] = [loss if math.isfinite(loss) else None for loss in curve["loss"]]  # JSON has no NaN
    return json.dumps(content | {"sha256": checksum(content)}, indent=1, allow_nan=False) + "\n"


def _is_run(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == "run"


def _result(content: dict[str, Any]) -> Result:
    version = content.get("format")
    if type(version) is not int or version not in range(1, FORMAT + 1):
        raise ValueError(
            f"written in format {reprlib.repr(version)}, expected 1 to {FORMAT}; update mnist-tutorial, or run it again"
        )
    edited = content.pop("sha256", None) != checksum(content)
    if version == 1:
        content = {RENAMED.get(name, name): value for name, value in content.items()}
        if content.get("evaluated_on") == "record":
            content["evaluated_on"] = "test"
    result = _RESULT.validate_python(content)
    if edited:
        raise ValueError("edited after it was written, so its checksum does not match; run it again")
    consistency.check(result)
    return result
