"""JupyterLab on the course, and the kernel in which its notebooks run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mnist_tutorial.errors import MNISTError

KERNEL = "python3"
START_SECONDS = 60  # a first start on a slow disk
COURSE = Path("course")
ALONE = ("version", "V", "help", "h", "help-all")  # options without a value, beside JupyterLab's flags


def check_lab(start: bool = False) -> str:
    """Check that JupyterLab is here, and that notebooks run in this environment; return the Python of their kernel.

    If JupyterLab or the kernel is missing, broken, or that of another environment, that is an MNISTError. A kernel that
    is described as this very Python is started only if `start` is true.
    """
    # Without it, a kernel that another environment has left in the user's folder comes first, unless we are in a
    # virtual environment.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    try:
        import jupyterlab  # noqa: F401
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import KernelManager
    except ImportError as error:
        raise MNISTError(f'{error}; install JupyterLab: pip install "mnist-tutorial[lab]"') from error
    folder = KernelSpecManager().find_kernel_specs().get(KERNEL)
    if folder is None:
        raise MNISTError(f"Jupyter has no kernel {KERNEL!r}; install it: {sys.executable} -m pip install ipykernel")
    try:
        python = KernelManager(kernel_name=KERNEL).format_kernel_cmd()[0]
        # Not resolved: the Python of an environment is often a link to that of the system.
        if not start and Path(python).absolute() == Path(sys.executable).absolute():
            return python
        python, prefix = _ask_kernel("import sys; print(sys.executable, sys.prefix, sep=chr(10))").splitlines()
        if prefix == sys.prefix:
            return python
        found = f"runs {python} in {prefix}"
    except Exception as error:  # whatever a kernel.json that is empty, cut off or made by hand leads to
        found = f"does not start ({type(error).__name__}: {' '.join(str(error).split())})"
    advice = f"expected {sys.executable}. Remove or rename the folder {folder}, and run the command again"
    raise MNISTError(f"Jupyter's kernel {KERNEL!r}, as {Path(folder) / 'kernel.json'} describes it, {found}; {advice}")


def _ask_kernel(code):
    """Start the kernel, and return what the code prints there."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(START_SECONDS, KERNEL, stderr=subprocess.DEVNULL)
    output = []
    try:
        client.execute_interactive(code, timeout=START_SECONDS, output_hook=output.append)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return "".join(message["content"]["text"] for message in output if message["msg_type"] == "stream")


def split_arguments(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """Tell the folder of the course, wherever it stands, from options of JupyterLab and their values."""
    from jupyterlab.labapp import LabApp

    is_value = False
    for position, word in enumerate(arguments):
        if not word.startswith("-") and not is_value:
            return Path(word), [*arguments[:position], *arguments[position + 1 :]]
        name = word.lstrip("-")
        is_value = name != word and "=" not in word and name not in ALONE and name not in LabApp.flags
    return COURSE, list(arguments)


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Open JupyterLab, with options of its own, on a folder; return when the user ends it."""
    from jupyterlab.labapp import LabApp

    # It refuses to run as root unless told to; in a container, root is all there is.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    LabApp.launch_instance([f"--ServerApp.root_dir={folder.absolute()}", *as_root, *options])
