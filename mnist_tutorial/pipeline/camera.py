"""A camera: photons become electrons, with the noise of both, and electrons become whole numbers."""

from typing import Any

import numpy as np
import torch

from mnist_tutorial.pipeline.base import BatchFeature, torch_generator
from mnist_tutorial.pipeline.corruptions import per_image


class Camera(BatchFeature):
    """Take images with a camera that counts photons.

    A pixel collects ``photons * intensity + background`` photons on average, and a Poisson distribution tells how many
    in this image. Reading them out adds Gaussian noise. The sum, times `gain`, plus `offset`, is rounded and saturates.

    Parameters
    ----------
    photons : float, array or distribution
        Number of photons that an intensity of 1 emits during the exposure.
    background : float, array or distribution
        Number of photons per pixel that don't come from the sample.
    read_noise : float, array or distribution
        Standard deviation of the noise of the electronics, in electrons; each photon releases one.
    gain : float, array or distribution
        Counts per electron.
    offset : float, array or distribution
        Counts of a pixel in the dark, so that the noise has room below.
    bits : int
        A count is at most ``2**bits - 1``.
    seed : int, optional
        Makes the draws repeat. By default they follow NumPy's global generator.

    Raises
    ------
    ValueError
        If a parameter is negative or not finite, or an image has integers, which look like counts already.

    Notes
    -----
    Takes arrays or tensors of floats (H, W) or (B, H, W); intensities below 0 count as 0. The counts are whole numbers
    in float32, ready for a network.

    References
    ----------
    The linear camera model of EMVA standard 1288, release 4.0, with a quantum efficiency of 1.

    Examples
    --------
    >>> dark = np.zeros((2, 32, 32), dtype=np.float32)
    >>> counts = Camera(photons=100, background=25, read_noise=0, seed=0)(dark)
    >>> counts.mean().round(), counts.std().round()
    (np.float32(25.0), np.float32(5.0))
    """

    def __init__(
        self,
        photons: Any = 1000.0,
        background: Any = 0.0,
        read_noise: Any = 1.0,
        gain: Any = 1.0,
        offset: Any = 0.0,
        bits: int = 16,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            photons=photons,
            background=background,
            read_noise=read_noise,
            gain=gain,
            offset=offset,
            bits=bits,
            **kwargs,
        )

    def get(self, image: np.ndarray | torch.Tensor, **properties: Any) -> np.ndarray | torch.Tensor:
        """Take a picture of an image or of each image of a batch; see the class."""
        integers = not image.is_floating_point() if isinstance(image, torch.Tensor) else image.dtype.kind != "f"
        if integers:
            raise ValueError(f"image is of {image.dtype}; expected intensities, which are floats")
        return super().get(image, **properties)

    def transform(
        self,
        images: torch.Tensor,
        rng: np.random.Generator,
        photons: Any,
        background: Any,
        read_noise: Any,
        gain: Any,
        offset: Any,
        bits: int,
    ) -> torch.Tensor:
        if bits not in range(1, 25):  # float32 holds whole numbers of 24 bits
            raise ValueError(f"bits is {bits!r}; expected a whole number from 1 to 24")

        def parameter(value: Any, name: str) -> torch.Tensor:
            return per_image(value, images, rng, name, "a finite number of at least 0")

        generator = torch_generator(rng, images.device)
        mean = images.clamp(min=0) * parameter(photons, "photons") + parameter(background, "background")
        electrons = torch.poisson(mean, generator=generator)
        noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
        electrons += noise * parameter(read_noise, "read_noise")
        counts = electrons * parameter(gain, "gain") + parameter(offset, "offset")
        return counts.round_().clamp_(0, 2**bits - 1)
