"""A microscope: optics that image a mini-batch of fluorescent samples at once, and a camera that counts photons."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import deeptrack as dt
import numpy as np
import torch
from deeptrack.optical.math import pad_image_to_fft

from mnist_tutorial.pipeline.features import BatchFeature, is_float, per_image, torch_generator, values

TOGETHER = 64  # images, so that what is computed of them stays in the cache of a processor
PADDING = 10  # pixels around an image that light may come back from: DeepTrack's default


class Fluorescence(BatchFeature):
    """Image flat fluorescent samples with a microscope, as ``deeptrack.Fluorescence`` does one at a time.

    A sample, an array or tensor (H, W) or (B, H, W), is a map of how much light each pixel emits. It is convolved with
    the point spread function: the squared magnitude of the Fourier transform of the pupil. Light that leaves the image
    by more than 10 pixels is lost. The result equals ``deeptrack.Fluorescence(padding=(10, 10, 10, 10))``, brightness
    included, to 1e-5 of its peak. ValueError if an optical parameter is not positive, NA exceeds the refractive index,
    or pixels are too large for NA.

    Parameters
    ----------
    NA, wavelength : float
        Numerical aperture, and wavelength of the emitted light in metres.
    magnification, resolution : float
        The pixels of the camera are `resolution` metres apart; divided by `magnification`, that is on the sample.
    refractive_index_medium : float
        Of the medium between sample and objective.
    defocus : float, array or distribution
        Distance of the sample from the focal plane, in metres. DeepTrack's `z` counts pixels on the sample instead.
    aberrations : mapping from (n, m) to float, array or distribution
        The coefficients of Zernike polynomials in radians, as in ``deeptrack.Zernike``: (2, 2) is astigmatism,
        (3, 1) coma, (4, 0) spherical aberration.
    seed : int, optional
        As for `BatchFeature`.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> sample = np.zeros((64, 32, 32), dtype=np.float32)
    >>> sample[:, 10, 10] = sample[:, 20, 20] = 1  # two particles, in 64 images of different defocus
    >>> Fluorescence(magnification=40, resolution=6e-6, defocus=mt.uniform(-2e-6, 2e-6))(sample).shape
    (64, 32, 32)
    """

    def __init__(
        self,
        NA: float = 0.7,
        wavelength: float = 660e-9,
        magnification: float = 10,
        resolution: float = 1e-6,
        refractive_index_medium: float = 1.33,
        defocus: Any = 0.0,
        aberrations: Mapping[tuple[int, int], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            NA=NA,
            wavelength=wavelength,
            magnification=magnification,
            resolution=resolution,
            refractive_index_medium=refractive_index_medium,
            defocus=defocus,
            aberrations=aberrations,
            **kwargs,
        )

    def transform(
        self,
        images: torch.Tensor,
        rng: np.random.Generator,
        NA: float,
        wavelength: float,
        magnification: float,
        resolution: float,
        refractive_index_medium: float,
        defocus: Any,
        aberrations: Mapping[tuple[int, int], Any] | None,
    ) -> torch.Tensor:
        height, width = images.shape[1:]
        optics = NA, wavelength, refractive_index_medium, resolution / magnification
        _check(*optics)
        size = fast_size(height + 2 * PADDING), fast_size(width + 2 * PADDING)
        zernike = tuple(aberrations or ())
        if unknown := [(n, m) for n, m in zernike if not (abs(m) <= n and (n - m) % 2 == 0)]:
            raise ValueError(f"aberrations has {unknown[0]}; expected (n, m) with |m| at most n, both even or both odd")
        drawn = [values(defocus, images, rng, "defocus")]
        drawn += [values(aberrations[nm], images, rng, f"aberrations[{nm}]") for nm in zernike]
        same = None  # the transfer function, if it is that of all images
        if all(len(coefficient) == 1 for coefficient in drawn):
            coefficients = tuple(float(coefficient[0]) for coefficient in drawn)
            same = kept_transfer_function(size, *optics, zernike, coefficients, images.device, images.dtype)
        else:
            coefficients = torch.from_numpy(np.stack(np.broadcast_arrays(*drawn))).to(images)
        result = images.new_empty(images.shape)
        for first in range(0, len(images), TOGETHER):
            part = slice(first, first + TOGETHER)
            transfer = transfer_function(size, *optics, zernike, coefficients[:, part]) if same is None else same
            result[part] = convolve(images[part], transfer, size)
        return result


class Camera(BatchFeature):
    """Take images with a camera that counts photons.

    A pixel collects ``photons * intensity + background`` photons on average, and a Poisson distribution tells how many
    in this image. Reading them out adds Gaussian noise. The sum, times `gain`, plus `offset`, is rounded and saturates:
    the linear camera model of EMVA standard 1288, release 4.0, with a quantum efficiency of 1.
    Takes arrays or tensors of floats (H, W) or (B, H, W); intensities below 0 count as 0, and integers, which look like
    counts, are a ValueError. The counts are whole numbers in float32, ready for a network.

    Parameters
    ----------
    photons, background : float, array or distribution
        Photons that an intensity of 1 emits during the exposure, and photons per pixel that come from elsewhere.
    read_noise : float, array or distribution
        Standard deviation of the noise of the electronics, in electrons; each photon releases one.
    gain, offset : float, array or distribution
        Counts per electron, and counts of a pixel in the dark, so that the noise has room below.
    bits : int
        A count is at most ``2**bits - 1``.
    seed : int, optional
        As for `BatchFeature`.

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
        if not is_float(image):
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


