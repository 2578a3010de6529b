"""pip, in a process of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from mnist_tutorial.data.redact import redact
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
    if not importlib.util.find_spec("pip"):
        raise MNISTError(
            f'{sys.executable} has no pip, which downloads the wheels: uv pip install "mnist-tutorial[kit]"'
        )
    places = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")} if scratch else {}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--no-input", "--disable-pip-version-check"],
        env=os.environ | places | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        errors = re.findall(r"^ *(?:ERROR: *)?(\S.*)$", done.stderr, re.MULTILINE)
        marked = re.findall(r"^ERROR: *(.*)$", done.stderr, re.MULTILINE) or errors[-1:] or ["no message"]
        raise MNISTError(f"pip {arguments[0]}: {redact(marked[-1])}")
