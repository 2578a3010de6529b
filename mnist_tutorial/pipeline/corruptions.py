"""Corruptions: features that degrade images, to test how robust a network is."""

from typing import Any

import numpy as np
import torch

from mnist_tutorial.pipeline.features import BatchFeature, per_image, torch_generator, uniform, values
from mnist_tutorial.pipeline.warps import smoothing

ANYWHERE = uniform(0, 1)


class GaussianNoise(BatchFeature):
    """Add Gaussian noise to each pixel, as ``deeptrack.Gaussian`` does.

    As all corruptions do, it takes images (H, W) or (B, H, W), arrays or tensors of uint8, uint16 or floats from 0 to
    1, and returns floats. A parameter is a number, an array with one for each image, or a distribution such as
    `uniform`, from which one is drawn for each image; with a `seed`, draws repeat. One out of range is a ValueError.

    Here, `sigma` is the standard deviation, on the scale of grey values from 0 to 1.

    Examples
    --------
    >>> GaussianNoise(sigma=0.1)(np.zeros((2, 28, 28), dtype=np.uint8)).std().round(1)
    np.float32(0.1)
    """

    def __init__(self, sigma: Any = 0.1, **kwargs: Any) -> None:
        super().__init__(sigma=sigma, **kwargs)

    def transform(self, images: torch.Tensor, rng: np.random.Generator, sigma: Any) -> torch.Tensor:
        generator = torch_generator(rng, images.device)
        noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
        return images + noise * per_image(sigma, images, rng, "sigma", "a finite number of at least 0")


