"""The base of features that work on single images and on whole mini-batches, and the distributions they draw from."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import deeptrack as dt
import numpy as np
import torch

# What stands for 1, by dtype.
FULL_INK = {np.dtype(bool): 1, np.dtype("uint8"): 255, np.dtype("uint16"): 65535}
FULL_INK |= {torch.bool: 1, torch.uint8: 255, torch.uint16: 65535}
# The mean of images, rather than their maximum: noise may move single pixels far above 1, but not all of them.
BRIGHTEST = 1.5
processes = 0  # that this one has started, and before it the one that has started this


def count_process() -> int:
    """Count a process that gets a copy of the features; its draws differ by this number."""
    global processes
    processes += 1
    return processes


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(before=count_process)


class BatchFeature(dt.Feature):
    """A DeepTrack feature that draws its random values once per image.

    A subclass needs one method, ``transform(images, rng, **properties)``, which takes a float tensor (B, H, W) and a
    ``numpy.random.Generator``, and returns a tensor of the same dtype. This class takes care of single images, arrays
    and tensors, the scale of grey values, and the channel of DeepTrack's layout. Images stay on their device.

    Parameters
    ----------
    seed : int, optional
        Makes the draws repeat, starting with the first image; those of a loader's worker processes, too. By default
        they follow NumPy's global generator, as in DeepTrack, so ``seed_everything`` of Lightning makes them repeat.
    dtype : torch.dtype
        Of computation and result. Processors round float32 differently, but float64, rounded to 8 bits, alike.
    **properties
        As in DeepTrack: constants, functions, and fields of sources.
    """

    def __init__(self, seed: int | None = None, dtype: torch.dtype = torch.float32, **properties: Any) -> None:
        super().__init__(**properties)
        self._dtype = dtype
        self._seed, self._process, self._first = seed, os.getpid(), processes
        self._generator = None if seed is None else _generator(seed)
        self._names = tuple(properties)

    def get(self, image: np.ndarray | torch.Tensor, **properties: Any) -> np.ndarray | torch.Tensor:
        """Transform an image (H, W) or a batch (B, H, W), an array or a tensor; a last axis for one channel is kept."""
        if has_channel(image):
            return self.get(image[..., 0], **properties)[..., None]
        if image.ndim not in (2, 3):
            raise ValueError(f"image has the shape {tuple(image.shape)}; expected (H, W) or (B, H, W)")
        scale = 1 / full_ink(image, self)
        if isinstance(image, torch.Tensor):
            images = image.to(self._dtype) * scale
        else:
            images = torch.from_numpy(np.multiply(image, scale, dtype=numpy_dtype(self._dtype)))
        images = images.reshape(-1, *image.shape[-2:])
        images = self.transform(images, self._rng(), **{name: properties[name] for name in self._names})
        images = images.reshape(*image.shape[:-2], *images.shape[-2:])
        return images if isinstance(image, torch.Tensor) else images.numpy()

    def _rng(self) -> np.random.Generator:
        if self._generator is None:  # NumPy's global generator is slow, so it only seeds a quick one
            return _generator(np.random.randint(2**31, size=4))
        if self._process != os.getpid():  # a copy, with the generator of its parent and of the other workers
            self._process, key = os.getpid(), (processes - self._first,)
            self._generator = _generator(np.random.SeedSequence(self._seed, spawn_key=key))
        return self._generator


def full_ink(image: np.ndarray | torch.Tensor, feature: dt.Feature) -> int:
    """Look up which value stands for 1, or refuse integers and floats that cannot be on a scale that we know."""
    if image.dtype in FULL_INK:
        return FULL_INK[image.dtype]
    found = ""
    if is_float(image):
        # An accelerator would have to be waited for, so the floats there are looked at once per feature.
        known = not getattr(image, "is_cpu", True) and getattr(feature, "_knows_scale", False)
        part = image[:: len(image) // 16 + 1] if image.ndim else image  # enough, and in a large batch much quicker
        if known or 0 in image.shape or part.max() <= BRIGHTEST or not (mean := part.mean()) > BRIGHTEST:
            feature._knows_scale = True
            return 1
        found = f", {mean:.3g} on average"
    raise ValueError(
        f"image is of {image.dtype}{found}; expected uint8, uint16, or floats from 0 to 1: divide it by the value of "
        "full ink, such as 255"
    )


def is_float(image: np.ndarray | torch.Tensor) -> bool:
    """Whether an image has floats, as an array or as a tensor."""
    return image.is_floating_point() if isinstance(image, torch.Tensor) else image.dtype.kind == "f"


def has_channel(image: np.ndarray | torch.Tensor) -> bool:
    """Whether an image is (H, W, 1) or a batch (B, H, W, 1), DeepTrack's own layout; several channels are refused."""
    if image.ndim not in (3, 4) or image.shape[-1] > 4 or min(image.shape[-3:-1]) <= 4:
        return False  # a batch, though its images may be tiny
    if image.shape[-1] == 1:
        return True
    raise ValueError(
        f"image has the shape {tuple(image.shape)}, and so {image.shape[-1]} channels; expected grey values (H, W), "
        "(H, W, 1), (B, H, W) or (B, H, W, 1): take one channel, image[..., 0], or their mean, image.mean(-1)"
    )


