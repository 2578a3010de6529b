"""The DeepTrack source of digits."""

import torch
from deeptrack.sources import Source

from mnist_tutorial.data import Split
from mnist_tutorial.device import training_device


def digit_source(split: Split, device: str | torch.device | None = None) -> Source:
    """Make a DeepTrack source of the digits of a split.

    The source holds the three arrays without copying them. It can therefore be indexed with an array, so that a
    pipeline is evaluated once for the whole batch.

    Parameters
    ----------
    split : Split
        The digits.
    device : str or torch.device, optional
        Where to keep the digits as tensors. On the accelerator that trains the network, the features run there as
        well, and only indices are copied at each step. ``"auto"`` is that accelerator; in a training of several
        processes, that of this process. By default, and for "auto" without an accelerator, they stay arrays.

    Returns
    -------
    deeptrack.sources.Source
        With the fields ``image`` (uint8, 28 x 28), ``label`` (int64) and ``index`` (int64, the official position).

    Notes
    -----
    Split the data before you make sources of them. DeepTrack's own ``filter``, ``random_split`` and ``Subset`` turn
    arrays into lists, and search the whole source at each activation (deeptrack 2.0.2: tens of milliseconds a digit).

    Examples
    --------
    >>> import deeptrack as dt
    >>> import mnist_tutorial as mt
    >>> import numpy as np
    >>> source = mt.digit_source(mt.load("sample").train)
    >>> pipeline = dt.Value(source.image) / 255
    >>> pipeline(source[0]).shape  # one digit
    (28, 28)
    >>> pipeline(source[np.arange(32)]).shape  # a batch
    (32, 28, 28)
    """
    if device == "auto":
        device = training_device()
    fields = {"image": split.images, "label": split.labels, "index": split.index}
    if device is not None:
        fields = {name: torch.tensor(array, device=device) for name, array in fields.items()}
    return Source(**fields)
