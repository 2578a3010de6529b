"""The settings of a process, which a recipe may change for itself, but not for the next run."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
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
    """Set all settings back to what they were once the block has run."""
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
