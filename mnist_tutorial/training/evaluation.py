"""Evaluation: the predictions of a trained network, and its accuracy."""

import deeptrack as dt
import numpy as np
import torch

from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source


def predict(
    classifier: torch.nn.Module, split: Split, features: dt.Feature | None = None, batch_size: int = 500
) -> np.ndarray:
    """Compute the logits of all images of a split, in eval mode.

    Parameters
    ----------
    classifier : torch.nn.Module
        A classifier or a network. Afterwards, each of its modules is in the mode in which it was before.
    split : Split
    features : deeptrack.Feature, optional
        How to prepare the images. By default with `Standardize`.
    batch_size : int
        The number of images to predict at a time. With many more, the system hands out the memory of the first feature
        maps anew for each batch, which takes a third of the time.

    Returns
    -------
    ndarray of float32, shape (N, 10)
        In the order of the split; ``.argmax(1)`` gives the digits.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> classifier = mt.classifier(mt.models.mlp(hidden=(32,)))
    >>> mt.predict(classifier, mt.load("sample").test).shape
    (1000, 10)
    """
    source = digit_source(split)
    dataset = BatchDataset(dt.Value(source.image) >> (Standardize() if features is None else features), source)
    device = next(classifier.parameters()).device
    modes = [(module, module.training) for module in classifier.modules()]
    classifier.eval()
    with torch.no_grad():
        logits = [classifier(images.to(device)).float().cpu() for (images,) in batch_loader(dataset, batch_size)]
    for module, mode in modes:
        module.training = mode
    return torch.cat(logits).numpy()


def evaluate(
    classifier: torch.nn.Module, split: Split, features: dt.Feature | None = None, batch_size: int = 500
) -> float:
    """Compute the accuracy on a split, in eval mode.

    Parameters
    ----------
    classifier, split, features, batch_size
        As in `predict`.

    Returns
    -------
    float
        The fraction of images that are classified correctly; `stats.wilson_interval` gives its uncertainty.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> accuracy = mt.evaluate(mt.classifier(mt.models.mlp(hidden=(32,))), mt.load("sample").test)
    >>> 0 <= accuracy <= 1
    True
    """
    return float(np.mean(predict(classifier, split, features, batch_size).argmax(1) == split.labels))
