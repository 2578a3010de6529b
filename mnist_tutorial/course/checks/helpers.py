"""What several exercises need: digits, features of DeepTrack, and networks that are to learn."""

from typing import Any

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mnist_tutorial.course.checks.exercise import Hint, OutOfTimeError, refuse, returned, rng, short, time_limit
from mnist_tutorial.data import Split, load
from mnist_tutorial.pipeline import BatchDataset, PerImage, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, evaluate, trainer

DIGITS, HELD_OUT = 3_500, 500
# Epochs and batch size. In the 84 steps of the first training, most networks reach 73 % and more. Three convolutions
# with ReLU and an average over each map reach 35 % to 59 %, and 78 % to 90 % in the 440 steps of the second. Only what
# has begun to learn gets that: nine layers of sigmoids stay at 11 % in the first, as if they always named one digit.
TRAININGS = ((3, 128), (8, 64))
BEGUN, LEARNT = 0.2, 0.6
TRAINING_LIMIT = 20  # seconds; our answers take two, slow learners six


def draw(number: int = 3_600, held_out: int = 400) -> tuple[Split, Split]:
    """Draw training digits, to learn from and to be tested on: new ones each time, by default as many as the sample."""
    seed = int(rng.integers(2**31))
    with time_limit(0):  # what it takes to fetch them does not count
        train = load("auto").train
    return train.take(number + held_out, seed).hold_out(held_out, seed)


def nearest_neighbour(known: np.ndarray, labels: np.ndarray, features: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of features (N, ...) whose nearest neighbour among the known ones has their label."""
    known, features = (array.reshape(len(array), -1).astype(np.float32) for array in (known, features))  # faster
    return float(KNeighborsClassifier(1).fit(known, labels).score(features, truth))


def feature(value: Any) -> dt.Feature:
    """Return a value if it is a DeepTrack feature, or a function that DeepTrack would make one of."""
    if isinstance(returned(value), dt.Feature):
        return value
    if isinstance(value, type):
        raise Hint(f"you returned the class {value.__name__}; expected a feature: call the class.")
    refuse(isinstance(value, PerImage), "you returned a draw for each image; expected a feature with that property.")
    refuse(not callable(value), f"you returned {short(value)}; expected a DeepTrack feature, which is evaluated later.")
    return dt.Lambda(lambda: value)  # as DeepTrack takes a plain function behind `>>`


def trained(template: dl.DeeplayModule, digits: Split, epochs: int, batch_size: int, callbacks: Any = ()) -> nn.Module:
    """Train a template in a few seconds."""
    source, network = digit_source(digits), classifier(template, max_lr=1e-2)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    loader = batch_loader(dataset, batch_size, shuffle=True)
    trainer(max_epochs=epochs, progress=False, callbacks=callbacks).fit(network, loader)
    return network


def learns(template: dl.DeeplayModule) -> str:
    """Say what a template learns in a few seconds; refuse one that learns nothing."""
    train, held_out = draw(DIGITS, HELD_OUT)
    try:
        with time_limit(TRAINING_LIMIT):
            for epochs, batch_size in TRAININGS:
                accuracy = evaluate(trained(template, train, epochs, batch_size), held_out)
                if not BEGUN <= accuracy < LEARNT:
                    break
    except OutOfTimeError as error:
        network = template.new().create().eval()  # outside: drawing weights counts, too
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.zeros(1, 1, 28, 28))
        often = f"since it multiplies {counter.get_total_flops() / 2e6:.1f} million times for each image"
        hint = "A weight of a convolution multiplies once for each pixel of its feature map: pool earlier"
        raise Hint(f"it was still training after {TRAINING_LIMIT} s, {often}. {hint}, or leave out layers.") from error
    result = f"{accuracy:.0%} after {epochs} epochs of {DIGITS:,} digits"
    question = "Is there an activation between the layers, does it let the gradient through, and is there enough room"
    refuse(accuracy < LEARNT, f"it recognizes {result}; expected at least {LEARNT:.0%}. {question} in each layer?")
    return result
