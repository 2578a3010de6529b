"""The base of features that work on one image and on a whole mini-batch alike."""

import deeptrack as dt
import numpy as np
import torch


class BatchFeature(dt.Feature):
    """A DeepTrack feature that draws once per image.

    A subclass has a method ``transform(images, rng, **properties)``, which takes a float32 tensor (B, H, W) and a
    ``numpy.random.Generator``, and returns a tensor. Everything else is here: single images, arrays and tensors, the
    scale of grey values, and the generator.

    What comes in on an accelerator stays there; only a few numbers for each image are drawn on the processor.

    Parameters
    ----------
    seed : int, optional
        Fixes what is drawn, from the first image that the feature sees. By default NumPy's global generator does, as
        for DeepTrack's own features: ``numpy.random.seed`` (and so Lightning's ``seed_everything``) makes it repeat.
    **properties
        Of the feature, as in DeepTrack: constants, functions, and fields of sources.
    """

    def __init__(self, seed=None, **properties):
        super().__init__(**properties)
        self._generator = None if seed is None else _generator(seed)
        self._names = tuple(properties)

    def get(self, image, **properties):
        """Transform an image or a batch.

        Parameters
        ----------
        image : ndarray or Tensor, shape (H, W) or (B, H, W)
            Integers count from 0 to the largest of their dtype; floats are on the scale from 0 to 1.

        Returns
        -------
        ndarray or Tensor of float32
            What came in, on the scale from 0 to 1.
        """
        if image.ndim not in (2, 3):
            raise ValueError(f"an image of shape {tuple(image.shape)}; expected (H, W) or (B, H, W)")
        if isinstance(image, torch.Tensor):
            white = 1 if image.is_floating_point() else torch.iinfo(image.dtype).max
            images = image.to(torch.float32) * (1 / white)
        else:
            white = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1
            images = torch.from_numpy(np.multiply(image, 1 / white, dtype=np.float32))
        images = images.reshape(-1, *image.shape[-2:])
        # Seeded from NumPy's global generator, which is slow to draw from.
        rng = self._generator or _generator(np.random.randint(2**31, size=4))
        images = self.transform(images, rng, **{name: properties[name] for name in self._names})
        images = images.reshape(*image.shape[:-2], *images.shape[-2:])
        return images if isinstance(image, torch.Tensor) else images.numpy()


def _generator(seed):
    return np.random.Generator(np.random.SFC64(seed))  # the quickest of NumPy's


def torch_generator(rng, device):
    """Make a generator of torch's on a device, seeded from one of NumPy's."""
    return torch.Generator(device).manual_seed(int(rng.integers(2**62)))
