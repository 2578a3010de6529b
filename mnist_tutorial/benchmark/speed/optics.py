"""Optics: digits in fluorescent ink at random places, imaged by a microscope, by several routes."""

from functools import partial
from pathlib import Path

import deeptrack as dt
import numpy as np
import torch
from deeptrack.optical.scatterers import VolumeScatterer
from torch.utils.data import DataLoader

from mnist_tutorial.benchmark.speed.loading import BATCH, OURS, epochs
from mnist_tutorial.benchmark.speed.measurement import Route
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import BatchDataset, Camera, Field, Fluorescence, batch_loader, digit_source, uniform

MICROSCOPE = {"NA": 0.7, "wavelength": 600e-9, "magnification": 40, "resolution": 6e-6}
SIZE = 64  # pixels of the field
DEPTH = 2e-6  # metres of defocus at most
CAMERA = {"photons": 1000, "read_noise": 1}
FEW = 64  # images of the slow routes, which take the same time for each image

DEEPTRACK, LOADER = "DeepTrack", "DeepTrack, DataLoader"


def routes(split: Split, folder: Path) -> list[Route]:
    """List the routes.

    Parameters
    ----------
    split : Split
        The digits to image.
    folder : Path
        Not used.

    Returns
    -------
    list of Route
        Each action images digits.
    """
    notes = {
        DEEPTRACK: (deeptrack, f"dt.Fluorescence, an image at a time; {FEW} images, extrapolated"),
        LOADER: (deeptrack_loader, f"the same as batches of tensors; {FEW} images, extrapolated"),
        OURS: (ours, "Field and Fluorescence, by batch"),
        "each its own focus": (partial(ours, defocus=uniform(-DEPTH, DEPTH)), "and a transfer function for each image"),
        "and a camera": (partial(ours, defocus=uniform(-DEPTH, DEPTH), camera=CAMERA), "the same, and Camera"),
        "two FFTs alone": (transforms, "of whole images, to Fourier space and back"),
    }
    return epochs(notes, split, folder)


class Ink(VolumeScatterer):
    """A flat sample that emits light: its image, (H, W), as DeepTrack's microscopes take it."""

    def __init__(self, ink, **kwargs):
        super().__init__(ink=ink, **kwargs)

    def get(self, image, ink, **kwargs):
        """Return the ink as a volume of one plane."""
        return np.asarray(ink, dtype=float)[..., None] / 255


def _deeptrack(split):
    source = digit_source(split.take(min(FEW, len(split)), seed=0))
    ink = Ink(
        ink=source.image,
        intensity=1,
        position=lambda: np.random.uniform(14, SIZE - 14, 2),
    )
    image = dt.Fluorescence(**MICROSCOPE, output_region=(0, 0, SIZE, SIZE))(ink)
    return image, source


def deeptrack(split, folder):
    """Image digits one at a time; like all below, returns what starts an epoch, and its number of images."""
    image, source = _deeptrack(split)

    def epoch():
        return (image.update()(item) for item in source)

    return epoch, len(source)


def deeptrack_loader(split, folder):
    """Image digits as DeepTrack's datasets for torch do."""
    image, source = _deeptrack(split)
    pipeline = image >> dt.MoveAxis(2, 0) >> dt.pytorch.ToTensor(torch.float32)
    dataset = dt.pytorch.Dataset(pipeline & dt.Value(source.label), inputs=source, replace=True)
    return partial(DataLoader, dataset, batch_size=BATCH, shuffle=True), len(source)


def ours(split, folder, defocus=0.0, camera=None):
    """Image digits as in the notebooks."""
    source = digit_source(split)
    image = dt.Value(source.image) >> Field(SIZE) >> Fluorescence(**MICROSCOPE, defocus=defocus)
    if camera:
        image = image >> Camera(**camera)
    dataset = BatchDataset(image & dt.Value(source.label), source)
    return partial(batch_loader, dataset, batch_size=BATCH, shuffle=True), len(source)


def transforms(split, folder):
    """Transform stacks of padded images to Fourier space and back."""
    images = torch.rand(BATCH, 96, 96)

    def epoch():
        for _ in range(-(-len(split) // BATCH)):
            yield torch.fft.irfft2(torch.fft.rfft2(images))

    return epoch, -(-len(split) // BATCH) * BATCH
