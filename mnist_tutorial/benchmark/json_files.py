"""JSON files: found, read and refused, and the checksum that those of ours carry."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mnist_tutorial.benchmark.schema import problem
from mnist_tutorial.errors import MNISTError

MAX_BYTES = 2**22  # of a file; a result takes 40 kB


def json_files(folder: Path, refused: list[MNISTError]) -> list[Path]:
    """List the JSON files in a folder and its subfolders; refuses folders that cannot be read."""

    def refuse(error: OSError) -> None:
        refused.append(MNISTError(f"{error.filename}: cannot be read ({error.strerror})"))

    places = os.walk(folder, onerror=refuse)
    return sorted(Path(place, name) for place, _, names in places for name in names if name.endswith(".json"))


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Name the file in whatever is wrong with it."""
    try:
        yield
    except OSError as error:
        raise MNISTError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise MNISTError(f"{path}: {problem(error)}; was it edited? Run it again") from error
    except ValueError as error:
        raise MNISTError(f"{path}: {error}") from error


def read_json(path: Path, kind: str | None = None) -> dict[str, Any]:
    """Read a file of ours: a JSON object, of a kind if one is given; raises OSError or ValueError."""
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes; no result is")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        if path.suffix != ".json":  # it may be anything of the user, such as a recipe
            kind = {".py": "a Python file", "": "a file without an ending"}.get(path.suffix, f"a {path.suffix} file")
            raise ValueError(f"{kind}, not a result; expected a .json file from `benchmark run`") from error
        raise ValueError(f"cut short, or not JSON ({error}); move it elsewhere, and run it again") from error
    content = content if isinstance(content, dict) else {}
    if kind not in (None, content.get("kind")):
        raise ValueError(f"not about a {kind}; expected a file from `benchmark {kind}`")
    return content


def edited(content: dict[str, Any]) -> bool:
    """Take the checksum out of the content of a file, and say whether it is wrong."""
    return content.pop("sha256", None) != checksum(content)


def checksum(content: dict[str, Any]) -> str:
    """Compute the SHA-256 of what a file holds, without that of the file itself."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
