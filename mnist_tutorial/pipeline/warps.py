"""Warps: features that move the pixels of images, one draw per image."""

from functools import cache

import numpy as np
import torch

from mnist_tutorial.pipeline.base import BatchFeature, torch_generator
from mnist_tutorial.pipeline.sampling import pairs, values

# DeepTrack's (scipy's) names for what lies outside an image, and torch's.
MODES = {"grid-constant": "zeros", "nearest": "border", "mirror": "reflection"}


class RandomAffine(BatchFeature):
    """Scale, shift, rotate and shear each image by amounts of its own.

    The parameters, their units, signs and the order in which they act are those of ``deeptrack.Affine``. Each is a
    number, an array with a value for each image, or a distribution (`uniform`, `normal`, `PerImage`), of which each
    image draws a value of its own; `scale` and `translate` are also pairs (x, y) of these. A function, as in
    ``rotate=lambda: ...``, DeepTrack calls once per evaluation, so that all images of a batch turn by the same angle.

    Parameters
    ----------
    scale : float, array, distribution, or pair of them
        More than 1 enlarges.
    translate : float, array, distribution, or pair of them
        In pixels, to the right and down, before anything else: scaled and rotated, too.
    rotate : float, array or distribution
        In radians, counter-clockwise.
    shear : float, array or distribution
        In radians; positive moves lower rows to the right.
    mode : {"grid-constant", "nearest", "mirror"}
        What lies outside an image, in scipy's terms: zeros, the pixels of the border, or the image mirrored at them.
    seed : int, optional
        Fixes what is drawn. By default NumPy's global generator does.

    Notes
    -----
    Takes (H, W) and (B, H, W), arrays or tensors; integers come out as float32 on the scale from 0 to 1. Pixels are
    interpolated linearly. The result equals ``deeptrack.Affine(order=1, mode="grid-constant")`` to 1e-5.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> digits = mt.load("sample").test.images[:3]
    >>> turned = RandomAffine(rotate=mt.uniform(-0.35, 0.35), translate=(mt.uniform(-2, 2), 0))(digits)
    >>> turned.shape, turned.dtype
    ((3, 28, 28), dtype('float32'))
    """

    def __init__(self, scale=1.0, translate=0.0, rotate=0.0, shear=0.0, mode="grid-constant", **kwargs):
        super().__init__(scale=scale, translate=translate, rotate=rotate, shear=shear, mode=mode, **kwargs)

    def transform(self, images, rng, scale, translate, rotate, shear, mode):
        """Warp a stack of images; see `BatchFeature`."""
        n, height, width = images.shape
        fx, fy = pairs(scale, n, rng, "scale")
        dx, dy = pairs(translate, n, rng, "translate")
        angle, k = values(rotate, n, rng, "rotate"), np.tan(values(shear, n, rng, "shear"))
        cos, sin = np.cos(angle), np.sin(angle)
        # From a pixel of the result, (row, column) from the centre, to where it comes from:
        # diag(1/fy, 1/fx) @ [[cos, sin], [-sin, cos]] @ [[1, 0], [-k, 1]], then back by the translation.
        theta = np.empty((2, n, 3), np.float32)  # x, y for torch, which counts from -1 to 1
        for i, one in enumerate([-(sin + cos * k) / fx, cos / fx, -dx]):
            theta[0, :, i] = one * (2 / (width - 1))
        for i, one in enumerate([(cos - sin * k) / fy, sin / fy, -dy]):
            theta[1, :, i] = one * (2 / (height - 1))
        # One product for all images is ten times as fast as one for each.
        theta = torch.from_numpy(theta).to(images.device).view(2 * n, 3)
        grid = (theta @ centred(height, width, images.device)).view(2, n, height, width)
        return sample(images, grid, mode)


