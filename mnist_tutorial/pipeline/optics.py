"""Optics: fluorescence microscopes that image a whole mini-batch at once."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from mnist_tutorial.pipeline.base import BatchFeature, numpy_dtype
from mnist_tutorial.pipeline.sampling import values
from mnist_tutorial.pipeline.transfer import fast_size, kept_transfer_function, transfer_function

TOGETHER = 64  # images, so that what is computed of them stays in the cache of a processor
PADDING = 10  # pixels around an image that light may come back from: DeepTrack's default


class Fluorescence(BatchFeature):
    """Image flat fluorescent samples with a microscope, as ``deeptrack.Fluorescence`` does one at a time.

    A sample is a map of how much light each pixel emits. The image of a point is the point spread function: the
    squared magnitude of the Fourier transform of the pupil. A sample is convolved with it.

    Parameters
    ----------
    NA : float
        Numerical aperture.
    wavelength : float
        Of the emitted light, in metres.
    magnification : float
        Of the microscope.
    resolution : float
        Distance between the pixels of the camera, in metres; divided by `magnification`, that on the sample.
    refractive_index_medium : float
        Of the medium between sample and objective.
    defocus : float, array or distribution
        Distance of the sample from the focal plane, in metres. DeepTrack's `z` counts pixels on the sample instead.
    aberrations : mapping from (n, m) to float, array or distribution
        The coefficients of Zernike polynomials in radians, as in ``deeptrack.Zernike``: (2, 2) is astigmatism,
        (3, 1) coma, (4, 0) spherical aberration.
    seed : int, optional
        Makes the draws repeat. By default they follow NumPy's global generator.

    Raises
    ------
    ValueError
        If an optical parameter is not positive, NA exceeds the refractive index, or pixels are too large for NA.

    Notes
    -----
    Takes arrays or tensors (H, W) or (B, H, W); the result has the same shape. Its brightness is DeepTrack's: the
    larger NA is, the more light is collected. Light that leaves the image by more than 10 pixels is lost.
    For the same optics, the result equals ``deeptrack.Fluorescence(padding=(10, 10, 10, 10))`` to 1e-5 of its peak.

    Examples
    --------
    Two particles, each in 64 images of different defocus:

    >>> import mnist_tutorial as mt
    >>> sample = np.zeros((64, 32, 32), dtype=np.float32)
    >>> sample[:, 10, 10] = sample[:, 20, 20] = 1
    >>> microscope = Fluorescence(NA=0.7, wavelength=600e-9, magnification=40, resolution=6e-6,
    ...                           defocus=mt.uniform(-2e-6, 2e-6))
    >>> microscope(sample).shape
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
        n, height, width = images.shape
        pixel = resolution / magnification
        optics = NA, wavelength, refractive_index_medium, pixel
        _check(*optics)
        size = fast_size(height + 2 * PADDING), fast_size(width + 2 * PADDING)
        dtype = numpy_dtype(images.dtype)
        zernike = tuple(aberrations or ())
        if unknown := [(n, m) for n, m in zernike if not (abs(m) <= n and (n - m) % 2 == 0)]:
            raise ValueError(f"aberrations has {unknown[0]}; expected (n, m) with |m| at most n, both even or both odd")
        drawn = [values(defocus, n, rng, "defocus", dtype=dtype)]
        drawn += [values(aberrations[nm], n, rng, f"aberrations[{nm}]", dtype=dtype) for nm in zernike]
        kept = None
        if all(len(coefficient) == 1 for coefficient in drawn):
            coefficients = tuple(float(coefficient[0]) for coefficient in drawn)
            kept = kept_transfer_function(size, *optics, zernike, coefficients, images.device, images.dtype)
        else:
            coefficients = torch.from_numpy(np.stack(np.broadcast_arrays(*drawn))).to(images)
        result = images.new_empty(images.shape)
        for first in range(0, n, TOGETHER):
            some = slice(first, first + TOGETHER)
            transfer = transfer_function(size, *optics, zernike, coefficients[:, some]) if kept is None else kept
            result[some] = convolve(images[some], transfer, size)
        return result


def convolve(images: torch.Tensor, transfer: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Multiply images with transfer functions in Fourier space.

    Parameters
    ----------
    images : Tensor of floats, shape (B, H, W)
    transfer : Tensor of complex numbers, shape (1, rows, K) or (B, rows, K)
        As from `transfer_function`.
    size : tuple of two int
        Rows and columns of the padded images.

    Returns
    -------
    Tensor of floats, shape (B, H, W)
    """
    height, width = images.shape[1:]
    # The images are padded at their ends only, since a convolution of periodic images knows no first pixel. One
    # direction at a time, nothing is computed for rows without an image, nor for columns without a transfer.
    waves = torch.fft.rfft(images, n=size[1], dim=2)[..., : transfer.shape[2]]
    waves = torch.fft.fft(waves, n=size[0], dim=1).mul_(transfer)
    waves = torch.fft.ifft(waves, dim=1)[:, :height]
    return torch.fft.irfft(waves, n=size[1], dim=2)[..., :width]


def _check(NA: float, wavelength: float, refractive_index_medium: float, pixel: float) -> None:
    for name, value in {
        "NA": NA,
        "wavelength": wavelength,
        "refractive_index_medium": refractive_index_medium,
        "resolution / magnification": pixel,
    }.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value}; expected a finite number above 0")
    if refractive_index_medium < NA:
        raise ValueError(f"NA is {NA}; expected at most the refractive index of the medium, {refractive_index_medium}")
    if pixel > wavelength / (2 * NA):
        raise ValueError(
            f"resolution / magnification is {pixel:.2g} m; expected at most wavelength / (2 * NA) = "
            f"{wavelength / (2 * NA):.2g} m, or pixels are too large for the details of the image"
        )
