"""The choice of torch's build: the small one if there is no NVIDIA driver, and torch's index can be reached.

Prints ``cpu`` or ``default``, and on stderr a line that says why. It runs before anything is installed, so it needs
nothing but Python.
"""

import argparse
import platform
import re
import shutil
import sys
import threading
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

CONNECT_SECONDS = 3
SECONDS = 10  # for all: looking up a name has no limit of its own
MAX_BYTES = 2**24  # of the list of releases


def driver(root: Path = Path("/")) -> str | None:
    """Return where an NVIDIA driver shows, or None."""
    version = root / "proc/driver/nvidia/version"
    if version.exists():
        return str(version)
    windows = root / "usr/lib/wsl/lib/libcuda.so.1"  # in WSL, the driver is that of Windows
    if (root / "dev/dxg").exists() and windows.exists():
        return str(windows)
    return shutil.which("nvidia-smi")


def missing(index: str, lock: str) -> str | None:
    """Return why torch's index cannot give the locked releases for this Python and machine, or None if it can."""
    for name in ("torch", "torchvision"):
        versions = re.findall(rf"^{name}==([^\s;]+)", lock, re.MULTILINE)  # several, for several systems
        try:
            with urllib.request.urlopen(f"{index}/cpu/{name}/", timeout=CONNECT_SECONDS) as page:
                files = page.read(MAX_BYTES).decode(errors="replace").replace("%2B", "+")
        except (OSError, HTTPException, ValueError) as error:
            return str(getattr(error, "reason", None) or error)
        version = "|".join(map(re.escape, versions))
        python = f"cp3{sys.version_info[1]}-cp3{sys.version_info[1]}|cp3\\d+-abi3|py3-none"
        if not re.search(rf"{name}-({version})\+cpu-({python})-[\w.]*linux[\w.]*_{platform.machine()}\.whl", files):
            return f"no {name} {' or '.join(versions)} for Python 3.{sys.version_info[1]} on {platform.machine()}"
    return None


def choose(index: str, lock: str) -> tuple[str, str]:
    """Choose a build.

    Parameters
    ----------
    index : str
        The address of torch's index, without ``/cpu``.
    lock : str
        The text of requirements.lock.

    Returns
    -------
    backend : {"cpu", "default"}
    reason : str
    """
    if platform.system() != "Linux":
        return "default", f"it is small on {platform.system()}"
    if place := driver():
        return "default", f"found an NVIDIA driver: {place}"
    answer = ["no answer in time"]
    thread = threading.Thread(target=lambda: answer.append(missing(index, lock)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    if answer[-1] is None:
        return "cpu", "found no NVIDIA driver; TORCH_BACKEND=default takes the build with CUDA"
    return (
        "default",
        f"no NVIDIA driver, but the small build cannot be had from {urlsplit(index).hostname}: {answer[-1]}",
    )


def main() -> None:
    """Print the choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", help="the address of torch's index")
    parser.add_argument("lock", type=Path, help="requirements.lock")
    options = parser.parse_args()
    backend, reason = choose(options.index.rstrip("/"), options.lock.read_text(encoding="utf-8"))
    print(f"torch: the {backend} build ({reason})", file=sys.stderr, flush=True)
    print(backend)


if __name__ == "__main__":
    main()
