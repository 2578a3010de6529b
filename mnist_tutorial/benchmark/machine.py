"""The machine that a result comes from, with the versions of the software that ran on it."""

import datetime
import os
import platform
import subprocess
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import psutil
import torch

from mnist_tutorial.device import describe

PACKAGES = ("mnist-tutorial", "deeplay", "deeptrack", "kornia", "lightning", "numpy", "torch", "torchvision")
OPENMP = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # they decide what a busy machine costs torch


def machine() -> dict[str, Any]:
    """Describe machine, versions and commit, ready for JSON; the commit is None unless the package is in our clone."""
    commit = dirty = None
    # A repository around an environment, as of a thesis, is another one: only ours has this file.
    if _git("ls-files", "--error-unmatch", __file__) is not None:
        commit, dirty = _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain", "--untracked-files=no"))
    return {
        "processor": _proc("cpuinfo", "model name") or platform.processor(),
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "openmp": {name: os.environ[name] for name in OPENMP if name in os.environ},
        "device": describe(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: versions()[name] for name in PACKAGES if name in versions()},  # kornia is optional
        "commit": commit,
        "dirty": dirty,
        "date": datetime.date.today().isoformat(),
    }


@cache
def versions() -> dict[str, str]:
    """Look up the versions of all installed packages."""
    packages = {package.name: package.version for package in reversed([*distributions()])}  # the first one counts
    return dict(sorted(packages.items(), key=lambda item: item[0].lower()))


def line(description: dict[str, Any]) -> str:
    """Write the dictionary of `machine` as one line."""
    packages = [f"{name} {number}" for name, number in description["versions"].items() if name != "mnist-tutorial"]
    commit = f", commit {commit_of(description)}" if description["commit"] else ""
    return (
        f"{description['processor']}, {description['cores']} cores, {description['device']}, {description['system']}, "
        f"Python {description['python']}, {', '.join(packages)}; {description['date']}{commit}"
    )


def commit_of(description: dict[str, Any]) -> str | None:
    """Abbreviate the commit in the dictionary of `machine`, and say whether there were changes."""
    return description["commit"] and description["commit"][:10] + " with changes" * description["dirty"]


def reset_peak_memory() -> None:
    """Start to measure the peak of memory anew, where that is possible: on Linux, and on a GPU."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Measure the peak of memory: bytes of this process and of the GPU since `reset_peak_memory`.

    On Windows it is that since the process began, on macOS the bytes in use now.
    """
    gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    if peak := _proc("self/status", "VmHWM"):
        return int(peak.removesuffix("kB")) * 1024 + gpu
    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss) + gpu


def _proc(path: str, key: str) -> str | None:
    """Read the first value of a key from a file below /proc, which only Linux has."""
    with suppress(OSError):
        lines = Path("/proc", path).read_text(encoding="utf-8").splitlines()
        return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)


def _git(*arguments: str) -> str | None:
    """Run git beside this file; returns what it prints, or None if it fails or there is no such program."""
    with suppress(OSError, subprocess.CalledProcessError):
        options = {"cwd": Path(__file__).parent, "stderr": subprocess.DEVNULL, "encoding": "utf-8", "errors": "replace"}
        return subprocess.check_output(["git", *arguments], **options).strip()
