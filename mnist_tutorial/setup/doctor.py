"""The doctor: checks whether the course will run here, and says what to do where it will not."""

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal, NamedTuple

import psutil
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.data.cache import FETCH, cache_file, cache_folder, read_cache
from mnist_tutorial.data.load import load
from mnist_tutorial.data.mirrors import ADDRESSES, out_of_reach
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.lab import check_lab

GB = 2**30
TOO_LITTLE, LITTLE = 1, 2  # GB of memory; a notebook's kernel takes 1 to 1.5
DISK = 0.25  # GB; the cache, a second one while it is fetched, and the course take 0.15
BUSY = 0.25  # of all cores
LEARNT = 0.5  # accuracy; guessing gives 0.1
DRIVERS = "/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1"  # in WSL, it is that of Windows
NEW = "set the course up anew"


class Finding(NamedTuple):
    """What a check found and, unless all is well, what was expected and what to do.

    With a warning, the course runs; with a problem, it does not, or not on all of MNIST.
    """

    status: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


def _python():
    about, here = metadata("mnist-tutorial"), platform.python_version()
    if here not in SpecifierSet(about["Requires-Python"], prereleases=True):
        return Finding("problem", here, f"expected {about['Requires-Python']}: install it, and {NEW} with it")
    tested = {line.rpartition(" ")[2] for line in about.get_all("Classifier", []) if ":: Python :: 3." in line}
    if here.rpartition(".")[0] not in tested:
        return Finding("warning", here, f"the course is tested with Python {', '.join(sorted(tested))}")
    return Finding("ok", f"{here}, {sys.executable}")


def _packages():
    wrong, named = [], map(Requirement, requires("mnist-tutorial"))
    needed = [package for package in named if not package.marker or package.marker.evaluate({"extra": ""})]
    for package in needed:
        try:
            here = version(package.name)
            right = package.specifier.contains(here, prereleases=True)
        except PackageNotFoundError:
            here, right = "missing", False
        if not right:
            wrong.append(f"{package.name} is {here}, expected {package.specifier}")
    if wrong:
        advice = f"install them: {sys.executable} -m pip install --upgrade mnist-tutorial"
        return Finding("problem", "; ".join(wrong), advice)
    return Finding("ok", f"{len(needed)} packages, all within their bounds")


def _memory():
    now = psutil.virtual_memory()
    free, found = now.available / GB, f"{now.available / GB:.1f} of {now.total / GB:.1f} GB free"
    if free < LITTLE:
        advice = f"expected {LITTLE} GB: close other programs, and run one notebook at a time"
        return Finding("problem" if free < TOO_LITTLE else "warning", found, advice)
    return Finding("ok", found)


def _disk():
    found, elsewhere = [], "set MNIST_TUTORIAL_CACHE to a folder on another disk"
    for place, advice in ((cache_folder(), elsewhere), (Path.cwd(), "use another folder")):
        place = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
        try:
            tempfile.TemporaryFile(dir=place).close()
        except OSError as error:
            return Finding("problem", f"{place} cannot be written ({error.strerror or error})", advice)
        free = shutil.disk_usage(place).free / GB
        found.append(f"{place}: {free:.1f} GB free")
        if free < DISK:
            return Finding("problem", found[-1], f"expected {DISK} GB: free some, or {advice}")
    return Finding("ok", ", ".join(found))


def _other_programs():
    _, spent = timed(lambda: time.sleep(1))
    share = min(1, spent.other_cpu_seconds / (spent.wall * psutil.cpu_count()))
    found = f"they take {share:.0%} of {psutil.cpu_count()} cores"
    if share > BUSY:
        return Finding("warning", found, "training takes longer; close what you do not need (calls, browsers, updates)")
    return Finding("ok", found)


