"""Outputs: the files that a command may replace, since it wrote them and nobody has changed them."""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from mnist_tutorial.errors import MNISTError

MARK = "written by mnist_tutorial"  # in the first 2,000 characters of each file that we write for people
_SIGNED = re.compile(rf"({MARK})(?: \(digest ([0-9a-f]{{16}})\))?")


def signed(text: str) -> str:
    """Add to the first mark in a text a digest of the rest, by which `check_replaceable` sees what people change."""
    return text.replace(MARK, f"{MARK} (digest {_digest(text)})", 1)


def check_replaceable(paths: Iterable[Path], force: bool = False) -> None:
    """Raise MNISTError for the first file that has no mark of ours, or that somebody has changed, unless forced."""
    for path in paths:
        if force or not os.path.lexists(path):
            continue
        text = path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""
        mark = _SIGNED.search(text[:2_000])
        if mark is None or mark[2] not in (None, _digest(_SIGNED.sub(r"\1", text, count=1))):
            raise MNISTError(
                f"{path} exists, and is not as this command wrote it; choose another place with --out, or "
                "replace it with --force"
            )


def _digest(text):
    lines = "\n".join(text.splitlines())  # whatever ends them: editors and systems differ
    return hashlib.sha256(lines.encode("utf-8", "backslashreplace")).hexdigest()[:16]
