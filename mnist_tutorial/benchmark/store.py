"""The store: a file for each result, or for what else was measured, in a folder."""

import hashlib
import json
import os
import re
import reprlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

MAX_BYTES = 2**22  # of a file; a result takes 30 kB
JSON = re.compile(r"[^.].*\.json")  # not the ._x.json that macOS puts beside x.json
AGAIN = "move it elsewhere, and run it again"  # what to do about a damaged file


def published() -> Path:
    """Return the folder with the results of this course's own recipes, which the README shows.

    Examples
    --------
    >>> results, refused = read_all(published())
    >>> "cnn" in {result.recipe for _, result in results}, refused
    (True, [])
    """
    package, clone = (folder / "results/cpu" for folder in Path(__file__).parents[:3:2])
    return package if package.is_dir() else clone


def write(result: Result, folder: Path) -> Path | None:
    """Write a result; returns None if its file exists, because another process has done the same run."""
    path = folder / f"{result.name}.json"
    if path.exists():
        return None
    save(path, result)
    return path


def save(path: Path, value: Any) -> None:
    """Write a file of ours, whole or not at all, with a checksum; the class of the value names its kind and format."""
    content = {"kind": value.KIND, "format": value.FORMAT, **json.loads(to_json(value, inf_nan_mode="null"))}
    with atomic(path) as part:
        part.write_text(json.dumps(content | {"sha256": _checksum(content)}, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Result:
    """Read a result, and check it.

    MNISTError if the file is cut short, edited, in another format or about other digits, or if a field is not as
    expected, such as an accuracy that is not that of the predictions; the message says which.
    """
    if (result := _load(path, [Result])) is None:
        raise MNISTError(f"{path}: not about a run; expected a file from `benchmark run`")
    return result


def read_all(folder: Path, kinds: Sequence[type] = (Result,)) -> tuple[list[tuple[Path, Any]], list[MNISTError]]:
    """Read all results in a folder and its subfolders, sorted by path; and say which files and folders are refused.

    `kinds` are the classes of what is read; files about something else are passed over.
    """
    if not Path(folder).is_dir():
        raise MNISTError(f"{folder}: no such folder; `benchmark run --out {folder}` makes it")
    values, refused = [], []
    places = os.walk(folder, onerror=lambda error: refused.append(MNISTError(f"{error.filename}: {_problem(error)}")))
    for path in sorted(Path(place, name) for place, _, names in places for name in names if JSON.fullmatch(name)):
        try:
            if (value := _load(path, kinds)) is not None:
                values.append((path, value))
        except MNISTError as error:
            refused.append(error)
    return values, refused


def _load(path: Path, kinds: Sequence[type]) -> Any:
    """Read what `save` wrote, and check it; None if it is of another kind."""
    try:
        if path.suffix != ".json":
            raise ValueError("not a result; expected a .json file from `benchmark run`")
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES:,} bytes; no result is")
        content = json.loads(path.read_text(encoding="utf-8"))
        subject = content.get("kind") if isinstance(content, dict) else None
        kind = next((kind for kind in kinds if subject == kind.KIND), None)
        if kind is None:
            return None
        if (version := content.get("format")) != kind.FORMAT:
            words = f"written in format {reprlib.repr(version)}, expected {kind.FORMAT}"
            raise ValueError(f"{words}; update mnist-tutorial, or {AGAIN}")
        if content.pop("sha256", None) != _checksum(content):
            raise ValueError(f"edited after it was written (its checksum differs); {AGAIN}")
        del content["kind"], content["format"]
        return kind(**content)
    except (OSError, ValueError, RecursionError, zlib.error) as error:
        raise MNISTError(f"{path}: {_problem(error)}") from error


def _checksum(content: dict[str, Any]) -> str:
    """Compute the SHA-256 of all that a file holds beside it."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _problem(error: Exception) -> str:
    """Say what is wrong with a file; of a field, also what it holds, and what was expected."""
    if isinstance(error, OSError):
        return f"cannot be read ({error.strerror})"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return f"cut short, or not JSON ({error}); {AGAIN}"
    if not isinstance(error, ValidationError):
        return str(error)
    wrong = error.errors(include_url=False)[0]
    content = "" if wrong["type"] in ("missing", "value_error") else f" is {reprlib.repr(wrong['input'])}"
    message = wrong["msg"].removeprefix("Value error, ").replace("Input should", "it should")
    field = ".".join(map(str, wrong["loc"]))
    return f"{field}{content}: {message}; was it edited? If so, {AGAIN}".removeprefix(": ")
