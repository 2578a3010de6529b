"""Scratch folders: unfinished files live in a private folder, so that no file of anybody else is ever removed."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".mnist-tutorial-"
# Two files in each scratch folder: one is locked while the folder is in use; the other, written under that lock, holds
# the folder's name, which shows that we made the folder.
LOCK, MARK = "lock", "mark"


@contextmanager
def scratch(folder: Path, keep: str = "") -> Iterator[Path]:
    """Make a private folder inside another one, and remove it in the end.

    If a process that used one was killed, the next call takes over what it left.

    Parameters
    ----------
    folder : Path
        It must exist.
    keep : str
        The name of a folder inside. If it holds files and the block raises, it stays for the next call.

    Yields
    ------
    Path
        The private folder, empty but for `keep`.

    Raises
    ------
    OSError
        If it cannot be made.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with scratch(Path(folder)) as private:
    ...         _ = (private / "note.txt").write_text("unfinished")
    ...     os.listdir(folder)
    []
    """
    path, lock = _abandoned(folder) or _new(folder)
    kept = ""
    try:
        _empty(path, keep)
        yield path
    except BaseException:
        # Without a lock, nobody could take it over.
        if keep and lock.is_locked and (path / keep).is_dir() and any((path / keep).iterdir()):
            kept = keep
        raise
    finally:
        _empty(path, kept)
        if not kept:
            _remove(path)
        lock.release()
        if not kept and os.name == "nt":  # Windows removes no file that is open
            _remove(path)


def _abandoned(folder):
    for path in folder.glob(f"{PREFIX}*"):
        if _is_ours(path):
            lock = _locked(path)
            if lock.is_locked:
                return path, lock
    return None


def _is_ours(path):
    mark = path / MARK
    with suppress(OSError, ValueError):
        return (
            not path.is_symlink()
            and path.stat().st_uid == getattr(os, "getuid", lambda: 0)()  # nobody else plants links for us to follow
            and mark.is_file()
            and mark.stat().st_size == len(path.name)
            and mark.read_text() == path.name
        )
    return False


def _new(folder):
    try:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    except OSError as error:
        error.filename = str(folder)  # more use than a random name inside
        raise
    try:
        lock = _locked(path)
        (path / MARK).write_text(path.name)
        return path, lock
    except BaseException:
        _remove(path)
        raise


def _locked(path):
    from filelock import FileLock

    lock = FileLock(path / LOCK, blocking=False, preserve_lock_file=True)
    with suppress(OSError):  # another process has it, or the drive has no locks
        lock.acquire()
    return lock


def _empty(path, kept):
    for entry in path.iterdir():
        if entry.name in (LOCK, MARK, kept):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()


def _remove(path):
    with suppress(OSError):
        (path / MARK).unlink(missing_ok=True)
        (path / LOCK).unlink(missing_ok=True)
        path.rmdir()
