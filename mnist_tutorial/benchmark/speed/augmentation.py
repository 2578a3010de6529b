"""Augmentation: digits that are scaled, shifted, rotated, sheared and distorted, by several routes.

The ranges are those of DeepTrack's MNIST tutorial, with the rotation that it defines but does not pass on. All routes
draw new parameters for each image.
"""

import math
from functools import partial
from pathlib import Path

import deeptrack as dt
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from mnist_tutorial.benchmark.speed.loading import BATCH, FEW, OFFICIAL, OURS, epochs, png_files
from mnist_tutorial.benchmark.speed.measurement import Route
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import (
    BatchDataset,
    RandomAffine,
    RandomElastic,
    Standardize,
    batch_loader,
    digit_source,
    uniform,
)

SCALE = 0.8, 1.2  # in each direction
SHIFT = 2.0  # pixels, in each direction
ANGLE = 0.35  # radians, of rotation and of shear
ALPHA, SIGMA = (0.0, 60.0), (5.0, 7.0)  # of the elastic distortion
KORNIA, FLOOR = "kornia", "grid_sample alone"
MEAN = "alpha and sigma fixed at their means"  # it supports no random values


def routes(split: Split, folder: Path) -> list[Route]:
    """List the routes.

    Parameters
    ----------
    split : Split
        The digits to augment.
    folder : Path
        Empty; for the files that a route reads.

    Returns
    -------
    list of Route
        Each action makes mini-batches of float tensors.
    """
    notes = {
        OFFICIAL: (official, f"an image at a time from PNG; {FEW} images, extrapolated"),
        "the same, from memory": (official_from_memory, f"an image at a time; {FEW} images, extrapolated"),
        "torchvision v2": (torchvision_v2, f"an image at a time; {MEAN}"),
        KORNIA: (kornia_batched, f"by batch; {MEAN}"),
        OURS: (ours, "RandomAffine and RandomElastic, by batch"),
        FLOOR: (grid_sample, "resampling for one warp: the floor"),
    }
    return epochs(notes, split, folder)


def official(split, folder):
    """Augment as DeepTrack's tutorial does; like all below, returns what starts an epoch, and its number of images."""
    source = dt.sources.ImageFolder(str(png_files(split, folder, FEW)))
    return _one_by_one(dt.LoadImage(source.path), source)


def official_from_memory(split, folder):
    """Do the same without reading files."""
    source = digit_source(split.take(min(FEW, len(split)), seed=0))
    return _one_by_one(dt.Value(source.image) >> dt.Unsqueeze(), source)


def _one_by_one(image, source):
    def between(low, high):
        return lambda: low + (high - low) * np.random.rand()

    warped = (
        image
        >> dt.NormalizeMinMax(0, 1)
        >> dt.Affine(
            scale=(between(*SCALE), between(*SCALE)),
            translate_px=(between(-SHIFT, SHIFT), between(-SHIFT, SHIFT)),
            rotate=between(-ANGLE, ANGLE),
            shear=between(-ANGLE, ANGLE),
            order=2,
            mode="constant",
        )
        >> dt.ElasticTransformation(alpha=between(*ALPHA), sigma=between(*SIGMA), mode="constant")
        >> dt.Clip(0, 1)
        >> dt.MoveAxis(2, 0)
        >> dt.pytorch.ToTensor(torch.float32)
    )
    dataset = dt.pytorch.Dataset(warped & dt.Value(source.label), inputs=source, replace=True)
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(source)


class Transformed(Dataset):
    """Images that pass through a transform one at a time."""

    def __init__(self, split, transform):
        self.images, self.labels, self.transform = torch.tensor(split.images), torch.tensor(split.labels), transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.transform(self.images[i, None]), self.labels[i]


def torchvision_v2(split, folder):
    """Augment images one at a time with torchvision."""
    degrees, shift = math.degrees(ANGLE), SHIFT / split.images.shape[-1]
    warp = v2.Compose(
        [
            v2.ToDtype(torch.float32, scale=True),
            v2.RandomAffine(degrees, (shift, shift), SCALE, (-degrees, degrees), v2.InterpolationMode.BILINEAR),
            v2.ElasticTransform(alpha=2 * np.mean(ALPHA), sigma=np.mean(SIGMA)),  # its alpha counts half pixels
        ]
    )
    dataset = Transformed(split.take(min(2 * FEW, len(split)), seed=0), warp)
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(dataset)


def kornia_batched(split, folder):
    """Augment batches with kornia."""
    import kornia.augmentation as kornia

    degrees, pixels = math.degrees(ANGLE), split.images.shape[-1]
    sigma = float(np.mean(SIGMA))
    side = 2 * round(4 * sigma) + 1  # as scipy truncates the filter
    alpha = float(np.mean(ALPHA)) * 2 / (pixels - 1)  # it counts from -1 to 1
    shift = SHIFT / pixels
    warp = torch.nn.Sequential(
        kornia.RandomAffine(degrees, (shift, shift), SCALE * 2, (-degrees, degrees), p=1.0),
        kornia.RandomElasticTransform((side, side), (sigma, sigma), (alpha, alpha), p=1.0),
    )
    return _batches(split, lambda images: warp(images[:, None]))


def grid_sample(split, folder):
    """Resample batches once, at positions that are computed in advance."""
    n, height, width = BATCH, *split.images.shape[1:]
    theta = torch.eye(2, 3).expand(n, 2, 3)
    grid = torch.nn.functional.affine_grid(theta, (n, 1, height, width), align_corners=True)
    grid = grid + 0.1 * torch.rand_like(grid)
    return _batches(
        split,
        lambda images: torch.nn.functional.grid_sample(images[:, None], grid[: len(images)], align_corners=True),
        scaled=torch.tensor(split.images, dtype=torch.float32) / 255,
    )


def _batches(split, warp, scaled=None):
    labels = torch.tensor(split.labels)
    images = torch.tensor(split.images) if scaled is None else scaled

    def epoch():
        for chosen in torch.randperm(len(images)).split(BATCH):
            batch = images[chosen]
            yield warp(batch if scaled is not None else batch / 255), labels[chosen]

    return epoch, len(images)


def ours(split, folder):
    """Augment as in the notebooks."""
    source = digit_source(split)
    image = (
        dt.Value(source.image)
        >> RandomAffine(
            scale=(uniform(*SCALE), uniform(*SCALE)),
            translate=(uniform(-SHIFT, SHIFT), uniform(-SHIFT, SHIFT)),
            rotate=uniform(-ANGLE, ANGLE),
            shear=uniform(-ANGLE, ANGLE),
        )
        >> RandomElastic(alpha=uniform(*ALPHA), sigma=uniform(*SIGMA))
        >> Standardize()
    )
    dataset = BatchDataset(image & dt.Value(source.label), source)
    return partial(batch_loader, dataset, batch_size=BATCH, shuffle=True), len(source)
