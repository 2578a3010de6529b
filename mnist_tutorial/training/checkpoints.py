"""Checkpoints: what a notebook has trained, kept on disk for a new kernel."""

import io
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from mnist_tutorial.data import MNIST, atomic
from mnist_tutorial.data.cache import cache_folder
from mnist_tutorial.errors import MNISTError


def save(name: str, mnist: MNIST, **values: Any) -> Path:
    """Keep what a notebook has trained in the folder ``checkpoints`` of the cache; returns the path of the file.

    The values are the ``state_dict`` of networks, numbers, strings, and lists and dictionaries of them. The full data
    and the sample have separate checkpoints; an older one of the same name is replaced. MNISTError if `load` could not
    read the values, if a file that `save` has not written has the name, or if the disk is full.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> path = mt.checkpoints.save("doctest", mt.load("sample"), accuracy=0.5)
    >>> mt.checkpoints.load("doctest", mt.load("sample"))["accuracy"]
    0.5
    >>> path.unlink()
    """
    path = _path(name, mnist)
    if path.exists():
        load(name, mnist)  # a file of somebody else is not replaced
    content = io.BytesIO()
    try:
        torch.save({**values, "saved": f"{datetime.now():%Y-%m-%d %H:%M}"}, content)
        content.seek(0)
        torch.load(content, map_location="cpu", weights_only=True)
    except Exception as error:
        raise MNISTError(
            f"the values of the checkpoint {name!r} cannot be kept ({type(error).__name__}: {error!s:.100}); expected "
            "the state_dict of networks, numbers, strings, and lists and dictionaries of them"
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as part:  # if the kernel dies meanwhile, the older checkpoint survives
            part.write_bytes(content.getbuffer())
    except OSError as error:
        advice = "Free some space, or set MNIST_TUTORIAL_CACHE to another folder"
        raise MNISTError(f"{path}: cannot be written ({error.strerror or error}). {advice}") from error
    return path


def load(name: str, mnist: MNIST) -> dict[str, Any]:
    """Read the values that `save` has kept, and ``saved``, when that was; MNISTError if they cannot be read."""
    path = _path(name, mnist)
    if not path.exists():
        raise MNISTError(
            f"no checkpoint {name!r} for the variant {mnist.variant!r}; expected {path}. Run the notebook from the top "
            "to the cell that saves it"
        )
    try:
        # Weights only: a file from somebody else cannot run code.
        values = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(values, dict) or "saved" not in values:
            raise ValueError("from another program")
    except Exception as error:
        raise MNISTError(
            f"{path} is not a checkpoint, or damaged ({type(error).__name__}); expected a file of mt.checkpoints.save. "
            "Delete it or move it elsewhere, and run the notebook from the top to the cell that saves it"
        ) from error
    return values


def _path(name: str, mnist: MNIST) -> Path:
    if not re.fullmatch(r"\w[\w .-]{0,99}", name):
        raise MNISTError(f"the name of the checkpoint is {name!r}; expected one such as 'mlp', without slashes")
    return cache_folder() / "checkpoints" / f"{name}-{mnist.variant}.pt"
