"""A server of Jupyter in another process."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

from conftest import ROOT


@contextmanager
def jupyter(*command, **environment):
    """Start JupyterLab with a command of this Python; gives its address and its token."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--no-browser", "--port=0"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        found = (re.search(r"(http://127\.0\.0\.1:\d+/)lab\S*\?token=(\w+)", line) for line in process.stdout)
        yield next(filter(None, found)).groups()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)  # until the server has closed what it prints to
