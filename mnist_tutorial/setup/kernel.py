"""The kernel ``python3``, in which the notebooks run."""

import subprocess
import sys
from pathlib import Path

from mnist_tutorial.errors import MNISTError

NAME = "python3"
START_SECONDS = 60  # a first start on a slow disk


def kernel_spec() -> tuple[Path, list[str]]:
    """Find the kernel that Jupyter starts for a notebook.

    Returns
    -------
    folder : Path
        Where the kernel is described, in ``kernel.json``.
    command : list of str
        As Jupyter runs it.

    Raises
    ------
    MNISTError
        If there is none.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name=NAME)
    try:
        return Path(manager.kernel_spec.resource_dir), manager.format_kernel_cmd()
    except NoSuchKernel as error:
        raise MNISTError(
            f"Jupyter has no kernel {NAME!r}; install it: {sys.executable} -m pip install ipykernel"
        ) from error


def check_kernel() -> None:
    """Check that notebooks run in this environment.

    Raises
    ------
    MNISTError
        If Jupyter's kernel ``python3`` is another Python, which lacks our package or has another release of it.
    """
    folder, command = kernel_spec()
    if not _is_this_environment(command[0]):
        raise MNISTError(
            f"Jupyter's kernel {NAME!r} is {command[0]}, as {folder / 'kernel.json'} says; expected {sys.executable}. "
            f"Remove or rename the folder {folder}, and run the command again"
        )


def _is_this_environment(python):
    """Find out whether a Python is that of this environment, which may have several names for it."""
    # Not resolved: the Python of an environment is often a link to that of the system.
    if Path(python).absolute() == Path(sys.executable).absolute():
        return True
    try:
        answer = subprocess.run(
            [python, "-c", "import sys; print(ascii((sys.prefix, sys.version)))"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=START_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.stdout.strip() == ascii((sys.prefix, sys.version))


def python_of_kernel() -> str:
    """Start the kernel, and ask it for its Python.

    Returns
    -------
    str
        Its ``sys.executable``.

    Raises
    ------
    MNISTError
        If there is no kernel, it does not start or answer within a minute, or it is not of this environment.
    """
    from jupyter_client.manager import start_new_kernel

    kernel_spec()
    output = []

    def keep(message):
        if message["msg_type"] == "stream":
            output.append(message["content"]["text"])

    try:
        manager, client = start_new_kernel(START_SECONDS, NAME, stderr=subprocess.DEVNULL)
        try:
            code = "import sys; print(sys.executable, sys.prefix, sep=chr(10))"
            client.execute_interactive(code, timeout=START_SECONDS, output_hook=keep)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    except (RuntimeError, TimeoutError, OSError) as error:
        raise MNISTError(f"Jupyter's kernel {NAME!r} does not start ({error}); expected it to answer") from error
    python, prefix = "".join(output).splitlines()
    if prefix != sys.prefix:
        raise MNISTError(
            f"Jupyter's kernel {NAME!r} runs in {prefix}; expected {sys.prefix}. Remove or rename the folder "
            f"{kernel_spec()[0]}, and run the command again"
        )
    return python
