"""Files of robustness, beside the result files and in their style: nothing edited or cut short is read."""

import dataclasses
import json
import reprlib
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from mnist_tutorial.benchmark.results.json_files import checksum, json_files, read_json, refusing
from mnist_tutorial.benchmark.robustness.robustness import Robustness
from mnist_tutorial.benchmark.robustness.suite import suite_digest
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

KIND, FORMAT = "robustness", 1
_ROBUSTNESS = TypeAdapter(Robustness)


def write(robustness: Robustness, folder: Path) -> Path:
    """Write what was measured; an older file of the same code and seed is replaced.

    Parameters
    ----------
    robustness : Robustness
    folder : Path

    Returns
    -------
    Path
    """
    content = {"kind": KIND, "format": FORMAT, **dataclasses.asdict(robustness)}
    path = folder / f"{robustness.name}.json"
    with atomic(path) as part:
        part.write_text(json.dumps(content | {"sha256": checksum(content)}, indent=1) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Robustness:
    """Read a file of `benchmark robustness`, and check everything that can be checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Robustness

    Raises
    ------
    MNISTError
        If the file is cut short, edited, of a later version, of another kind, or about another edition of the suite.
    """
    with refusing(path):
        content = read_json(path)
        if not _is_ours(content):
            raise ValueError("not about robustness; expected a file from `benchmark robustness`")
        return _robustness(content)


def read_all(folder: Path) -> tuple[list[Robustness], list[MNISTError]]:
    """Read all files of `benchmark robustness` in a folder and its subfolders.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    found : list of Robustness
    refused : list of MNISTError
        One for each file about robustness that cannot be trusted. Other files are left to `results.read_all`.
    """
    found, refused = [], []
    for path in json_files(folder, []):
        if f"-{KIND}-" in path.name:
            try:
                found.append(read(path))
            except MNISTError as error:
                refused.append(error)
    return found, refused


def mean_accuracies(found: list[Robustness], evaluated_on: str = "test") -> list[tuple[Robustness, float]]:
    """Average the mean corrupted accuracy over the seeds of the same recipe, variant and code.

    Parameters
    ----------
    found : list of Robustness
    evaluated_on : {"test", "validation"}

    Returns
    -------
    list of (Robustness, float)
        The first of each, for its recipe, variant and code, and the mean from 0 to 1.
    """
    groups: dict[tuple, list[Robustness]] = {}
    for one in found:
        if one.evaluated_on == evaluated_on:
            groups.setdefault((one.recipe, one.variant, tuple(one.code.items())), []).append(one)
    return [(group[0], float(np.mean([one.mean for one in group]))) for group in groups.values()]


def _is_ours(content: Any) -> bool:
    return isinstance(content, dict) and content.get("kind") == KIND


def _robustness(content: dict[str, Any]) -> Robustness:
    if content.get("format") != FORMAT:
        raise ValueError(
            f"written in format {reprlib.repr(content.get('format'))}, expected {FORMAT}; update mnist-tutorial, or "
            "run it again"
        )
    edited = content.pop("sha256", None) != checksum(content)
    robustness = _ROBUSTNESS.validate_python(content)
    if edited:
        raise ValueError("edited after it was written, so its checksum does not match; run it again")
    if robustness.suite != suite_digest():
        raise ValueError(
            f"measured on the suite {robustness.suite[:12]}..., expected {suite_digest()[:12]}...; run it again"
        )
    return robustness
