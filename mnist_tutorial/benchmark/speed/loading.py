"""Loading: an epoch of MNIST as mini-batches, shuffled and on a common scale, by several routes."""

from collections import deque
from functools import partial
from pathlib import Path

import deeptrack as dt
import torch
import torchvision
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms

from mnist_tutorial.benchmark.speed.measurement import Route
from mnist_tutorial.compat import write_torchvision_files
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source

BATCH = 256
OURS = "ours"
OFFICIAL = "DeepTrack's tutorial"
TENSORS = "TensorDataset, DataLoader"
FEW, SOME = 600, 6000  # images of the slow routes, which take the same time for each image


def routes(split: Split, folder: Path) -> list[Route]:
    """List the routes.

    Parameters
    ----------
    split : Split
        The digits to load.
    folder : Path
        Empty; for the files that some routes read.

    Returns
    -------
    list of Route
        Each action runs through one epoch.
    """
    notes = {
        OFFICIAL: (official, f"an image at a time from PNG; {FEW} images, extrapolated"),
        "torchvision ImageFolder": (image_folder, f"an image at a time from PNG; {SOME:,} images, extrapolated"),
        "torchvision MNIST": (torchvision_mnist, "an image at a time from memory"),
        TENSORS: (tensors, "from memory, standardized beforehand"),
        OURS: (ours, "digit_source and BatchDataset, standardized by batch"),
    }
    return epochs(notes, split, folder)


def epochs(notes: dict, split: Split, folder: Path) -> list[Route]:
    """Make a route of each function that returns a way to start an epoch and its number of images."""

    def prepare(make):
        epoch, images = make(split, folder)
        return lambda: deque(epoch(), maxlen=0), images

    return [Route(name, partial(prepare, make), note) for name, (make, note) in notes.items()]


def official(split, folder):
    """Load as DeepTrack's tutorial does; like all below, returns what starts an epoch, and its number of images."""
    source = dt.sources.ImageFolder(str(png_files(split, folder / "few", FEW)))
    image = dt.LoadImage(source.path) >> dt.NormalizeMinMax() >> dt.MoveAxis(2, 0) >> dt.pytorch.ToTensor(torch.float32)
    pipeline = image & dt.Value(source.label)

    def epoch():  # a new dataset, because the first epoch fills a cache
        return DataLoader(dt.pytorch.Dataset(pipeline, inputs=source), batch_size=BATCH, shuffle=True)

    return epoch, len(source)


def image_folder(split, folder):
    """Load PNG files with torchvision."""
    scale = transforms.Compose([transforms.Grayscale(), transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    dataset = torchvision.datasets.ImageFolder(png_files(split, folder / "some", SOME), scale)
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(dataset)


def torchvision_mnist(split, folder):
    """Load the original files with torchvision."""
    write_torchvision_files(folder, split.images, split.labels)
    scale = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.1307, 0.3081)])
    dataset = torchvision.datasets.MNIST(folder, train=True, transform=scale)
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(dataset)


def tensors(split, folder):
    """Take standardized tensors from memory, in torch's own way."""
    images = torch.from_numpy(Standardize()(split.images))[:, None]
    dataset = TensorDataset(images, torch.tensor(split.labels))
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(dataset)


def ours(split, folder):
    """Load as in the notebooks."""
    source = digit_source(split)
    pipeline = dt.Value(source.image) >> Standardize() & dt.Value(source.label)
    return partial(batch_loader, BatchDataset(pipeline, source), batch_size=BATCH, shuffle=True), len(source)


def png_files(split: Split, folder: Path, n: int) -> Path:
    """Write some digits of a split as PNG files in class folders, with the same share of each digit."""
    for image, label, index in zip(*vars(split.take(min(n, len(split)), seed=0)).values(), strict=True):
        path = folder / str(label) / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder
