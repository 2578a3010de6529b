"""A file that appears whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_tutorial.data.scratch import scratch


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
    with scratch(path.parent) as private:
        part = private / "part"
        yield part
        part.replace(path)
