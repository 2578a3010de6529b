"""Corruptions: features that spoil images, to see what a network stands; one draw per image."""

import numpy as np
import torch

from mnist_tutorial.pipeline.base import BatchFeature, torch_generator
from mnist_tutorial.pipeline.sampling import uniform, values
from mnist_tutorial.pipeline.warps import smoothing

ANYWHERE = uniform(0, 1)


def _each(given, images, rng, name):
    """Give a parameter the shape (B, 1, 1), or (1, 1, 1), on the device of the images."""
    return torch.from_numpy(values(given, len(images), rng, name)).to(images.device)[:, None, None]


class GaussianNoise(BatchFeature):
    """Add normal noise to each pixel, as ``deeptrack.Gaussian`` does.

    Parameters
    ----------
    sigma : float, array or distribution
        Standard deviation, on the scale of grey values from 0 to 1.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> GaussianNoise(sigma=0.1)(np.zeros((2, 28, 28), dtype=np.uint8)).std().round(1)
    np.float32(0.1)
    """

    def __init__(self, sigma=0.1, **kwargs):
        super().__init__(sigma=sigma, **kwargs)

    def transform(self, images, rng, sigma):
        """Corrupt a stack of images; see `BatchFeature`."""
        noise = torch.randn(images.shape, generator=torch_generator(rng, images.device), device=images.device)
        return images + noise * _each(sigma, images, rng, "sigma")


class ShotNoise(BatchFeature):
    """Count photons: Poisson noise with a given signal-to-noise ratio, as ``deeptrack.Poisson`` does for one image.

    On a batch, DeepTrack's feature takes the peak from all images at once; this one takes it from each.

    Parameters
    ----------
    snr : float, array or distribution
        Signal-to-noise ratio at the brightest pixel of an image, if that has the grey value 1 (and where it is darker,
        the square root of that times more, as in DeepTrack).
    background : float
        Grey value from which the signal counts.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> ShotNoise(snr=5)(np.full((1, 28, 28), 255, dtype=np.uint8)).std().round(1)
    np.float32(0.2)
    """

    def __init__(self, snr=10.0, background=0.0, **kwargs):
        super().__init__(snr=snr, background=background, **kwargs)

    def transform(self, images, rng, snr, background):
        """Corrupt a stack of images; see `BatchFeature`."""
        images = images.clamp(min=0)
        peak = (images.amax(dim=(1, 2), keepdim=True) - background).abs().clamp(min=1e-12)
        # The bound keeps empty images, which have no peak, from counting more photons than there are numbers.
        photons = ((_each(snr, images, rng, "snr") / peak) ** 2).clamp(1e-10, 1e8)
        return torch.poisson(images * photons, generator=torch_generator(rng, images.device)) / photons


class Blur(BatchFeature):
    """Blur each image with a Gaussian filter, as ``deeptrack.GaussianBlur(channel_axis=None)`` does for one.

    Parameters
    ----------
    sigma : float, array or distribution
        Width of the filter, in pixels.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> dot = np.pad(np.ones((1, 1), dtype=np.float32), 5)
    >>> Blur(sigma=1)(dot)[5, 5].round(2)
    np.float32(0.16)
    """

    def __init__(self, sigma=1.0, **kwargs):
        super().__init__(sigma=sigma, **kwargs)

    def transform(self, images, rng, sigma):
        """Corrupt a stack of images; see `BatchFeature`."""
        sigma = torch.from_numpy(values(sigma, len(images), rng, "sigma"))
        rows = smoothing(images.shape[1], sigma, "reflect").to(images.device)
        columns = smoothing(images.shape[2], sigma, "reflect").to(images.device)
        return rows @ images @ columns.mT


class Contrast(BatchFeature):
    """Pull grey values to the mean of their image, or away from it, as torchvision's ``adjust_contrast`` does.

    Parameters
    ----------
    factor : float, array or distribution
        0 leaves a grey area, 1 the image, and more than 1 makes it harder.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> Contrast(0.5)(np.array([[0.2, 0.6]], dtype=np.float32))
    array([[0.3, 0.5]], dtype=float32)
    """

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(factor=factor, **kwargs)

    def transform(self, images, rng, factor):
        """Corrupt a stack of images; see `BatchFeature`."""
        mean = images.mean(dim=(1, 2), keepdim=True)
        return (mean + _each(factor, images, rng, "factor") * (images - mean)).clamp(0, 1)


class Brightness(BatchFeature):
    """Make images darker or brighter, as torchvision's ``adjust_brightness`` does.

    Parameters
    ----------
    factor : float, array or distribution
        Each grey value is multiplied by it.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> Brightness(0.5)(np.array([[0.2, 0.6]], dtype=np.float32))
    array([[0.1, 0.3]], dtype=float32)
    """

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(factor=factor, **kwargs)

    def transform(self, images, rng, factor):
        """Corrupt a stack of images; see `BatchFeature`."""
        return (images * _each(factor, images, rng, "factor")).clamp(0, 1)


class Erase(BatchFeature):
    """Paint over a rectangle of each image: cutout, or an occlusion.

    Parameters
    ----------
    height, width : float, array or distribution
        Of the rectangle, in pixels. What sticks out of the image is lost, so on average less than that is erased.
    row, column : float, array or distribution
        Its centre, as a share of the image: 0 is the first pixel, 1 the last. By default anywhere.
    value : float, array or distribution
        The grey value to paint with.
    seed : int, optional
        Fixes what is drawn.

    References
    ----------
    DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout", arXiv:1708.04552.

    Examples
    --------
    >>> Erase(2, 2, row=0.5, column=0.5)(np.ones((4, 4), dtype=np.float32))
    array([[1., 1., 1., 1.],
           [1., 0., 0., 1.],
           [1., 0., 0., 1.],
           [1., 1., 1., 1.]], dtype=float32)
    """

    def __init__(self, height=8, width=8, row=ANYWHERE, column=ANYWHERE, value=0.0, **kwargs):
        super().__init__(height=height, width=width, row=row, column=column, value=value, **kwargs)

    def transform(self, images, rng, height, width, row, column, value):
        """Corrupt a stack of images; see `BatchFeature`."""
        inside = True
        for size, extent, centre, name, dim in (
            (height, "height", row, "row", 1),
            (width, "width", column, "column", 2),
        ):
            pixels = images.shape[dim]
            at = torch.arange(pixels, device=images.device)
            at = at[:, None] if dim == 1 else at
            middle = _each(centre, images, rng, name) * (pixels - 1)
            inside = inside & ((at - middle).abs() < _each(size, images, rng, extent) / 2)
        return torch.where(inside, _each(value, images, rng, "value"), images)


class Stripe(Erase):
    """Paint a bar over each image, from top to bottom.

    Parameters
    ----------
    width : float, array or distribution
        Of the bar, in pixels.
    column : float, array or distribution
        Its middle, as a share of the image: 0 is the first column, 1 the last. By default anywhere.
    value : float, array or distribution
        The grey value to paint with.
    seed : int, optional
        Fixes what is drawn.

    Examples
    --------
    >>> Stripe(2, column=0.5)(np.zeros((2, 4), dtype=np.float32))
    array([[0., 1., 1., 0.],
           [0., 1., 1., 0.]], dtype=float32)
    """

    def __init__(self, width=4, column=ANYWHERE, value=1.0, **kwargs):
        super().__init__(height=np.inf, width=width, row=0.5, column=column, value=value, **kwargs)
