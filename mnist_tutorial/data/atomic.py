"""A file that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write a file beside its place, and move it there once it is complete.

    A process that is killed while it writes leaves the older file as it was. Two processes that write the same file
    do not get in each other's way: the one that finishes last wins.

    Parameters
    ----------
    path : Path
        The file to write, or to replace. Its folder must exist.

    Yields
    ------
    Path
        The file to write meanwhile. If the block raises, it is removed.

    Raises
    ------
    OSError
        If the file cannot be moved to its place.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic(Path(folder, "note.txt")) as part:
    ...         _ = part.write_text("whole")
    ...     [file.name for file in Path(folder).iterdir()]
    ['note.txt']
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
