"""Warps: features that move the pixels of images, one draw per image."""

from functools import cache
from typing import Any

import numpy as np
import torch

from mnist_tutorial.pipeline.features import BatchFeature, pairs, per_image, torch_generator, values

# What lies outside an image: the name of DeepTrack and scipy, and that of torch.
MODES = {"grid-constant": "zeros", "nearest": "border", "mirror": "reflection"}


class RandomAffine(BatchFeature):
    """Scale, shift, rotate and shear each image by its own amounts.

    The parameters, their units and signs, and the order in which they act are those of ``deeptrack.Affine``. Each is a
    number, an array with one value per image, or a distribution (`uniform`, `normal`, `PerImage`) from which a value
    is drawn for each image; `scale` and `translate` can also be pairs (x, y) of these.

    Takes arrays or tensors (H, W) or (B, H, W), of at least 2 x 2 pixels. The result is float32, on the scale from 0
    to 1 also for integers, and equals that of ``deeptrack.Affine(order=1, mode="grid-constant")`` to 1e-5.

    Parameters
    ----------
    scale : float, array, distribution, or pair of them
        More than 1 enlarges.
    translate : float, array, distribution, or pair of them
        In pixels, to the right and down. It acts first, so it is scaled and rotated, too.
    rotate : float, array or distribution
        In radians, counter-clockwise.
    shear : float, array or distribution
        In radians; positive moves lower rows to the right.
    mode : {"grid-constant", "nearest", "mirror"}
        What lies outside an image, in scipy's terms: zeros, the border pixels, or the image mirrored at them.
    seed : int, optional
        As for `BatchFeature`.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> digits = mt.load("sample").test.images[:3]
    >>> turned = RandomAffine(rotate=mt.uniform(-0.35, 0.35), translate=(mt.uniform(-2, 2), 0))(digits)
    >>> turned.shape, turned.dtype
    ((3, 28, 28), dtype('float32'))
    """

    def __init__(
        self,
        scale: Any = 1.0,
        translate: Any = 0.0,
        rotate: Any = 0.0,
        shear: Any = 0.0,
        mode: str = "grid-constant",
        **kwargs: Any,
    ) -> None:
        super().__init__(scale=scale, translate=translate, rotate=rotate, shear=shear, mode=mode, **kwargs)

    def transform(
        self,
        images: torch.Tensor,
        rng: np.random.Generator,
        scale: Any,
        translate: Any,
        rotate: Any,
        shear: Any,
        mode: str,
    ) -> torch.Tensor:
        n, height, width = images.shape
        places = centred(height, width, images.device, images.dtype)
        fx, fy = pairs(scale, images, rng, "scale", "a finite number other than 0")
        dx, dy = pairs(translate, images, rng, "translate")
        angle, k = values(rotate, images, rng, "rotate"), np.tan(values(shear, images, rng, "shear"))
        cos, sin = np.cos(angle), np.sin(angle)
        # From a pixel of the result, (row, column) from the centre, to where it comes from:
        # diag(1/fy, 1/fx) @ [[cos, sin], [-sin, cos]] @ [[1, 0], [-k, 1]], then back by the translation.
        theta = np.empty((2, n, 3), fx.dtype)  # x, y for torch, which counts from -1 to 1
        for i, entry in enumerate([-(sin + cos * k) / fx, cos / fx, -dx]):
            theta[0, :, i] = entry * (2 / (width - 1))
        for i, entry in enumerate([(cos - sin * k) / fy, sin / fy, -dy]):
            theta[1, :, i] = entry * (2 / (height - 1))
        # One product for all images is ten times as fast as one for each.
        theta = torch.from_numpy(theta).to(images.device).view(2 * n, 3)
        grid = (theta @ places).view(2, n, height, width)
        return sample(images, grid, mode)