class ShotNoise(BatchFeature):
    """Add Poisson noise with a given signal-to-noise ratio, as ``deeptrack.Poisson`` does for one image.

    On a batch, DeepTrack's feature uses the peak of all images together; this one uses the peak of each image. `snr` is
    the signal-to-noise ratio at the brightest pixel of an image if its grey value is 1. As in DeepTrack, that of a
    darker image is higher: `snr` divided by the square root of its brightest grey value. The signal begins at the grey
    value `background`; parameters are as for `GaussianNoise`.

    Examples
    --------
    >>> ShotNoise(snr=5)(np.full((1, 28, 28), 255, dtype=np.uint8)).std().round(1)
    np.float32(0.2)
    """

    def __init__(self, snr: Any = 10.0, background: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(snr=snr, background=background, **kwargs)

    def transform(self, images: torch.Tensor, rng: np.random.Generator, snr: Any, background: Any) -> torch.Tensor:
        images = images.clamp(min=0)
        snr = per_image(snr, images, rng, "snr", "a finite number above 0")
        peak = images.amax(dim=(1, 2), keepdim=True) - per_image(background, images, rng, "background")
        # The bounds keep the number of photons finite in empty images, which have no peak.
        photons = ((snr / peak.abs().clamp(min=1e-12)) ** 2).clamp(1e-10, 1e8)
        return torch.poisson(images * photons, generator=torch_generator(rng, images.device)) / photons


class Blur(BatchFeature):
    """Blur each image with a Gaussian filter, as ``deeptrack.GaussianBlur(channel_axis=None)`` does for one.

    `sigma` is the standard deviation of the filter, in pixels; parameters are as for `GaussianNoise`.

    Examples
    --------
    >>> dot = np.pad(np.ones((1, 1), dtype=np.float32), 5)
    >>> Blur(sigma=1)(dot)[5, 5].round(2)
    np.float32(0.16)
    """

    def __init__(self, sigma: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(sigma=sigma, **kwargs)

    def transform(self, images: torch.Tensor, rng: np.random.Generator, sigma: Any) -> torch.Tensor:
        sigma = torch.from_numpy(values(sigma, images, rng, "sigma", "a finite number of at least 0"))
        rows = smoothing(images.shape[1], sigma, "reflect").to(images.device)
        columns = smoothing(images.shape[2], sigma, "reflect").to(images.device)
        return rows @ images @ columns.mT


class Contrast(BatchFeature):
    """Move grey values towards the mean of their image or away from it, as torchvision's ``adjust_contrast`` does.

    A `factor` of 0 gives a uniform grey, 1 the original image, and more than 1 a higher contrast; it may be a number,
    an array or a distribution, as for `GaussianNoise`.

    Examples
    --------
    >>> Contrast(0.5)(np.array([[0.2, 0.6]], dtype=np.float32))
    array([[0.3, 0.5]], dtype=float32)
    """

    def __init__(self, factor: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)

    def transform(self, images: torch.Tensor, rng: np.random.Generator, factor: Any) -> torch.Tensor:
        mean = images.mean(dim=(1, 2), keepdim=True)
        factor = per_image(factor, images, rng, "factor", "a finite number of at least 0")
        return (mean + factor * (images - mean)).clamp(0, 1)


class Brightness(BatchFeature):
    """Multiply grey values by a `factor`, as torchvision's ``adjust_brightness`` does.

    It may be a number, an array or a distribution, as for `GaussianNoise`.

    Examples
    --------
    >>> Brightness(0.5)(np.array([[0.2, 0.6]], dtype=np.float32))
    array([[0.1, 0.3]], dtype=float32)
    """

    def __init__(self, factor: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(factor=factor, **kwargs)

    def transform(self, images: torch.Tensor, rng: np.random.Generator, factor: Any) -> torch.Tensor:
        return (images * per_image(factor, images, rng, "factor", "a finite number of at least 0")).clamp(0, 1)


class Erase(BatchFeature):
    """Paint over a rectangle of each image: an occlusion, or cutout (DeVries and Taylor, arXiv:1708.04552).

    Parameters
    ----------
    height, width : float, array or distribution
        The size of the rectangle, in pixels. The image clips it at its edges, so on average less is erased.
    row, column : float, array or distribution
        Its centre, as a fraction of the image: 0 is the first pixel, 1 the last. By default anywhere.
    value : float, array or distribution
        The grey value to paint with.

    Examples
    --------
    >>> Erase(2, 2, row=0.5, column=0.5)(np.ones((4, 4), dtype=np.float32))
    array([[1., 1., 1., 1.],
           [1., 0., 0., 1.],
           [1., 0., 0., 1.],
           [1., 1., 1., 1.]], dtype=float32)
    """

    def __init__(
        self,
        height: Any = 8,
        width: Any = 8,
        row: Any = ANYWHERE,
        column: Any = ANYWHERE,
        value: Any = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(height=height, width=width, row=row, column=column, value=value, **kwargs)

    def transform(
        self, images: torch.Tensor, rng: np.random.Generator, height: Any, width: Any, row: Any, column: Any, value: Any
    ) -> torch.Tensor:
        inside = True
        axes = (height, "height", row, "row", 1), (width, "width", column, "column", 2)
        for size, extent, centre, name, dim in axes:
            pixels = images.shape[dim]
            place = torch.arange(pixels, device=images.device)
            place = place[:, None] if dim == 1 else place
            middle = per_image(centre, images, rng, name) * (pixels - 1)
            half = per_image(size, images, rng, extent, "a number of at least 0") / 2
            inside = inside & ((place - middle).abs() < half)
        return torch.where(inside, per_image(value, images, rng, "value"), images)


class Stripe(Erase):
    """Paint a bar over each image, from top to bottom; `width`, `column` and `value` are those of `Erase`.

    Examples
    --------
    >>> Stripe(2, column=0.5)(np.zeros((2, 4), dtype=np.float32))
    array([[0., 1., 1., 0.],
           [0., 1., 1., 0.]], dtype=float32)
    """

    def __init__(self, width: Any = 4, column: Any = ANYWHERE, value: Any = 1.0, **kwargs: Any) -> None:
        super().__init__(height=np.inf, width=width, row=0.5, column=column, value=value, **kwargs)
