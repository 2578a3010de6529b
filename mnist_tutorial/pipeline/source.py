"""The DeepTrack source of digits."""

import torch
from deeptrack.sources import Source

from mnist_tutorial.device import accelerator


def digit_source(split, device=None):
    """Make a DeepTrack source of the digits of a split.

    The source holds the three arrays as they are, without copying them. It can therefore be indexed with an array,
    and a pipeline is then evaluated once for the whole batch.

    Parameters
    ----------
    split : Split
        The digits.
    device : str or torch.device, optional
        Where to keep them as tensors: on the accelerator that trains the network, say, so that only the numbers of the
        digits go there at each step, and the features work there. ``"auto"`` is the accelerator where there is one. By
        default, and for "auto" where there is none, they stay arrays.

    Returns
    -------
    deeptrack.sources.Source
        With the fields ``image`` (uint8, 28 x 28), ``label`` (int64) and ``index`` (int64, the official position).

    Notes
    -----
    Split the data before making sources of them. DeepTrack's own ``filter``, ``random_split`` and ``Subset`` turn
    arrays into lists and search the whole source at each activation (measured with deeptrack 2.0.2: tens of
    milliseconds a digit).

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
        device = accelerator()
    fields = {"image": split.images, "label": split.labels, "index": split.index}
    if device is not None:
        fields = {name: torch.tensor(array, device=device) for name, array in fields.items()}
    return Source(**fields)
