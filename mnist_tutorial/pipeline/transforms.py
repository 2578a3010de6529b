"""DeepTrack features that work on one image and on a whole mini-batch alike."""

import deeptrack as dt
import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view


class Standardize(dt.Feature):
    """Give images the mean 0 and the standard deviation 1, as float32.

    Parameters
    ----------
    mean, std : float
        Of the grey values, on the scale from 0 to 1. The defaults are those of MNIST's training set, rounded as
        everywhere in the literature; notebook 02 computes them.

    Notes
    -----
    Takes arrays and tensors of any shape: ``(H, W)``, ``(B, H, W)``. Integers count from 0 to the largest of their
    dtype, as in torchvision's ``ToTensor``; floats are taken to be on the scale from 0 to 1 already.

    Examples
    --------
    >>> ink = np.array([[0, 255]], dtype=np.uint8)
    >>> Standardize(mean=0.5, std=0.5)(ink)
    array([[-1.,  1.]], dtype=float32)
    """

    def __init__(self, mean=0.1307, std=0.3081, **kwargs):
        super().__init__(mean=mean, std=std, **kwargs)

    def get(self, image, mean, std, **kwargs):
        """Standardize an image or a batch.

        Parameters
        ----------
        image : ndarray or Tensor, shape (H, W) or (B, H, W)
            Of integers or floats.

        Returns
        -------
        ndarray or Tensor of float32, of the same shape
        """
        if isinstance(image, torch.Tensor):
            white = 1 if image.is_floating_point() else torch.iinfo(image.dtype).max
            return (image.to(torch.float32) - mean * white) * (1 / (std * white))
        white = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
        standardized = np.subtract(image, np.float32(mean * white), dtype=np.float32)
        standardized *= np.float32(1 / (std * white))
        return standardized


class RandomCrop(dt.Feature):
    """Cut a square window out of each image, at a random place.

    A 24 x 24 window of a 28 x 28 digit shows it shifted by up to 2 pixels, and leaves a network a quarter less to
    compute.

    Parameters
    ----------
    size : int
        The side of the window, in pixels.

    Notes
    -----
    In a batch, each image has a draw of its own, uniform over all places, from NumPy's global generator as in
    DeepTrack's own features: ``numpy.random.seed`` (and so Lightning's ``seed_everything``) makes it repeat.

    Examples
    --------
    >>> batch = np.zeros((256, 28, 28), dtype=np.uint8)
    >>> RandomCrop(24)(batch).shape
    (256, 24, 24)
    """

    def __init__(self, size=24, **kwargs):
        super().__init__(size=size, **kwargs)

    def get(self, image, size, **kwargs):
        """Crop an image or a batch.

        Parameters
        ----------
        image : ndarray or Tensor, shape (H, W) or (B, H, W)
            Of any dtype.

        Returns
        -------
        ndarray or Tensor, shape (size, size) or (B, size, size)
            Of the same dtype.

        Raises
        ------
        ValueError
            If the window is larger than the image.
        """
        height, width = image.shape[-2:]
        if not 1 <= size <= min(height, width):
            raise ValueError(f"size is {size}; expected 1 to {min(height, width)} for images of {height} x {width}")
        batch = image.reshape(-1, height, width)
        row = np.random.randint(height - size + 1, size=len(batch))
        column = np.random.randint(width - size + 1, size=len(batch))
        # Views of all windows, (B, rows, columns, size, size); taking one of each image copies it.
        if isinstance(batch, torch.Tensor):
            windows = batch.unfold(1, size, 1).unfold(2, size, 1)
        else:
            windows = sliding_window_view(batch, (size, size), axis=(1, 2))
        cropped = windows[np.arange(len(batch)), row, column]
        return cropped.reshape(*image.shape[:-2], size, size)
