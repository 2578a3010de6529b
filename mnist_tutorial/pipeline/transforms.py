"""Transforms: features that prepare single images or whole mini-batches for a network."""

import math
from typing import Any

import deeptrack as dt
import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from mnist_tutorial.pipeline.features import full_ink, has_channel, is_float


class Standardize(dt.Feature):
    """Subtract the mean of the grey values, and divide by their standard deviation.

    Takes arrays and tensors of any shape. uint8 ranges from 0 to 255, as in torchvision's ``ToTensor``, and uint16 to
    65535; floats range from 0 to 1, unless `mean` or `std` is a number above 1, of the scale of the floats themselves.
    Grey values on another scale, a `mean` that is not finite and a `std` that is not positive are a ValueError. The
    defaults are those of MNIST's training set, rounded as in the literature; notebook 2 computes them.

    Examples
    --------
    >>> ink = np.array([[0, 255]], dtype=np.uint8)
    >>> Standardize(mean=0.5, std=0.5)(ink)
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, mean: float = 0.1307, std: float = 0.3081, **kwargs: Any) -> None:
        super().__init__(mean=mean, std=std, **kwargs)

    def get(
        self, image: np.ndarray | torch.Tensor, mean: float, std: float, **kwargs: Any
    ) -> np.ndarray | torch.Tensor:
        """Standardize an image (H, W) or a batch (B, H, W); returns float32 of the same shape."""
        if np.ndim(mean) == 0 and not math.isfinite(mean):
            raise ValueError(f"mean is {mean}; expected a finite number")
        if np.ndim(std) == 0 and not 0 < std < math.inf:
            raise ValueError(f"std is {std}; expected a finite number above 0")
        own_scale = is_float(image) and any(np.ndim(x) == 0 and x > 1 for x in (mean, std))
        white = 1 if own_scale else full_ink(image, self)
        if isinstance(image, torch.Tensor):
            return (image.to(torch.float32) - mean * white) * (1 / (std * white))
        standardized = np.subtract(image, np.float32(mean * white), dtype=np.float32)
        standardized *= np.float32(1 / (std * white))
        return standardized


class RandomCrop(dt.Feature):
    """Cut a square window out of each image, at a random position.

    A 24 x 24 window of a 28 x 28 digit shifts it by up to 2 pixels, and saves a network a quarter of the work. `size`
    is the side of the window, in pixels; one that does not fit into the image is a ValueError. The position is drawn
    for each image, uniformly, from NumPy's global generator, so Lightning's ``seed_everything`` makes it repeat.

    Examples
    --------
    >>> batch = np.zeros((256, 28, 28), dtype=np.uint8)
    >>> RandomCrop(24)(batch).shape
    (256, 24, 24)
    """

    def __init__(self, size: int = 24, **kwargs: Any) -> None:
        super().__init__(size=size, **kwargs)

    def get(self, image: np.ndarray | torch.Tensor, size: int, **kwargs: Any) -> np.ndarray | torch.Tensor:
        """Crop an image (H, W) or a batch (B, H, W) of any dtype to (size, size) or (B, size, size)."""
        if has_channel(image):
            return self.get(image[..., 0], size, **kwargs)[..., None]
        height, width = image.shape[-2:]
        if size not in range(1, min(height, width) + 1):
            raise ValueError(f"size is {size}; expected 1 to {min(height, width)} for images of {height} x {width}")
        batch = image.reshape(-1, height, width)
        row = np.random.randint(height - size + 1, size=len(batch))
        column = np.random.randint(width - size + 1, size=len(batch))
        # Views of all windows, (B, rows, columns, size, size); selecting one per image copies only that one.
        if isinstance(batch, torch.Tensor):
            windows = batch.unfold(1, size, 1).unfold(2, size, 1)
        else:
            windows = sliding_window_view(batch, (size, size), axis=(1, 2))
        cropped = windows[np.arange(len(batch)), row, column]
        return cropped.reshape(*image.shape[:-2], size, size)
