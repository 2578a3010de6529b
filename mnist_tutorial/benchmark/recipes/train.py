"""The training of the recipes in deeplay, as in the notebooks, and predictions from five views."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch

from mnist_tutorial import training
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import BatchDataset, batch_loader, digit_source
from mnist_tutorial.training import predict


def fit(
    run: Run,
    template: dl.DeeplayModule,
    features: dt.Feature,
    epochs: float,
    max_lr: float,
    batch_size: int = 256,
    optimizer: dl.Optimizer | None = None,
    warps: dt.Feature | None = None,
    label_smoothing: float = 0.1,
    view: Callable[[Any, Split], np.ndarray] = predict,
) -> dl.Classifier:
    """Train a template as the notebooks do; for the learning rate, optimizer and smoothing, see `training.classifier`.

    Each digit passes through `features`, and before that through `warps`, except in the last epoch, which shows the
    digits as they are. Fewer `epochs` than one are a part of an epoch; a batch is that of all processes together; and
    `view` predicts: from network and split to scores (N, 10).
    """
    network = training.classifier(template, max_lr=max_lr, optimizer=optimizer, label_smoothing=label_smoothing)
    limits = {"limit_train_batches": epochs} if epochs < 1 else {}
    trainer = training.trainer(max(1, epochs), False, [run.callback(view)], **limits, **run.options)
    if warps is not None:
        features = dt.Probability(warps, lambda: trainer.current_epoch < epochs - 1) >> features
    trainer.fit(network, batches(run, features, batch_size))
    return network


def batches(run: Run, features: dt.Feature, batch_size: int) -> torch.utils.data.DataLoader:
    """Make the loader of a run; each process takes its share of a batch."""
    source = digit_source(run.digits, device="auto")
    dataset = BatchDataset(dt.Value(source.image) >> features & dt.Value(source.label), source)
    return batch_loader(dataset, batch_size=max(1, batch_size // run.processes), shuffle=True)


def five_views(network: dl.Classifier, split: Split) -> np.ndarray:
    """Average the logits of each digit as it is, which counts twice, and shifted by a pixel each way: (N, 10)."""
    rows, columns = split.images.shape[1:]
    padded = np.pad(split.images, ((0, 0), (1, 1), (1, 1)))
    corners = [(1, 1), (0, 1), (2, 1), (1, 0), (1, 2)]
    views = (replace(split, images=padded[:, row : row + rows, column : column + columns]) for row, column in corners)
    first, *others = (predict(network, view) for view in views)
    return (2 * first + sum(others)) / 6
