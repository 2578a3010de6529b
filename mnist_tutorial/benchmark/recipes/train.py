"""What the recipes in deeplay share: to fit a template as the notebooks do, and to predict from five views."""

import deeptrack as dt

from mnist_tutorial.pipeline import BatchDataset, RandomAffine, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, predict, trainer


def fit(
    run,
    template,
    features,
    epochs,
    max_lr,
    batch_size=256,
    optimizer=None,
    warps=None,
    label_smoothing=0.1,
    view=predict,
):
    """Train a template as the notebooks do.

    Parameters
    ----------
    run : Run
    template : deeplay template
    features : deeptrack.Feature
        What is done to each digit in training.
    epochs : float
        Less than one is a part of an epoch.
    max_lr, optimizer, label_smoothing
        As in `training.classifier`.
    batch_size : int
        Of all processes together.
    warps : deeptrack.Feature, optional
        Done before `features`, in all epochs but the last one, which shows the digits as they are.
    view : callable
        How to predict: from network and split to scores (N, 10).

    Returns
    -------
    deeplay.Classifier
    """
    network = classifier(template, max_lr=max_lr, optimizer=optimizer, label_smoothing=label_smoothing)
    part = {"limit_train_batches": epochs} if epochs < 1 else {}
    chief = trainer(max(1, epochs), False, [run.callback(view)], **part, **run.options)
    if warps is not None:
        features = dt.Probability(warps, lambda: chief.current_epoch < epochs - 1) >> features
    chief.fit(network, batches(run, features, batch_size))
    return network


def batches(run, features, batch_size):
    """Make the loader of a run; each process takes its share of a batch."""
    source = digit_source(run.digits, device="auto")
    dataset = BatchDataset(dt.Value(source.image) >> features & dt.Value(source.label), source)
    return batch_loader(dataset, batch_size=max(1, batch_size // run.processes), shuffle=True)


def five_views(network, split):
    """Predict from each digit as it is, which counts twice, and shifted by a pixel in each direction."""
    shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    first, *others = (predict(network, split, RandomAffine(translate=shift) >> Standardize()) for shift in shifts)
    return 2 * first + sum(others)
