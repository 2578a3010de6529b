"""The state of this process, which a recipe may change: kept where that is possible, and otherwise compared."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from inspect import isclass
from typing import Any

import numpy as np
import psutil
import torch


def _set_environment(variables: dict[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


# How to read each setting, and how to set it.
SETTINGS: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (os.getcwd, os.chdir),
    (lambda: dict(os.environ), _set_environment),
    (lambda: list(sys.path), lambda places: sys.path.__setitem__(slice(None), places)),
    (np.geterr, lambda how: np.seterr(**how)),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, torch.set_default_device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
]


@contextmanager
def kept_settings() -> Iterator[None]:
    """Set all settings back to what they were once the block has run.

    Examples
    --------
    >>> with kept_settings():
    ...     torch.set_default_dtype(torch.float64)
    >>> torch.get_default_dtype()
    torch.float32
    """
    before = [(_read(read), read, change) for read, change in SETTINGS]
    try:
        yield
    finally:
        for value, read, change in before:
            if value is not None and _read(read) != value:
                change(value)


def _read(read: Callable[[], Any]) -> Any:
    with suppress(FileNotFoundError):  # the working folder has been removed
        return read()


class State:
    """A snapshot of what cannot be set back: what is running, and the functions and classes of this package.

    Examples
    --------
    >>> State().is_current()
    True
    """

    def __init__(self) -> None:
        self._running, self._attributes = _running(), _attributes()

    def is_current(self) -> bool:
        """Check whether all of it is still the same. What has been imported since then does not count."""
        attributes = _attributes()
        same = all(attributes.get(name) is value for name, value in self._attributes.items())
        return same and self._running == _running()


def _running() -> tuple[set[threading.Thread], set[psutil.Process]]:
    return set(threading.enumerate()), set(psutil.Process().children(recursive=True))


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
