"""JupyterLab on the course."""

import os
from collections.abc import Sequence
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyterlab.labapp import LabApp

ALONE = ("version", "V", "help", "h", "help-all")  # options without a value, beside JupyterLab's flags


class OwnKernel(KernelSpecManager):
    """Knows the kernel of this Python, and none that another environment has left in the user's folder by its name."""

    def _kernel_dirs_default(self):
        return []


def split_arguments(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """Tell the folder of the course, wherever it stands, from options of JupyterLab and their values."""
    is_value = False
    for position, word in enumerate(arguments):
        if not word.startswith("-") and not is_value:
            return Path(word), [*arguments[:position], *arguments[position + 1 :]]
        name = word.lstrip("-")
        is_value = name != word and "=" not in word and name not in ALONE and name not in LabApp.flags
    return Path("course"), list(arguments)


def open_lab(folder: Path, options: Sequence[str] = ()) -> None:
    """Open JupyterLab, with options of its own, on a folder; return when the user ends it."""
    ours = [f"--ServerApp.root_dir={folder.absolute()}"]
    ours += [f"--ServerApp.kernel_spec_manager_class={__name__}.{OwnKernel.__name__}"]
    # It refuses to run as root unless told to; in a container, root is all there is.
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    LabApp.launch_instance([*ours, *as_root, *options])
