"""The base of features that work on single images and on whole mini-batches."""

from typing import Any

import deeptrack as dt
import numpy as np
import torch


class BatchFeature(dt.Feature):
    """A DeepTrack feature that draws its random values once per image.

    A subclass needs one method, ``transform(images, rng, **properties)``, which takes a float tensor (B, H, W) and a
    ``numpy.random.Generator``, and returns a tensor of the same dtype. This class takes care of single images, arrays
    and tensors, the scale of grey values, and the generator.

    Images on an accelerator stay there; only a few numbers per image are drawn on the processor.

    Parameters
    ----------
    seed : int, optional
        Makes the draws repeat, starting with the first image. By default they follow NumPy's global generator, as in
        DeepTrack's own features, so ``numpy.random.seed`` and Lightning's ``seed_everything`` make them repeat.
    dtype : torch.dtype
        The precision of the computation and of the result. Processors round float32 differently; once float64 is
        rounded to 8 bits, all agree.
    **properties
        The properties of the feature, as in DeepTrack: constants, functions, and fields of sources.
    """

    def __init__(self, seed: int | None = None, dtype: torch.dtype = torch.float32, **properties: Any) -> None:
        super().__init__(**properties)
        self._dtype = dtype
        self._generator = None if seed is None else _generator(seed)
        self._names = tuple(properties)

    def get(self, image: np.ndarray | torch.Tensor, **properties: Any) -> np.ndarray | torch.Tensor:
        """Transform an image or a batch.

        Parameters
        ----------
        image : ndarray or Tensor, shape (H, W) or (B, H, W)
            Integers range from 0 to the maximum of their dtype, floats from 0 to 1.

        Returns
        -------
        ndarray or Tensor
            An array for an array, a tensor for a tensor; on the scale from 0 to 1, in float32 unless `dtype` is
            another.
        """
        if image.ndim not in (2, 3):
            raise ValueError(f"image has the shape {tuple(image.shape)}; expected (H, W) or (B, H, W)")
        if isinstance(image, torch.Tensor):
            white = 1 if image.is_floating_point() else torch.iinfo(image.dtype).max
            images = image.to(self._dtype) * (1 / white)
        else:
            white = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
            images = torch.from_numpy(np.multiply(image, 1 / white, dtype=numpy_dtype(self._dtype)))
        images = images.reshape(-1, *image.shape[-2:])
        # NumPy's global generator is slow, so it only seeds a quick one.
        rng = self._generator or _generator(np.random.randint(2**31, size=4))
        images = self.transform(images, rng, **{name: properties[name] for name in self._names})
        images = images.reshape(*image.shape[:-2], *images.shape[-2:])
        return images if isinstance(image, torch.Tensor) else images.numpy()


def _generator(seed: int | np.ndarray) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))  # NumPy's quickest


def numpy_dtype(dtype: torch.dtype) -> np.dtype:
    """Translate a dtype of torch into NumPy's.

    Examples
    --------
    >>> numpy_dtype(torch.float64)
    dtype('float64')
    """
    return np.dtype(str(dtype).removeprefix("torch."))


def torch_generator(rng: np.random.Generator, device: torch.device) -> torch.Generator:
    """Make a torch generator on a device, seeded from a NumPy generator."""
    return torch.Generator(device).manual_seed(int(rng.integers(2**62)))
