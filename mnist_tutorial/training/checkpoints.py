"""Checkpoints: what a notebook has trained, kept on disk for a new kernel."""

from datetime import datetime
from pathlib import Path
from typing import Any

import torch

from mnist_tutorial.data import MNIST
from mnist_tutorial.data.atomic import atomic
from mnist_tutorial.data.cache import cache_folder
from mnist_tutorial.errors import MNISTError


def save(name: str, mnist: MNIST, **values: Any) -> Path:
    """Keep what a notebook has trained.

    Parameters
    ----------
    name : str
        The name of the checkpoint, such as that of the notebook. An older one with the same name is replaced.
    mnist : MNIST
        The data; the full data and the sample have separate checkpoints.
    **values
        The ``state_dict`` of networks, numbers, strings, and lists and dictionaries of them.

    Returns
    -------
    Path
        The file, in the folder ``checkpoints`` of the cache.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> path = mt.checkpoints.save("doctest", mt.load("sample"), accuracy=0.5)
    >>> mt.checkpoints.load("doctest", mt.load("sample"))["accuracy"]
    0.5
    >>> path.unlink()
    """
    path = _path(name, mnist)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:  # if the kernel dies meanwhile, the older checkpoint survives
        torch.save({**values, "saved": f"{datetime.now():%Y-%m-%d %H:%M}"}, part)
    return path


def load(name: str, mnist: MNIST) -> dict[str, Any]:
    """Read what a notebook has saved.

    Parameters
    ----------
    name : str
        The name under which it was saved.
    mnist : MNIST
        The data that it was saved with.

    Returns
    -------
    dict
        The values, and ``saved``, the time when they were saved.

    Raises
    ------
    MNISTError
        If there is no such checkpoint, or it cannot be read.
    """
    path = _path(name, mnist)
    if not path.is_file():
        raise MNISTError(
            f"no checkpoint {name!r} for the variant {mnist.variant!r}; expected {path}. Run the notebook from the top "
            "to the cell that saves it"
        )
    try:
        # Weights only: a file from somebody else cannot run code.
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise MNISTError(
            f"the checkpoint {path} cannot be read ({type(error).__name__}); expected a file of mt.checkpoints.save. "
            "Delete it, and run the notebook from the top to the cell that saves it"
        ) from error


def _path(name: str, mnist: MNIST) -> Path:
    return cache_folder() / "checkpoints" / f"{name}-{mnist.variant}.pt"