@dataclass(frozen=True)
class PerImage:
    """A value that is drawn anew for each image.

    DeepTrack calls a function, such as ``lambda: ...``, once per evaluation, and so once for a whole batch. This is not
    a function. `draw` takes the number of images and a ``numpy.random.Generator``, and returns values of shape (B,).

    Examples
    --------
    >>> angle = PerImage(lambda n, rng: rng.choice([0.0, np.pi], size=n))
    >>> angle.draw(3, np.random.default_rng(0)).round(2)
    array([3.14, 3.14, 3.14])
    """

    draw: Callable[[int, np.random.Generator], np.ndarray]


def uniform(low: float, high: float) -> PerImage:
    """Draw uniformly between two values, once per image.

    Examples
    --------
    >>> uniform(-1, 1).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.27, -0.46, -0.92])
    """
    return PerImage(lambda n, rng: rng.uniform(low, high, n))


def normal(mean: float, std: float) -> PerImage:
    """Draw from a normal distribution, once per image.

    Examples
    --------
    >>> normal(0, 2).draw(3, np.random.default_rng(0)).round(2)
    array([ 0.25, -0.26,  1.28])
    """
    return PerImage(lambda n, rng: rng.normal(mean, std, n))


# What a parameter may be, by the words that a message uses.
RANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a finite number": np.isfinite,
    "a finite number other than 0": lambda drawn: np.isfinite(drawn) & (drawn != 0),
    "a finite number above 0": lambda drawn: (drawn > 0) & (drawn < np.inf),
    "a finite number of at least 0": lambda drawn: (drawn >= 0) & (drawn < np.inf),
    "a number of at least 0": lambda drawn: drawn >= 0,  # or infinity
}


def values(
    parameter: Any, images: torch.Tensor, rng: np.random.Generator, name: str, expected: str = "a finite number"
) -> np.ndarray:
    """Turn a number, an array or tensor (B,), or a distribution into numbers, (1,) or (B,), in the images' dtype."""
    n, dtype = len(images), numpy_dtype(images.dtype)
    if isinstance(parameter, PerImage):
        parameter = parameter.draw(n, rng)
    if hasattr(parameter, "cpu"):  # a tensor, perhaps on an accelerator
        parameter = parameter.detach().cpu()
    try:
        drawn = None if parameter is None else np.asarray(parameter, dtype=dtype)
    except (TypeError, ValueError):
        drawn = None
    if drawn is None or drawn.shape not in ((), (n,)):
        raise ValueError(
            f"{name} is {parameter!r}; expected a number, an array with one for each of the {n} images, or a "
            "distribution such as mt.uniform(low, high)"
        )
    drawn = drawn.reshape(-1)
    allowed = RANGES[expected](drawn)
    if np.count_nonzero(allowed) < drawn.size:  # quicker than all()
        raise ValueError(f"{name} is {drawn[~allowed][0]:g}; expected {expected}")
    return drawn


def pairs(
    parameter: Any, images: torch.Tensor, rng: np.random.Generator, name: str, expected: str = "a finite number"
) -> tuple[np.ndarray, np.ndarray]:
    """Turn a pair (x, y), an array or tensor (B, 2), or what `values` takes into numbers for x and numbers for y."""
    if isinstance(parameter, (tuple, list)) and len(parameter) == 2:
        x, y = parameter
        return values(x, images, rng, f"{name} (x)", expected), values(y, images, rng, f"{name} (y)", expected)
    if getattr(parameter, "shape", None) == (len(images), 2):
        x, y = parameter[:, 0], parameter[:, 1]
        return values(x, images, rng, name, expected), values(y, images, rng, name, expected)
    both = values(parameter, images, rng, name, expected)
    return both, both


def per_image(
    parameter: Any, images: torch.Tensor, rng: np.random.Generator, name: str, expected: str = "a finite number"
) -> torch.Tensor:
    """Give the `values` of a parameter the shape (B, 1, 1), or (1, 1, 1), on the device of the images."""
    return torch.from_numpy(values(parameter, images, rng, name, expected)).to(images.device)[:, None, None]


def numpy_dtype(dtype: torch.dtype) -> np.dtype:
    """Translate a dtype of torch into NumPy's."""
    return np.dtype(str(dtype).removeprefix("torch."))


def torch_generator(rng: np.random.Generator, device: torch.device) -> torch.Generator:
    """Make a torch generator on a device, seeded from a NumPy generator."""
    return torch.Generator(device).manual_seed(int(rng.integers(2**62)))


def _generator(seed: int | np.ndarray | np.random.SeedSequence) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))  # NumPy's quickest
