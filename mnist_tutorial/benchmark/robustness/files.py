"""Files of robustness, beside the result files and in their style."""

import dataclasses
import json
import reprlib
from pathlib import Path

from pydantic import TypeAdapter

from mnist_tutorial.benchmark.results.json_files import checksum, edited, json_files, read_json, refusing
from mnist_tutorial.benchmark.robustness.robustness import Robustness
from mnist_tutorial.benchmark.robustness.suite import suite_digest
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import MNISTError

KIND, FORMAT = "robustness", 1
_ROBUSTNESS = TypeAdapter(Robustness)


def write(robustness: Robustness, folder: Path) -> Path:
    """Write what was measured; an older file of the same code and seed is replaced."""
    content = {"kind": KIND, "format": FORMAT, **dataclasses.asdict(robustness)}
    path = folder / f"{robustness.name}.json"
    with atomic(path) as part:
        part.write_text(json.dumps(content | {"sha256": checksum(content)}, indent=1) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> Robustness:
    """Read a file of `benchmark robustness`.

    Raises
    ------
    MNISTError
        If the file is cut short, edited, of a later version, of another kind, or about another edition of the suite.
    """
    with refusing(path):
        content = read_json(path, KIND)
        if content.get("format") != FORMAT:
            raise ValueError(
                f"written in format {reprlib.repr(content.get('format'))}, expected {FORMAT}; update mnist-tutorial, "
                "or run it again"
            )
        if edited(content):
            raise ValueError("edited after it was written, so its checksum does not match; run it again")
        robustness = _ROBUSTNESS.validate_python(content)
        if robustness.suite != suite_digest():
            raise ValueError(
                f"measured on the suite {robustness.suite[:12]}..., expected {suite_digest()[:12]}...; run it again"
            )
        return robustness


def read_all(folder: Path) -> tuple[list[Robustness], list[MNISTError]]:
    """Read all files of `benchmark robustness` in a folder and its subfolders; also returns what was refused, and why.

    Other files are left to `results.read_all`.
    """
    measured, refused = [], []
    for path in json_files(folder, []):
        if f"-{KIND}-" in path.name:
            try:
                measured.append(read(path))
            except MNISTError as error:
                refused.append(error)
    return measured, refused
