"""Let a function end, or fail, at its n-th call that changes a file."""

import errno
import gc
import os
import sys

from mnist_tutorial.errors import MNISTError

CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "shutil.rmtree",
}
_tried = None  # what `crash` is trying


class Killed(BaseException):
    """The end of a process by kill -9: from then on, it changes nothing, and cannot tidy up either."""


class _Trial:
    def __init__(self, folder, n, how):
        self.folder, self.n, self.how, self.calls = str(folder), n, how, 0

    def see(self, event, arguments):
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not (writes or event in CHANGES) or not str(arguments[0]).startswith(self.folder):
            return
        self.calls += 1
        if self.how == "killed" and self.calls >= self.n:
            raise Killed
        if self.how == "failed" and self.calls == self.n:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))


def crash(action, folder, n, how):
    """Run a function, whose n-th call that changes something in a folder goes wrong.

    `how` is "killed", or "failed" as on a full disk. The value is "killed", "refused" if the function ended with an
    error of ours, "done" if it did not need the call, and None if there is no n-th call.
    """
    global _tried
    if _tried is None:  # Python tells a hook about each call before it is made, and forgets no hook
        sys.addaudithook(lambda event, arguments: _tried.see(event, arguments) if _tried else None)
    _tried = trial = _Trial(folder, n, how)
    try:
        action()
        return "done" if trial.calls >= n else None
    except MNISTError:
        return "refused"
    except Killed:
        return "killed"
    finally:
        _tried = False
        gc.collect()  # the end of a process frees its locks; Python 3.13 keeps them in cycles of references
