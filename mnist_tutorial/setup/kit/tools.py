"""pip, which downloads wheels, and uv, which resolves them: each in a process of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from mnist_tutorial.errors import MNISTError


def pip(*arguments: str, scratch: Path | None = None) -> None:
    """Run pip.

    Parameters
    ----------
    *arguments : str
    scratch : Path, optional
        A folder for its temporary files; by default that of the system, which may be too small for torch.

    Raises
    ------
    MNISTError
        If it is missing, or fails; the message is the last error that it printed.
    """
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")} if scratch else {}
    options = ["--quiet", "--no-input", "--disable-pip-version-check"]
    errors = _run("pip", [*arguments, *options], places)
    if errors is not None:
        marked = re.findall(r"^ERROR: *(.*)$", errors, re.MULTILINE) or errors.split("\n")
        if differing := re.findall(r"^ +(\S+) from .*:\n +Expected sha256", errors, re.MULTILINE):
            marked = [f"{', '.join(differing)} on the package index differs from the lock: its SHA-256 is another one"]
        raise MNISTError(f"pip {arguments[0]}: {marked[-1]}")


def resolve(folder: Path, requirements: Path, python: str, platform: str) -> None:
    """Check that the wheels in a folder, alone, fulfil requirements on another system.

    Parameters
    ----------
    folder : Path
    requirements : Path
    python : str
        As in ``"3.12.9"``.
    platform : str
        A name of uv.

    Raises
    ------
    MNISTError
        If they do not, or uv is missing.
    """
    wheels = ["--no-config", "--offline", "--no-index", "--find-links", str(folder), "--no-cache"]
    target = ["--python-version", python, "--python-platform", platform]
    # Without the variable, uv takes macOS 13 for the oldest; torch needs 14.
    errors = _run("uv", ["pip", "compile", *wheels, *target, "--quiet", str(requirements)],
                  {"MACOSX_DEPLOYMENT_TARGET": "14.0"})  # fmt: skip
    if errors is not None:
        raise MNISTError(f"{folder} is not enough for {requirements.name}: {' '.join(errors.split())}")


def _run(module, arguments, environment):
    """Return None, or the errors of a command that failed."""
    if not importlib.util.find_spec(module):
        raise MNISTError(f'{sys.executable} has no {module}; install it: pip install "mnist-tutorial[lab,kit]"')
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | environment | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return (done.stderr.strip() or "no message") if done.returncode else None
