"""The state of this process, as far as a recipe may change it and so change the next run."""

import os
import sys
import threading
from contextlib import suppress
from inspect import isclass
from typing import Any

import numpy as np
import psutil
import torch


class State:
    """A snapshot of what a recipe may change besides its own network: settings, child processes, our own functions.

    Examples
    --------
    >>> before = State()
    >>> before.is_current()
    True
    >>> torch.set_default_dtype(torch.float64)
    >>> before.is_current()
    False
    >>> torch.set_default_dtype(torch.float32)
    """

    def __init__(self) -> None:
        self._settings, self._attributes = _settings(), _attributes()

    def is_current(self) -> bool:
        """Check whether all of it is still the same. What has been imported since then does not count."""
        attributes = _attributes()
        same = all(attributes.get(name) is value for name, value in self._attributes.items())
        return same and self._settings == _settings()


def _settings() -> dict[str, Any]:
    folder = None
    with suppress(OSError):  # it has been removed
        folder = os.getcwd()
    return {
        "folder": folder,
        "environment": {name: value for name, value in os.environ.items() if name != "PL_GLOBAL_SEED"},  # set anew
        "import path": list(sys.path),
        "Python's threads": threading.enumerate(),
        "child processes": set(psutil.Process().children(recursive=True)),
        "torch's threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "gradients": torch.is_grad_enabled(),
        "determinism": torch.are_deterministic_algorithms_enabled(),
        "precision of products": torch.get_float32_matmul_precision(),
        "numpy's errors": np.geterr(),
    }


def _attributes() -> dict[str, Any]:
    """List the public attributes of our modules and of the classes in them."""
    found = {}
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] == "mnist_tutorial":
            for name, value in list(vars(module).items()):
                if not name.startswith("_"):
                    found[f"{module_name}.{name}"] = value
                    if isclass(value) and value.__module__ == module_name:
                        methods = {f"{module_name}.{name}.{method}": code for method, code in vars(value).items()}
                        found |= {method: code for method, code in methods.items() if callable(code)}
    return found
