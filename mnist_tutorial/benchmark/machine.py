"""The machine that a result comes from, with the versions of what ran on it."""

import datetime
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import torch

from mnist_tutorial.device import describe

PACKAGES = ("mnist-tutorial", "deeplay", "deeptrack", "kornia", "lightning", "numpy", "torch", "torchvision")


def machine():
    """Describe machine, versions and commit.

    Returns
    -------
    dict
        Ready for JSON. ``commit`` and ``dirty`` are None where the package is not in a clone of its repository.

    Examples
    --------
    >>> sorted(machine())[:8]
    ['commit', 'cores', 'date', 'device', 'dirty', 'driver', 'memory_gb', 'processor']
    """
    commit, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no")
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": describe(),
        "driver": _driver(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: number for name in PACKAGES if (number := _version(name))},
        "commit": commit,
        "dirty": None if changes is None else bool(changes),
        "date": datetime.date.today().isoformat(),
    }


def line(about):
    """Write the description of `machine` as one line for people."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items() if name != "mnist-tutorial")
    commit = f", commit {about['commit'][:10]}{' with changes' if about['dirty'] else ''}" if about["commit"] else ""
    return (
        f"{about['processor']}, {about['cores']} cores, {about['device']}, {about['system']}, "
        f"Python {about['python']}, {versions}; {about['date']}{commit}"
    )


def forget_peak_memory():
    """Let the system count the peak of memory anew, where it can: on Linux, and on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory():
    """Tell how much memory was in use at most.

    Returns
    -------
    int
        Bytes of this process and of the GPU, since `forget_peak_memory`; on Windows since the process began, on macOS
        what is in use now.
    """
    gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 + gpu
    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss) + gpu


def _driver():
    """Tell the driver of an NVIDIA GPU, if there is one."""
    if not torch.cuda.is_available():
        return None
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]
    except (OSError, subprocess.CalledProcessError):
        return None


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:  # only a benchmark needs kornia, and says so where it is missing
        return None


def _git(*arguments):
    folder = Path(__file__).parent
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository
        return None
    return done.stdout.strip()