def _data():
    place, path = os.environ.get("MNIST_TUTORIAL_DATA", ""), cache_file(cache_folder())
    if "://" in place:
        return Finding("warning", "MNIST_TUTORIAL_DATA is an address", f"check it: {FETCH}")
    try:
        if place:
            load("full")
            return Finding("ok", f"MNIST_TUTORIAL_DATA is {place}: 70,000 digits, digests right")
        if cached := read_cache(path):
            return Finding("ok", f"{path}: 70,000 digits, digests right, from {cached[1].origin}")
    except MNISTError as error:
        advice = "set MNIST_TUTORIAL_DATA to a copy of MNIST, or unset it"
        return Finding("problem", str(error).splitlines()[0], advice)
    except PermissionError as error:
        return Finding("problem", f"{path}: {error.strerror}", "set MNIST_TUTORIAL_CACHE to another folder")
    with ThreadPoolExecutor() as pool:
        failures = [failure for failure in pool.map(out_of_reach, ADDRESSES.values()) if failure]
    found = f"{path} is damaged" if path.exists() else f"{path.parent} has no MNIST"
    found += f"; {len(ADDRESSES) - len(failures)} of {len(ADDRESSES)} mirrors in reach"
    if len(failures) < len(ADDRESSES) or shutil.which("npm"):  # npm may deliver it
        return Finding("problem" if path.exists() else "warning", found, f"fetch it: {FETCH}")
    advice = "get mnist.zip from somebody, and set MNIST_TUTORIAL_DATA to it; the notebooks run on a sample meanwhile"
    return Finding("problem", f"{found} ({', '.join(dict.fromkeys(failures))})", advice)


def _torch():
    import torch

    from mnist_tutorial.device import describe, has_bfloat16

    slower = "" if has_bfloat16() else ", which trains more slowly than bfloat16 in hardware"
    found, cuda = f"torch {torch.__version__}, {describe()}{slower}", torch.version.cuda
    driver = any(Path(place).exists() for place in DRIVERS) or shutil.which("nvidia-smi")
    if driver and not torch.cuda.is_available():
        needed = f"a driver for CUDA {cuda}" if cuda else "a build of torch with CUDA"
        return Finding("warning", f"{found}; it cannot use the NVIDIA GPU", f"to train on it, install {needed}")
    if cuda and not driver:
        advice = "it works, but the CPU build is far smaller (in a clone: make setup TORCH_BACKEND=cpu)"
        return Finding("warning", f"{found}; built for CUDA, and there is no NVIDIA driver", advice)
    return Finding("ok", found)


def _training():
    from mnist_tutorial.benchmark import Run, load_recipe
    from mnist_tutorial.training import evaluate

    mnist = load("sample")
    for recipe in ("linear", "mlp"):  # the first training loads what the others have
        run = Run(mnist.train, seed=0)
        network, spent = run.train(load_recipe(recipe).function)
    accuracy = evaluate(network, mnist.test)
    found = f"{run.images / spent.wall:,.0f} digits a second, {accuracy:.0%} of new ones right"
    if accuracy < LEARNT:
        return Finding("problem", found, f"expected at least {LEARNT:.0%}, the network does not learn: {NEW}")
    return Finding("ok", found)


def _kernel():
    try:
        return Finding("ok", f"python3 is {check_lab(start=True)}")
    except MNISTError as error:
        found, _, advice = str(error).partition("; ")
        return Finding("problem", found, advice)


# The ones that explain the failure of others come first.
CHECKS = {
    "Python": _python,
    "packages": _packages,
    "memory": _memory,
    "disk": _disk,
    "other programs": _other_programs,
    "data": _data,
    "torch": _torch,
    "training": _training,
    "kernel": _kernel,
}


def examine() -> Iterator[tuple[str, Finding]]:
    """Yield the name and the finding of each check; one that raises is a problem, and the others go on."""
    for name, check in CHECKS.items():
        try:
            yield name, check()
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            yield name, Finding("problem", reason, f"{NEW}; if it stays, report it with this line")
