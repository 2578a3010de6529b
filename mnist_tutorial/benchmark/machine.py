"""The machine that a result comes from, with the versions of the software that ran on it."""

import datetime
import os
import platform
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import torch

from mnist_tutorial.device import describe

PACKAGES = ("mnist-tutorial", "deeplay", "deeptrack", "kornia", "lightning", "numpy", "torch", "torchvision")
OPENMP = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # they decide what a busy machine costs torch


def machine() -> dict[str, Any]:
    """Describe machine, versions and commit, ready for JSON.

    ``commit`` and ``dirty`` are None unless the package runs from a clone of its repository.

    Examples
    --------
    >>> sorted(machine())[:7]
    ['commit', 'cores', 'date', 'device', 'dirty', 'memory_gb', 'openmp']
    """
    commit, dirty = _commit()
    return {
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "threads": torch.get_num_threads(),
        "openmp": {name: os.environ[name] for name in OPENMP if name in os.environ},
        "device": describe(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: number for name in PACKAGES if (number := _version(name))},
        "commit": commit,
        "dirty": dirty,
        "date": datetime.date.today().isoformat(),
    }


def line(description: dict[str, Any]) -> str:
    """Write the dictionary of `machine` as one line."""
    versions = ", ".join(
        f"{name} {number}" for name, number in description["versions"].items() if name != "mnist-tutorial"
    )
    commit = ""
    if description["commit"]:
        commit = f", commit {description['commit'][:10]}{' with changes' if description['dirty'] else ''}"
    return (
        f"{description['processor']}, {description['cores']} cores, {description['device']}, {description['system']}, "
        f"Python {description['python']}, {versions}; {description['date']}{commit}"
    )


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
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 + gpu
    memory = psutil.Process().memory_info()
    return getattr(memory, "peak_wset", memory.rss) + gpu


def _commit() -> tuple[str | None, bool | None]:
    """Find commit and changes of the repository that has this file; one beside it, as of a thesis, is another one."""
    if _output("git", "ls-files", "--error-unmatch", __file__) is None:
        return None, None
    return _output("git", "rev-parse", "HEAD"), bool(_output("git", "status", "--porcelain", "--untracked-files=no"))


def _processor() -> str:
    with suppress(OSError, StopIteration):  # on Linux
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return platform.processor()


def _version(name: str) -> str | None:
    with suppress(PackageNotFoundError):  # kornia is optional
        return version(name)


def _output(*command: str) -> str | None:
    """Run a command beside this file; returns what it prints, or None if it fails or there is no such program."""
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return os.fsdecode(done.stdout).strip()
