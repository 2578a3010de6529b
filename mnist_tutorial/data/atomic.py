"""A file that appears whole or not at all."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_tutorial.data.scratch import scratch
from mnist_tutorial.errors import MNISTError

# Windows replaces no file that is open. A scanner for viruses, or a process that is verifying the file, closes it soon.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds


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
        The temporary file, in a private folder beside it. If the block raises, it is removed.

    Raises
    ------
    OSError
        If the file cannot be written.
    MNISTError
        If the old file is open in another program, on Windows.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic(Path(folder, "note.txt")) as part:
    ...         _ = part.write_text("whole")
    ...     [file.name for file in Path(folder).iterdir()]
    ['note.txt']
    """
    with scratch(path.parent) as private:
        part = private / "part"
        yield part
        replace(part, path)


def replace(part: Path, path: Path) -> None:
    """Move a complete file to its place; on Windows, wait a moment for others to close the old one.

    Parameters
    ----------
    part : Path
    path : Path
        The file to replace, on the same disk.

    Raises
    ------
    MNISTError
        If another program has the old file open. It stays as it is.
    OSError
        If the file cannot be moved for another reason.
    """
    for pause in (*PAUSES, None):
        try:
            part.replace(path)
            return
        except PermissionError as error:
            if not getattr(error, "winerror", None):  # not Windows
                raise
            if pause is None:
                raise MNISTError(
                    f"{path}: cannot be replaced ({error.strerror}). Close whatever has it open, such as a spreadsheet "
                    "or a notebook whose kernel runs, and try again"
                ) from error
        time.sleep(pause)
