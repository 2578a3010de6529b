"""JupyterLab on the course."""

import os
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyterlab.labapp import LabApp


class OwnKernel(KernelSpecManager):
    """Knows the kernel of this Python, and none that another environment has left in the user's folder by its name."""

    def _kernel_dirs_default(self):
        return []


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Open JupyterLab, with options of its own, on a folder; return when the user ends it."""
    ours = [f"--ServerApp.root_dir={folder.absolute()}"]
    ours += [f"--ServerApp.kernel_spec_manager_class={__name__}.{OwnKernel.__name__}"]
    # It refuses to run as root unless told to; in a container, root is all there is.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    LabApp.launch_instance([*ours, *as_root, *options])
