"""Evaluation: what a trained network says of digits, in eval mode."""

import deeptrack as dt
import numpy as np
import torch

from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source


def predict(classifier, split, features=None, batch_size=1000):
    """Compute the logits of all images of a split, in eval mode.

    Parameters
    ----------
    classifier : torch.nn.Module
        A classifier or a network. Its modes are as before afterwards: Lightning would go on training in eval mode.
    split : Split
        The images.
    features : deeptrack.Feature, optional
        What is done to the images before. By default `Standardize`.
    batch_size : int
        Images at a time.

    Returns
    -------
    ndarray of float32, shape (N, 10)
        In the order of the split; ``.argmax(1)`` are the digits.

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


def evaluate(classifier, split, features=None, batch_size=1000):
    """Compute the accuracy on a split, in eval mode.

    Parameters
    ----------
    classifier, split, features, batch_size
        As in `predict`.

    Returns
    -------
    float
        The share of images that are classified correctly. `stats.wilson_interval` tells how sure it is.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> accuracy = mt.evaluate(mt.classifier(mt.models.mlp(hidden=(32,))), mt.load("sample").test)
    >>> 0 <= accuracy <= 1
    True
    """
    return float(np.mean(predict(classifier, split, features, batch_size).argmax(1) == split.labels))
