"""JSON files of any origin: found, read and refused, and the checksum that those of ours carry."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from mnist_tutorial.benchmark.results.schema import problem
from mnist_tutorial.errors import MNISTError, printable

MAX_BYTES = 2**22  # of a file; a result takes 40 kB
MAX_DEPTH = 20  # of folders within folders


def json_files(folder: Path, refused: list[MNISTError]) -> list[Path]:
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
def refusing(path: Path) -> Iterator[None]:
    """Name the file in whatever is wrong with it."""
    try:
        yield
    except OSError as error:
        raise MNISTError(f"{_shown(path)}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise MNISTError(f"{_shown(path)}: {printable(problem(error))}; was it edited? Run it again") from error
    except ValueError as error:
        raise MNISTError(f"{_shown(path)}: {error}") from error


def read_json(path: Path) -> Any:
    """Read JSON from a file of a reasonable size; raises OSError or ValueError."""
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


def checksum(content: dict[str, Any]) -> str:
    """Compute the SHA-256 of what a file holds, without that of the file itself."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _shown(path: Path | str) -> str:
    return printable(str(path), keep="")
