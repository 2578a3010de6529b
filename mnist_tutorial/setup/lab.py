"""JupyterLab, opened on the course."""

import os
from collections.abc import Sequence
from pathlib import Path

from mnist_tutorial.errors import MNISTError

PREFER_OURS = "JUPYTER_PREFER_ENV_PATH"


def check_lab() -> None:
    """Check that JupyterLab is here, and that its notebooks run in this environment.

    Raises
    ------
    MNISTError
        If one of them is not so.
    """
    # Without it, a kernel that another environment has left in the user's folder comes first, unless we are in a
    # virtual environment.
    os.environ.setdefault(PREFER_OURS, "1")
    try:
        import jupyterlab  # noqa: F401
    except ImportError as error:
        raise MNISTError(f'{error}; install JupyterLab: pip install "mnist-tutorial[lab]"') from error
    from mnist_tutorial.setup.kernel import check_kernel

    check_kernel()


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Open JupyterLab on a folder; returns when the user ends it.

    Parameters
    ----------
    folder : Path
    options : sequence of str
        For JupyterLab, as in ``["--port", "9999"]``.
    """
    from jupyterlab.labapp import LabApp

    # It refuses to run as root unless told to; in a container, root is all there is.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    LabApp.launch_instance([f"--ServerApp.root_dir={folder.absolute()}", *as_root, *options])
