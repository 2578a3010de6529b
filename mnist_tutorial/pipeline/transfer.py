"""Optical transfer functions: how much of each spatial frequency a microscope passes on."""

import math
from functools import lru_cache

import deeptrack as dt
import numpy as np
import torch
from deeptrack.optical.math import pad_image_to_fft


def transfer_function(
    size: tuple[int, int],
    NA: float,
    wavelength: float,
    refractive_index_medium: float,
    pixel: float,
    zernike: tuple[tuple[int, int], ...],
    coefficients: torch.Tensor,
) -> torch.Tensor:
    """Compute optical transfer functions: the Fourier transforms of point spread functions.

    Parameters
    ----------
    size : tuple of two int
        Rows and columns.
    NA, wavelength, refractive_index_medium
        As in `optics.Fluorescence`.
    pixel : float
        Distance between pixels on the sample, in metres.
    zernike : tuple of (n, m)
        Zernike polynomials.
    coefficients : Tensor of floats, shape (1 + len(zernike), B)
        Defocus in metres, then the coefficients of the polynomials in radians.

    Returns
    -------
    Tensor of complex numbers, shape (B, rows, K)
        On the device and in the precision of `coefficients`. Of the ``columns // 2 + 1`` columns that ``rfft2`` gives,
        those that are not 0.
    """
    aperture, phases = _pupil(size, NA, wavelength, refractive_index_medium, pixel, zernike)
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
    """Compute the transfer function of optics that are the same in each batch once."""
    drawn = torch.tensor(coefficients, dtype=torch.float64)[:, None]
    transfer = transfer_function(size, NA, wavelength, index, pixel, zernike, drawn)
    return transfer.to(device, dtype.to_complex())


@lru_cache(maxsize=16)
def _pupil(size, NA, wavelength, index, pixel, zernike):
    """Compute the pupil as DeepTrack does, without what is dark around it.

    Returns the aperture (H, W), and phases in radians per unit of each coefficient (1 + len(zernike), H, W).
    """
    rows, columns = (
        np.linspace(-n / 2, n / 2 - 1, n) / (NA / wavelength * pixel * n) + 1e-8 for n in size
    )  # 1 is the edge of the pupil
    radius = rows[:, None] ** 2 + columns**2
    aperture = radius < 1
    axial = 2 * math.pi * index / wavelength * np.sqrt(np.clip(1 - (NA / index) ** 2 * radius, 0, None))
    # A small coefficient, so that no phase leaves the range from -pi to pi, in which it is known.
    polynomials = [np.angle(dt.Zernike(n=n, m=m, coefficient=1e-2)(aperture + 0j)) / 1e-2 for n, m in zernike]
    light = np.ix_(aperture.any(axis=1), aperture.any(axis=0))
    if min(aperture[light].shape) < 2:
        raise ValueError(
            f"NA is {NA}; expected more, or a larger image: the spot of a point is far wider than this one"
        )
    phases = np.stack([phase[light] for phase in (axial, *polynomials)])
    return torch.from_numpy(aperture[light]), torch.from_numpy(phases)


@lru_cache(maxsize=64)
def fast_size(pixels: int) -> int:
    """Round the length of a line up to a product of twos and threes, as DeepTrack does.

    Examples
    --------
    >>> fast_size(84)
    96
    """
    return pad_image_to_fft(np.empty((pixels, 0)), axes=(0,)).shape[0]
