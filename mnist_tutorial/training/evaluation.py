"""Evaluation: the predictions of a trained network, and its accuracy."""

import deeptrack as dt
import numpy as np
import torch

from mnist_tutorial.data import Split
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source


def predict(
    classifier: torch.nn.Module, split: Split | np.ndarray, features: dt.Feature | None = None, batch_size: int = 500
) -> np.ndarray:
    """Compute the logits of all images of a split, in eval mode; the modules get their modes back.

    The split may be an array (N, H, W). By default, `features` prepares the images with `Standardize`. Returns float32
    (N, classes), in the order of the split; ``.argmax(1)`` gives the digits. With a much larger `batch_size`, the
    system hands out memory anew for each batch, which takes a third of the time.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> classifier = mt.classifier(mt.models.mlp(hidden=(32,)))
    >>> mt.predict(classifier, mt.load("sample").test).shape
    (1000, 10)
    """
    source = digit_source(split if isinstance(split, Split) else _as_split(split))
    dataset = BatchDataset(dt.Value(source.image) >> (Standardize() if features is None else features), source)
    like = next(classifier.parameters(), torch.empty(0))  # on its device and, after "64-true", in its precision
    modes = [(module, module.training) for module in classifier.modules()]
    classifier.eval()
    with torch.no_grad():
        batches = (images.to(like.device, like.dtype) for (images,) in batch_loader(dataset, batch_size))
        logits = [classifier(images).float().cpu() for images in batches]
    for module, mode in modes:
        module.training = mode
    return torch.cat(logits).numpy()


def evaluate(
    classifier: torch.nn.Module,
    split: Split | tuple[np.ndarray, np.ndarray],
    features: dt.Feature | None = None,
    batch_size: int = 500,
) -> float:
    """Compute the accuracy on a split, in eval mode: the fraction of images that are classified correctly.

    The split may be a pair of arrays, images (N, H, W) and labels (N,); other shapes are an MNISTError. The rest is as
    for `predict`. `stats.wilson_interval` gives the uncertainty of an accuracy.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> accuracy = mt.evaluate(mt.classifier(mt.models.mlp(hidden=(32,))), mt.load("sample").test)
    >>> 0 <= accuracy <= 1
    True
    """
    if not isinstance(split, Split):
        if not isinstance(split, (tuple, list)) or len(split) != 2:
            raise MNISTError(f"split is of type {type(split).__name__}; expected a Split, or a pair (images, labels)")
        split = _as_split(*split)
    return float(np.mean(predict(classifier, split, features, batch_size).argmax(1) == split.labels))


def _as_split(images: np.ndarray, labels: np.ndarray | None = None) -> Split:
    """Make a split of arrays, or of tensors; labels that nobody needs are all -1."""
    images = np.asarray(images)
    labels = np.full(images.shape[:1], -1) if labels is None else np.asarray(labels)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise MNISTError(
            f"the images have the shape {images.shape}, the labels {labels.shape}; expected (N, H, W) and (N,), as of "
            "images[None] for one image"
        )
    return Split(images, labels, np.arange(len(images)))
