"""Checkpoints: what a notebook has trained, kept on disk for a new kernel."""

import os
from datetime import datetime

import torch

from mnist_tutorial.data.cache import cache_folder
from mnist_tutorial.errors import MNISTError


def save(name, mnist, **values):
    """Keep what a notebook has trained.

    Parameters
    ----------
    name : str
        Of the checkpoint, such as that of the notebook: an older one with the same name is replaced.
    mnist : MNIST
        The data; full and sample have checkpoints of their own.
    **values
        ``state_dict`` of networks, numbers, texts, and lists and dictionaries of them.

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
    part = path.with_suffix(f".{os.getpid()}")
    torch.save({**values, "saved": f"{datetime.now():%Y-%m-%d %H:%M}"}, part)
    part.replace(path)  # in one step: a kernel that dies meanwhile leaves the older one
    return path


def load(name, mnist):
    """Read what a notebook has kept.

    Parameters
    ----------
    name : str
        As it was saved.
    mnist : MNIST
        The data.

    Returns
    -------
    dict
        The values, and ``saved``: when that was.

    Raises
    ------
    MNISTError
        If there is no such checkpoint, or it cannot be read.
    """
    path = _path(name, mnist)
    if not path.is_file():
        raise MNISTError(
            f"no checkpoint {name!r} for the variant {mnist.variant!r}; expected {path}. Run the notebook from its top "
            "up to the cell that saves it"
        )
    try:
        # Weights only: a file that somebody hands you cannot run code.
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise MNISTError(
            f"the checkpoint {path} cannot be read ({type(error).__name__}); expected what checkpoints.save writes. "
            "Delete it, and run the notebook from its top up to the cell that saves it"
        ) from error


def _path(name, mnist):
    return cache_folder() / "checkpoints" / f"{name}-{mnist.variant}.pt"
