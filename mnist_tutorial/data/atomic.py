"""A file that appears whole or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write a temporary file, and move it to its place once it is complete.

    A process that is killed while it writes leaves the old file untouched. Two processes that write the same file do
    not get in each other's way: the one that finishes last wins.

    Parameters
    ----------
    path : Path
        The file to write, or to replace. Its folder must exist.

    Yields
    ------
    Path
        The temporary file, in the same folder. If the block raises, it is removed.

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
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def clear_parts(folder: Path) -> None:
    """Remove the temporary files that processes left in a folder because they were killed.

    Parameters
    ----------
    folder : Path
        A folder to which no other process is writing.
    """
    for path in folder.iterdir():
        if re.fullmatch(r"\..+\.\d+\.part", path.name):
            path.unlink(missing_ok=True)