class RandomElastic(BatchFeature):
    """Distort each image smoothly, as if it were drawn on rubber.

    The algorithm is that of ``deeptrack.ElasticTransformation`` (NumPy), whose result with ``order=1`` it equals to
    1e-5: the displacement of each pixel, in each direction, is uniform noise, smoothed by a Gaussian filter and
    multiplied by `alpha` (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to
    visual document analysis", ICDAR 2003). Takes and returns what `RandomAffine` does.

    Parameters
    ----------
    alpha : float, array or distribution
        Strength. With `sigma` 4, pixels move by 0.04 times `alpha` (standard deviation).
    sigma : float, array or distribution
        Standard deviation of the filter, in pixels: the larger, the smoother.
    noise : ndarray or Tensor of float32, shape (B, 2, H, W) or (1, 2, H, W), optional
        The noise, from -1 to 1: for rows, then for columns. By default it is drawn.
    mode, seed
        As for `RandomAffine`.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> RandomElastic(alpha=mt.uniform(0, 30), sigma=5)(mt.load("sample").test.images[:3]).shape
    (3, 28, 28)
    """

    def __init__(
        self,
        alpha: Any = 20.0,
        sigma: Any = 4.0,
        noise: np.ndarray | torch.Tensor | None = None,
        mode: str = "grid-constant",
        **kwargs: Any,
    ) -> None:
        super().__init__(alpha=alpha, sigma=sigma, noise=noise, mode=mode, **kwargs)

    def transform(
        self, images: torch.Tensor, rng: np.random.Generator, alpha: Any, sigma: Any, noise: Any, mode: str
    ) -> torch.Tensor:
        n, height, width = images.shape
        row, column, _ = centred(height, width, images.device, images.dtype).view(3, height, width)
        alpha = per_image(alpha, images, rng, "alpha")
        sigma = torch.from_numpy(values(sigma, images, rng, "sigma", "a finite number of at least 0"))
        # Fresh memory costs more than all the products, so large tensors are reused; starting and joining threads
        # costs as much, so there are few operations on whole stacks.
        shift, half = self._workspace((2, n, height, width), images)  # x, y for torch
        if noise is not None:
            if tuple(noise.shape) not in ((n, 2, height, width), (1, 2, height, width)):
                raise ValueError(f"noise has the shape {tuple(noise.shape)}; expected {(n, 2, height, width)}")
            noise = noise if isinstance(noise, torch.Tensor) else torch.tensor(noise)
            noise = noise.to(images).flip(1).swapaxes(0, 1)
        elif images.device.type == "cpu":
            # Sixteen bits are finer than smoothed noise can show, and quicker to draw than floats.
            raw = rng.bit_generator.random_raw(-(-shift.numel() // 4)).view(np.int16)[: shift.numel()]
            noise, alpha = torch.from_numpy(raw).view(shift.shape), alpha / 2**15
        else:
            noise = shift.uniform_(-1, 1, generator=torch_generator(rng, images.device))
        torch.mul(noise, alpha, out=shift)
        rows = smoothing(height, sigma).to(images.device).expand(n, height, height)
        columns = rows if height == width else smoothing(width, sigma).to(images.device).expand(n, width, width)
        for moved, place, pixels in ((shift[0], column, width), (shift[1], row, height)):
            torch.bmm(moved, columns, out=half)
            scale = 2 / (pixels - 1)  # torch counts from -1 to 1
            torch.baddbmm(scale * place, rows, half, alpha=scale, out=moved)
        return sample(images, shift, mode)

    def _workspace(self, shape: tuple[int, ...], images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if (old := getattr(self, "_memory", None)) is None or old[0].shape != shape or old[0].device != images.device:
            self._memory = images.new_empty(shape), images.new_empty(shape[1:])
        return self._memory


@cache
def centred(height: int, width: int, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """List the position of each pixel from the centre: row, column, and a 1 for the translation, (3, H * W)."""
    if min(height, width) < 2:
        raise ValueError(f"image is {height} x {width} pixels; expected at least 2 x 2, to interpolate between them")
    row, column = torch.meshgrid(
        torch.arange(height, dtype=dtype) - (height - 1) / 2,
        torch.arange(width, dtype=dtype) - (width - 1) / 2,
        indexing="ij",
    )
    return torch.stack([row, column, torch.ones_like(row)]).view(3, -1).to(device)


def sample(images: torch.Tensor, grid: torch.Tensor, mode: str) -> torch.Tensor:
    """Interpolate images linearly at the positions (2, B, H, W): x, then y, from -1 to 1."""
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}; expected one of {', '.join(map(repr, MODES))}")
    grid = grid.permute(1, 2, 3, 0)
    return torch.nn.functional.grid_sample(
        images[:, None], grid, mode="bilinear", padding_mode=MODES[mode], align_corners=True
    )[:, 0]


def smoothing(size: int, sigma: torch.Tensor, mode: str = "constant") -> torch.Tensor:
    """Write ``scipy.ndimage.gaussian_filter1d`` as matrices (B, size, size) that multiply columns from the left.

    There is one for each `sigma` (B,), in pixels. Outside lie zeros ("constant") or the mirror image ("reflect").
    """
    radius = torch.floor(4 * sigma + 0.5)  # scipy's truncate
    reach = int(radius.max())
    distance = torch.arange(-reach, reach + 1, dtype=sigma.dtype)
    weights = torch.exp(distance**2 * (-0.5 / sigma.clamp(min=1e-3) ** 2)[:, None])
    weights.masked_fill_(distance.abs() > radius[:, None], 0)
    weights /= weights.sum(dim=1, keepdim=True)
    # From pixel to pixel, the weights move one place along the line, which is `reach` pixels longer on either side.
    line = size + 2 * reach
    weights = torch.nn.functional.pad(weights, (size - 1, size - 1)).unfold(1, line, 1)  # from the last pixel
    if mode == "constant":
        return weights[:, :, reach : reach + size].flip(1)
    place = torch.arange(-reach, size + reach) % (2 * size)
    place = torch.minimum(place, 2 * size - 1 - place)
    return weights.new_zeros(len(sigma), size, size).index_add_(2, place, weights.flip(1))
