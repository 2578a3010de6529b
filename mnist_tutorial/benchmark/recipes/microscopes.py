"""The microscope of the recipes: each digit with a focus and an exposure of its own, as in notebook 9."""

from dataclasses import replace

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch

from mnist_tutorial import training
from mnist_tutorial.benchmark.recipes.train import batches
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import (
    BatchDataset,
    Camera,
    Fluorescence,
    PerImage,
    RandomCrop,
    Standardize,
    batch_loader,
    digit_source,
    uniform,
)
from mnist_tutorial.training import predict

BATCH_SIZE = 256  # of all processes together


def microscope(seed: int | None = None) -> dt.Feature:
    """Image digits of three micrometres, in and out of focus, from ten to ten thousand photons; a seed repeats them.

    From ink (B, H, W) to images (B, H, W), each with mean 0 and standard deviation 1.
    """
    lens = Fluorescence(
        NA=0.7,
        wavelength=600e-9,
        magnification=40,
        resolution=6e-6,
        defocus=uniform(-2e-6, 2e-6),
        seed=seed,
    )
    photons = PerImage(lambda n, rng: 10 ** rng.uniform(1, 4, n))
    camera = Camera(photons=photons, background=1, read_noise=1, offset=10, seed=seed)
    return lens >> camera >> exposed()


def exposed() -> dt.Feature:
    """Give each image mean 0 and standard deviation 1, whatever its exposure."""
    return dt.Lambda(lambda: _exposed)


def _exposed(images: np.ndarray | torch.Tensor) -> np.ndarray | torch.Tensor:
    images = images - images.mean((-2, -1), keepdims=True)
    return images / (images.std((-2, -1), keepdims=True) + 1e-6)


def fit_restorer(
    run: Run, template: dl.DeeplayModule, epochs: int, lr: float, reader: dl.DeeplayModule
) -> dl.Regressor:
    """Train a network to restore the ink, from images (B, 1, H, W) to images, with Adam at this learning rate.

    Before that, `reader`, a template of a classifier, is trained for two epochs on digits from the scanner; it becomes
    the attribute ``reader`` of the network.
    """
    classifier = training.classifier(reader, max_lr=1.5e-2)
    loader = batches(run, RandomCrop(24) >> Standardize(), BATCH_SIZE)
    training.trainer(2, False, **run.options).fit(classifier, loader)
    network = dl.Regressor(template, loss=torch.nn.MSELoss(), optimizer=dl.Adam(lr=lr)).create()
    network.reader = classifier.requires_grad_(False)  # so that it is kept with the weights
    source = digit_source(run.digits, device="auto")
    image = dt.Value(source.image)
    dataset = BatchDataset(image >> microscope() & image >> Standardize(0, 1), source)
    loader = batch_loader(dataset, batch_size=max(1, BATCH_SIZE // run.processes), shuffle=True)
    training.trainer(epochs, False, [run.callback(restored)], **run.options).fit(network, loader)
    return network.requires_grad_(True)  # both were trained, and both count


def through_microscope(network: torch.nn.Module, split: Split) -> np.ndarray:
    """Predict digits from images of a microscope whose draws are always the same: logits (N, 10)."""
    return predict(network, _seen(split), exposed())


def restored(network: dl.Regressor, split: Split) -> np.ndarray:
    """Restore the ink, and let the reader of the network predict from it: logits (N, 10)."""
    ink = predict(network, _seen(split), exposed())[:, 0].clip(0, 1)
    return predict(network.reader, replace(split, images=ink))


def _seen(split: Split) -> Split:
    return replace(split, images=microscope(seed=0)(split.images))