class RandomElastic(BatchFeature):
    """Distort each image smoothly, as if it were drawn on rubber.

    The algorithm is that of ``deeptrack.ElasticTransformation`` (NumPy): uniform noise for each pixel and direction,
    smoothed by a Gaussian filter, times `alpha`, is how far a pixel is fetched from its place.

    Parameters
    ----------
    alpha : float, array or distribution
        Strength. With `sigma` 4, pixels move by 0.04 times `alpha` (standard deviation).
    sigma : float, array or distribution
        Of the filter, in pixels: how smooth the distortion is.
    noise : ndarray of float32, shape (B, 2, H, W), optional
        The noise, from -1 to 1: for rows, then for columns. By default it is drawn.
    mode : {"grid-constant", "nearest", "mirror"}
        What lies outside an image, as for `RandomAffine`.
    seed : int, optional
        Fixes what is drawn. By default NumPy's global generator does.

    Notes
    -----
    Takes and gives what `RandomAffine` does. With the same noise, the result equals
    ``deeptrack.ElasticTransformation(order=1)`` to 1e-5. A filter with zeros outside the image is a matrix from either
    side, ``K @ noise @ K.T``: one product for all images, also with a `sigma` for each.

    References
    ----------
    Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document
    analysis", ICDAR 2003.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> RandomElastic(alpha=mt.uniform(0, 30), sigma=5)(mt.load("sample").test.images[:3]).shape
    (3, 28, 28)
    """

    def __init__(self, alpha=20.0, sigma=4.0, noise=None, mode="grid-constant", **kwargs):
        super().__init__(alpha=alpha, sigma=sigma, noise=noise, mode=mode, **kwargs)

    def transform(self, images, rng, alpha, sigma, noise, mode):
        """Warp a stack of images; see `BatchFeature`."""
        n, height, width = images.shape
        alpha = torch.from_numpy(values(alpha, n, rng, "alpha")).to(images.device)[:, None, None]
        sigma = torch.from_numpy(values(sigma, n, rng, "sigma"))
        # Memory that is new to a process costs more than all the products, so what is large is used again. Threads that
        # start and wait cost as much, so there are few operations on whole stacks.
        shift, half = self._workspace((2, n, height, width), images.device)  # x, y for torch
        if noise is not None:
            noise = torch.from_numpy(np.ascontiguousarray(np.asarray(noise)[:, ::-1].swapaxes(0, 1)))
        elif images.device.type == "cpu":
            # Sixteen bits are finer than any smoothed noise shows, and quicker to draw than floats.
            raw = rng.bit_generator.random_raw(-(-shift.numel() // 4)).view(np.int16)[: shift.numel()]
            noise, alpha = torch.from_numpy(raw).view(shift.shape), alpha / 2**15
        else:
            noise = shift.uniform_(-1, 1, generator=torch_generator(rng, images.device))
        torch.mul(noise, alpha, out=shift)
        rows = smoothing(height, sigma).to(images.device).expand(n, height, height)
        columns = rows if height == width else smoothing(width, sigma).to(images.device).expand(n, width, width)
        row, column, _ = centred(height, width, images.device).view(3, height, width)
        for moved, place, pixels in ((shift[0], column, width), (shift[1], row, height)):
            torch.bmm(moved, columns, out=half)
            scale = 2 / (pixels - 1)  # torch counts from -1 to 1
            torch.baddbmm(scale * place, rows, half, alpha=scale, out=moved)
        return sample(images, shift, mode)

    def _workspace(self, shape, device):
        if getattr(self, "_memory", None) is None or self._memory[0].shape != shape or self._memory[0].device != device:
            self._memory = torch.empty(shape, device=device), torch.empty(shape[1:], device=device)
        return self._memory


@cache
def centred(height, width, device):
    """List how far each pixel is from the centre: row, column, and a 1 for what is added, (3, H * W)."""
    row, column = torch.meshgrid(
        torch.arange(height, dtype=torch.float32) - (height - 1) / 2,
        torch.arange(width, dtype=torch.float32) - (width - 1) / 2,
        indexing="ij",
    )
    return torch.stack([row, column, torch.ones_like(row)]).view(3, -1).to(device)


def sample(images, grid, mode):
    """Fetch each pixel from its place (2, B, H, W), x before y from -1 to 1, linearly between its neighbours."""
    if mode not in MODES:
        raise ValueError(f"mode is {mode!r}; expected one of {', '.join(map(repr, MODES))}")
    grid = grid.permute(1, 2, 3, 0)
    return torch.nn.functional.grid_sample(
        images[:, None], grid, mode="bilinear", padding_mode=MODES[mode], align_corners=True
    )[:, 0]


def smoothing(size, sigma, mode="constant"):
    """Write ``scipy.ndimage.gaussian_filter1d`` as matrices.

    Parameters
    ----------
    size : int
        Number of pixels of the line to smooth.
    sigma : Tensor of float32, shape (B,)
        In pixels; 0 leaves everything as it is.
    mode : {"constant", "reflect"}
        What lies outside the line: zeros, or its mirror image.

    Returns
    -------
    Tensor of float32, shape (B, size, size)
        To be multiplied with columns from the left. Symmetric for "constant".
    """
    radius = torch.floor(4 * sigma + 0.5)  # scipy's truncate
    reach = int(radius.max())
    distance = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(distance**2 * (-0.5 / sigma.clamp(min=1e-3) ** 2)[:, None])
    weights.masked_fill_(distance.abs() > radius[:, None], 0)
    weights /= weights.sum(dim=1, keepdim=True)
    # Each pixel has the weights one place further along the line, which goes on for `reach` pixels on either side.
    line = size + 2 * reach
    weights = torch.nn.functional.pad(weights, (size - 1, size - 1)).unfold(1, line, 1)  # from the last pixel
    if mode == "constant":
        return weights[:, :, reach : reach + size].flip(1)
    place = torch.arange(-reach, size + reach) % (2 * size)
    place = torch.minimum(place, 2 * size - 1 - place)
    return weights.new_zeros(len(sigma), size, size).index_add_(2, place, weights.flip(1))