def convolve(images: torch.Tensor, transfer: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Multiply images (B, H, W), padded to `size`, with transfer functions (1 or B, rows, K) in Fourier space."""
    height, width = images.shape[1:]
    # Padded at their ends only, since a convolution of periodic images knows no first pixel. One direction at a time,
    # nothing is computed for rows without an image, nor for columns without a transfer.
    waves = torch.fft.rfft(images, n=size[1], dim=2)[..., : transfer.shape[2]]
    waves = torch.fft.fft(waves, n=size[0], dim=1).mul_(transfer)
    waves = torch.fft.ifft(waves, dim=1)[:, :height]
    return torch.fft.irfft(waves, n=size[1], dim=2)[..., :width]


def _check(NA: float, wavelength: float, refractive_index_medium: float, pixel: float) -> None:
    numbers = {"NA": NA, "wavelength": wavelength, "refractive_index_medium": refractive_index_medium}
    for name, value in {**numbers, "resolution / magnification": pixel}.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value}; expected a finite number above 0")
    if refractive_index_medium < NA:
        raise ValueError(f"NA is {NA}; expected at most the refractive index of the medium, {refractive_index_medium}")
    if pixel > wavelength / (2 * NA):
        raise ValueError(
            f"resolution / magnification is {pixel:.2g} m; expected at most wavelength / (2 * NA) = "
            f"{wavelength / (2 * NA):.2g} m, or pixels are too large for the details of the image"
        )


def transfer_function(size, NA, wavelength, index, pixel, zernike, coefficients):
    """Compute optical transfer functions (B, rows, K), the Fourier transforms of point spread functions.

    The coefficients (C, B) are the defocus in metres, then those of the polynomials in radians; K columns are not 0.
    """
    aperture, phases = _pupil(size, NA, wavelength, index, pixel, zernike)
    phase = torch.einsum("cb,chw->bhw", coefficients, phases.to(coefficients))
    pupil = torch.polar(aperture.to(coefficients).expand_as(phase), phase)
    # A transfer function is the correlation of the pupil with itself. Where that is smaller than the image, a smaller
    # Fourier transform computes it.
    reach = aperture.shape
    small = [min(n, fast_size(2 * length - 1)) for n, length in zip(size, reach, strict=True)]
    amplitude = torch.fft.ifft(torch.fft.ifft(pupil, n=small[0], dim=1), n=small[1], dim=2)
    spread = amplitude.real.square() + amplitude.imag.square()
    columns = min(reach[1], size[1] // 2 + 1)
    part = torch.fft.fft(torch.fft.rfft(spread, dim=2)[..., :columns], dim=1)
    part *= small[0] * small[1] / (size[0] * size[1])
    if small[0] == size[0]:
        return part
    transfer = part.new_zeros(len(part), size[0], columns)
    transfer[:, : reach[0]] = part[:, : reach[0]]
    transfer[:, size[0] + 1 - reach[0] :] = part[:, small[0] + 1 - reach[0] :]
    return transfer


@lru_cache(maxsize=16)
def kept_transfer_function(size, NA, wavelength, index, pixel, zernike, coefficients, device, dtype):
    """Compute the transfer function of optics that are the same for all images, once."""
    drawn = torch.tensor(coefficients, dtype=torch.float64)[:, None]
    transfer = transfer_function(size, NA, wavelength, index, pixel, zernike, drawn)
    return transfer.to(device, dtype.to_complex())


@lru_cache(maxsize=16)
def _pupil(size, NA, wavelength, index, pixel, zernike):
    """Compute DeepTrack's pupil without the dark around it: aperture (H, W), radians per coefficient (C, H, W)."""
    # In units of the pupil's radius.
    rows, columns = (np.linspace(-n / 2, n / 2 - 1, n) / (NA / wavelength * pixel * n) + 1e-8 for n in size)
    radius = rows[:, None] ** 2 + columns**2
    aperture = radius < 1
    axial = 2 * math.pi * index / wavelength * np.sqrt(np.clip(1 - (NA / index) ** 2 * radius, 0, None))
    # A small coefficient, so that no phase leaves the range from -pi to pi, in which it is known.
    polynomials = [np.angle(dt.Zernike(n=n, m=m, coefficient=1e-2)(aperture + 0j)) / 1e-2 for n, m in zernike]
    light = np.ix_(aperture.any(axis=1), aperture.any(axis=0))
    if min(aperture[light].shape) < 2:
        raise ValueError(f"NA is {NA}; expected more, or a larger image: a point's spot is far wider than this one")
    phases = np.stack([phase[light] for phase in (axial, *polynomials)])
    return torch.from_numpy(aperture[light]), torch.from_numpy(phases)


@lru_cache(maxsize=64)
def fast_size(pixels: int) -> int:
    """Round the length of a line up to a product of twos and threes, as DeepTrack does: 84 to 96."""
    return pad_image_to_fft(np.empty((pixels, 0)), axes=(0,)).shape[0]
