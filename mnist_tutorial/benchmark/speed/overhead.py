"""Overhead: the same training in a bare loop of torch, with this package, and with deeplay's defaults."""

from functools import partial
from pathlib import Path

import deeplay as dl
import deeptrack as dt
import torch

from mnist_tutorial.benchmark.speed.loading import BATCH, OURS
from mnist_tutorial.benchmark.speed.measurement import Route
from mnist_tutorial.data import Split
from mnist_tutorial.device import accelerator, precision
from mnist_tutorial.pipeline import BatchDataset, RandomCrop, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, trainer
from mnist_tutorial.training.models import cnn

BARE, DEFAULT = "bare torch", "deeplay's defaults"
MAX_LR, SIZE = 1e-2, 24


def routes(split: Split, folder: Path) -> list[Route]:
    """List the routes.

    Parameters
    ----------
    split : Split
        The digits to train on.
    folder : Path
        Empty; for the files that a trainer writes.

    Returns
    -------
    list of Route
        Each action trains the network of notebook 06 for one epoch.
    """
    return [
        Route(BARE, partial(bare, split), "a loop with the same network, batches, precision and schedule"),
        Route(OURS, partial(ours, split), "mt.classifier and mt.trainer, with DeepTrack's pipeline"),
        Route(DEFAULT, partial(default, split, folder), "accuracy computed and logged at each step; no schedule"),
    ]


def bare(split):
    """Train with nothing but torch; like all below, returns an action and its number of images."""
    device = torch.device(accelerator() or "cpu")
    images = torch.tensor(split.images, device=device)
    labels = torch.tensor(split.labels, device=device)
    steps = -(-len(split) // BATCH)
    places = images.shape[-1] - SIZE + 1

    def train():
        network = cnn().create().to(device, memory_format=torch.channels_last).train()
        loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
        optimizer = torch.optim.Adam(network.parameters(), lr=MAX_LR, betas=(0.8, 0.95), fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, MAX_LR, steps, pct_start=0.3, div_factor=10, final_div_factor=1000, cycle_momentum=False
        )
        for chosen in torch.randperm(len(images)).split(BATCH):
            row, column = torch.randint(places, (2, len(chosen)))
            windows = images[chosen].unfold(1, SIZE, 1).unfold(2, SIZE, 1)
            batch = windows[torch.arange(len(chosen)), row, column]
            batch = ((batch.float() - 0.1307 * 255) * (1 / (0.3081 * 255)))[:, None]
            with torch.autocast(device.type, torch.bfloat16, enabled=precision() == "bf16-mixed"):
                value = loss(network(batch), labels[chosen])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
        return network

    return train, len(split)


def ours(split):
    """Train as in notebook 06."""

    def train():
        trained = classifier(cnn(), max_lr=MAX_LR)
        trainer(max_epochs=1, progress=False).fit(trained, _loader(split))
        return trained

    return train, len(split)


def default(split, folder):
    """Train with the classifier and the trainer of deeplay, as they are, only without bars and summary."""

    def train():
        trained = dl.Classifier(cnn(), num_classes=10, optimizer=dl.Adam(lr=1e-3)).create()
        quiet = {"enable_progress_bar": False, "enable_model_summary": False}
        dl.Trainer(max_epochs=1, precision=precision(), default_root_dir=folder, **quiet).fit(trained, _loader(split))
        return trained

    return train, len(split)


def _loader(split):
    source = digit_source(split, device="auto")
    image = dt.Value(source.image) >> RandomCrop(SIZE) >> Standardize()
    return batch_loader(BatchDataset(image & dt.Value(source.label), source), batch_size=BATCH, shuffle=True)
