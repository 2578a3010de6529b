"""Checks of the machine: memory, disk, and other programs."""

import shutil
import tempfile
import time
from pathlib import Path

import psutil

from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.data import cache_folder
from mnist_tutorial.setup.doctor.finding import Finding

GB = 2**30
LEAST_MEMORY, ENOUGH_MEMORY = 1 * GB, 2 * GB  # a notebook's kernel takes 1 to 1.5 GB
LEAST_DISK, ENOUGH_DISK = GB // 4, 2 * GB  # the cache, a second one while it is fetched, and the course take 150 MB
BUSY = 0.25  # of all cores


def memory() -> Finding:
    """Check that a notebook fits into memory."""
    now = psutil.virtual_memory()
    found = f"{now.available / GB:.1f} of {now.total / GB:.1f} GB free"
    if now.available < LEAST_MEMORY:
        return Finding("problem", found, "close other programs, and other notebooks' kernels")
    if now.available < ENOUGH_MEMORY:
        return Finding("warning", found, "run one notebook at a time, and close other programs")
    return Finding("ok", found)


def disk() -> Finding:
    """Check that there is space for the cache and in the working folder, and that both can be written."""
    places = {"cache": cache_folder(), "this folder": Path.cwd()}
    free = {}
    for name, place in places.items():
        place = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
        try:
            tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            advice = "set MNIST_TUTORIAL_CACHE to a folder that you may write to" if name == "cache" else "use another"
            return Finding("problem", f"{place} cannot be written ({error.strerror or error})", advice)
        free[name] = shutil.disk_usage(place).free
    found = ", ".join(f"{name}: {size / GB:.1f} GB free" for name, size in free.items())
    if min(free.values()) < LEAST_DISK:
        return Finding("problem", found, f"free {LEAST_DISK / GB:.2f} GB, or set MNIST_TUTORIAL_CACHE to another disk")
    if min(free.values()) < ENOUGH_DISK:
        return Finding("warning", found, "enough for MNIST and the course, but not for a new environment")
    return Finding("ok", found)


def load() -> Finding:
    """Measure for a second what other programs take of the processor."""
    _, spent = timed(lambda: time.sleep(1))
    share = spent.other_cpu_seconds / (spent.wall * psutil.cpu_count())
    found = f"they take {min(share, 1):.0%} of {psutil.cpu_count()} cores"
    if share > BUSY:
        return Finding("warning", found, "training takes longer; close what you do not need (calls, browsers, updates)")
    return Finding("ok", found)
