"""Processes that die, or meet an error, each time that they write.

`test_faults.py` runs this file in a process of its own, in which forks are cheap.
"""

import errno
import itertools
import os
import resource
import shutil
import signal
import sys
import zipfile
from pathlib import Path

import filelock  # noqa: F401  once, not in each fork
import numpy as np
import requests  # noqa: F401
from small import few, pack, shrink

import mnist_tutorial as mt
from mnist_tutorial.data import export


def files_in(folder):
    """All that is in a folder, with the bytes of its files."""
    return {path: _content(path) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def _content(path):
    if path.is_symlink():
        return os.readlink(path)
    return path.read_bytes() if path.is_file() else "special"


WRITING = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate"}
LIVED = 42  # how a process ends that was not harmed


def ends(action, folder, harm, at):
    """Do something in a fork, harm it before it writes to a folder for the n-th time, and return how it ends."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    numbers, harmed = itertools.count(1), []

    def hook(event, arguments):
        if event == "open":
            writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            writes = event in WRITING
        if writes and isinstance(arguments[0], (str, os.PathLike)):
            path = os.fspath(arguments[0])  # a relative one where a tree is removed
            if (not os.path.isabs(path) or path.startswith(str(folder))) and next(numbers) == at:
                harmed.append(True)
                harm()

    sys.addaudithook(hook)
    try:
        action()
    except (mt.MNISTError, OSError, SystemExit):
        pass
    except BaseException as error:
        print("raised", repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0 if harmed else LIVED)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def broken_disk():
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def full_disk():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


HARMS = {kill: -signal.SIGKILL, broken_disk: 0, full_disk: 0}  # and how the process ends
LIMITS = [0, 1, 700, 20_000, 54_960]  # bytes of a file, after which the system ends the process


def main(place):
    """Harm each action at each of its writes; after each harm, the next try must be right."""
    arrays = shrink(setattr)
    pack(arrays, place / "mnist.zip")
    digits = few(arrays)

    def is_fetched(folder):
        np.testing.assert_array_equal(mt.load("full", cache=folder).train.images, arrays.train_images)

    def is_exported(folder):
        export.to_folder(digits, folder, "flat")
        for name, data in export.tree(digits, "flat"):
            assert (folder / name).read_bytes() == data

    def is_zipped(folder):
        if not (folder / "a.zip").exists():
            export.to_zip(digits, folder / "a.zip")
        with zipfile.ZipFile(folder / "a.zip") as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == 6

    for name, action, check, harms in (
        ("fetch", lambda folder: mt.load("full", cache=folder), is_fetched, [kill, broken_disk, full_disk]),
        ("export", lambda folder: export.to_folder(digits, folder, "flat"), is_exported, [kill, broken_disk]),
        ("export --zip", lambda folder: export.to_zip(digits, folder / "a.zip"), is_zipped, [kill, broken_disk]),
    ):
        for harm in harms:
            for at in itertools.count(1):
                if tried(place / "folder", action, check, harm, at) == LIVED:
                    break
            print(f"{name}, {harm.__name__}: {at - 1} points", flush=True)
        for limit in LIMITS:
            tried(place / "folder", lambda folder: limited(action, folder, limit), check, kill, 0)  # noqa: B023


def tried(folder, action, check, harm, at):
    """Harm once and look at what is left."""
    for name in ("partial", "fetch-api"):
        (folder / name).mkdir(parents=True)
        (folder / name / ".diary.1.part").write_text("mine")
    before = files_in(folder)
    end = ends(lambda: action(folder), folder, harm, at)
    assert end in (HARMS[harm], LIVED, -signal.SIGXFSZ), (end, harm, at)
    check(folder)
    after = files_in(folder)
    assert before.items() <= after.items(), (harm, at)
    left = [path for path in after.keys() - before.keys() if ".mnist-tutorial-" in str(path)]
    assert sum(path.stat().st_size for path in left) < 100, (harm, at)
    shutil.rmtree(folder)
    return end


def limited(action, folder, limit):
    """Have the system end this process where it writes more than `limit` bytes into a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    action(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
