"""The doctor: checks whether the course will run here, and says what to do where it will not."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Literal, NamedTuple

import psutil
from packaging.requirements import Requirement

from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.data.cache import FETCH, cache_file, cache_folder, read_cache
from mnist_tutorial.data.load import load
from mnist_tutorial.data.mirrors import ADDRESSES, out_of_reach
from mnist_tutorial.errors import MNISTError

GB = 2**30
TOO_LITTLE, LITTLE = 1, 2  # GB of memory; a notebook's kernel takes 1 to 1.5
DISK = 0.25  # GB; the cache, a second one while it is fetched, and the course take 0.15
BUSY = 0.25  # of all cores
LEARNT = 0.5  # accuracy; guessing gives 0.1
NEW = 'set the course up anew, or run: pip install --upgrade "mnist-tutorial[lab]"'


class Finding(NamedTuple):
    """What a check found and, unless all is well, what was expected and what to do."""

    status: Literal["ok", "warning", "problem"]  # with a problem, the course does not run, or not on all of MNIST
    found: str
    advice: str = ""


def _python():
    here, classifiers = platform.python_version(), metadata("mnist-tutorial").get_all("Classifier", [])
    tested = re.findall(r"Python :: (3\.\d+)$", "\n".join(classifiers), re.M)
    status = "ok" if here.rpartition(".")[0] in tested else "warning"
    return Finding(status, f"{here}, {sys.executable}", f"the course is tested with Python {', '.join(tested)}")


def _packages():
    wrong, named = [], map(Requirement, requires("mnist-tutorial"))
    needed = [package for package in named if not package.marker or package.marker.evaluate({"extra": ""})]
    for package in needed:
        try:
            if not package.specifier.contains(here := version(package.name), prereleases=True):
                wrong.append(f"{package.name} is {here}, expected {package.specifier}")
        except PackageNotFoundError:
            wrong.append(f"{package.name} is missing")
    found = "; ".join(wrong) or f"{len(needed)} packages, all within their bounds"
    return Finding("problem" if wrong else "ok", found, NEW)


def _memory():
    now = psutil.virtual_memory()
    free, found = now.available / GB, f"{now.available / GB:.1f} of {now.total / GB:.1f} GB free"
    status = "ok" if free > LITTLE else "warning" if free > TOO_LITTLE else "problem"
    return Finding(status, found, f"expected {LITTLE} GB: close other programs, and run one notebook at a time")


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
    advice = "training takes longer; close what you do not need (calls, browsers, updates)"
    return Finding("warning" if share > BUSY else "ok", f"they take {share:.0%} of {psutil.cpu_count()} cores", advice)


def _data():
    place, path = os.environ.get("MNIST_TUTORIAL_DATA", ""), cache_file(cache_folder())
    try:
        if place or read_cache(path):
            return Finding("ok", f"{place or path}: 70,000 digits, digests right, from {load('full').origin}")
    except (MNISTError, PermissionError) as error:
        advice = "set MNIST_TUTORIAL_DATA to a copy of MNIST, or MNIST_TUTORIAL_CACHE to another folder"
        return Finding("problem", str(error).splitlines()[0], advice)
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
    if not torch.cuda.is_available() and (Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi")):
        needed = f"a driver for CUDA {cuda}" if cuda else "a build of torch with CUDA"
        return Finding("warning", f"{found}; it cannot use the NVIDIA GPU", f"to train on it, install {needed}")
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
    advice = f"expected at least {LEARNT:.0%}, the network does not learn: {NEW}"
    return Finding("problem" if accuracy < LEARNT else "ok", found, advice)


def _kernel():
    from jupyter_client import KernelManager

    from mnist_tutorial.setup.lab import OwnKernel

    manager = KernelManager(kernel_spec_manager=OwnKernel())
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)  # a first start on a slow disk
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return Finding("ok", f"python3 runs {sys.executable}")


# The ones that explain the failure of others come first.
_CHECKS = (_python, _packages, _memory, _disk, _other_programs, _data, _torch, _training, _kernel)
CHECKS = {check.__name__.strip("_").replace("_", " "): check for check in _CHECKS}


def examine(names: Iterable[str] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Yield the name and the finding of checks; one that raises is a problem, and the others go on."""
    for name in names:
        try:
            finding = CHECKS[name]()
            yield name, finding._replace(advice="") if finding.status == "ok" else finding
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            yield name, Finding("problem", reason, f"{NEW}; if it stays, report it with this line")
