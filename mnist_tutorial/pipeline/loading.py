"""Loading: DeepTrack sources of digits, and pipelines as mini-batches for torch."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import deeptrack as dt
import dill
import numpy as np
import torch
from deeptrack.sources import Source

from mnist_tutorial.compat import batch_item, reads_another_source, resetter
from mnist_tutorial.data import Split
from mnist_tutorial.device import training_device
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.pipeline import features


def digit_source(split: Split, device: str | torch.device | None = None) -> Source:
    """Make a DeepTrack source of the digits of a split.

    It has the fields ``image`` (uint8, 28 x 28), ``label`` (int64) and ``index`` (int64, the official position), and
    holds the three arrays without copying them. It can therefore be indexed with an array, so that a pipeline is
    evaluated once for the whole batch. Split the data before you make sources of them: DeepTrack's ``filter``,
    ``random_split`` and ``Subset`` take tens of milliseconds a digit (deeptrack 2.0.2).

    `device` is where to keep the digits as tensors, and where the features run. ``"auto"`` is the accelerator that
    trains the network, in a training of several processes that of this one. By default, they stay arrays.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> source = mt.digit_source(mt.load("sample").train)
    >>> pipeline = dt.Value(source.image) / 255
    >>> pipeline(source[0]).shape  # one digit
    (28, 28)
    >>> pipeline(source[np.arange(32)]).shape  # a batch
    (32, 28, 28)
    """
    if device == "auto":
        device = training_device()
    fields = {"image": split.images, "label": split.labels, "index": split.index}
    if device is not None:
        fields = {name: torch.tensor(array, device=device) for name, array in fields.items()}
    return Source(**fields)


class Batch(Sequence):
    """A mini-batch: `batch_loader` takes its ``tensors``, and any other loader its samples, which it stacks again."""

    def __init__(self, tensors: tuple[torch.Tensor, ...]) -> None:
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, i: int) -> tuple[torch.Tensor, ...]:
        return tuple(tensor[i] for tensor in self.tensors)


class BatchDataset(dt.pytorch.Dataset):
    """A DeepTrack dataset that evaluates its pipeline once per mini-batch.

    Evaluating the graph of a pipeline takes between 0.1 ms and a few milliseconds, however much data goes through it:
    here, a whole mini-batch, with any loader of torch, best `batch_loader`. Each access draws all properties anew.

    Outputs become tensors. Stacks of images, ``(B, H, W)`` or ``(B, H, W, 1)``, which are floats, uint8 or uint16, get
    the channel where networks expect it, ``(B, 1, H, W)``, and become floats. All other integers become ``long``, as in
    DeepTrack: labels ``(B,)``, and masks ``(B, H, W)`` of int64 with a class for each pixel, as losses expect.

    The pipeline must work on a batch as on a single image; ``&`` joins several outputs. The source has arrays as
    fields, as `digit_source` makes it; a pipeline of another source is an MNISTError.

    Examples
    --------
    >>> import deeplay as dl
    >>> import mnist_tutorial as mt
    >>> source = mt.digit_source(mt.load("sample").train)
    >>> image = dt.Value(source.image) >> mt.Standardize()
    >>> dataset = mt.BatchDataset(image & dt.Value(source.label), source)
    >>> image, label = dataset[0]
    >>> image.shape, label
    (torch.Size([1, 28, 28]), tensor(5))
    >>> images, labels = next(iter(dl.DataLoader(dataset, batch_size=32)))
    >>> images.shape, labels.dtype
    (torch.Size([32, 1, 28, 28]), torch.int64)
    """

    def __init__(self, pipeline: dt.Feature, source: Source) -> None:
        if reads_another_source(pipeline, source):
            raise MNISTError("the pipeline reads another source; expected one made of the fields of this source")
        # DeepTrack's dataset keeps a list of inputs; the indices are enough here.
        super().__init__(pipeline, inputs=range(len(source)), replace=True)
        self.source = source
        self._reset = resetter(pipeline)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, ...]:
        """Evaluate the pipeline for one sample; returns tensors without the batch axis."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Evaluate the pipeline once for all `indices`."""
        self._reset()
        outputs = self.pipeline(batch_item(self.source, np.asarray(indices)))
        if not isinstance(outputs, (list, tuple)):
            outputs = (outputs,)
        return Batch(tuple(self._as_tensor(output) for output in outputs))

    def _as_tensor(self, x: np.ndarray | torch.Tensor) -> torch.Tensor:
        tensor = x if isinstance(x, torch.Tensor) else torch.from_numpy(np.ascontiguousarray(x))
        if tensor.ndim == 4 and tensor.shape[-1] == 1 and min(tensor.shape[1:3]) > 4:
            tensor = tensor[..., 0]  # DeepTrack's own layout
        if not tensor.is_floating_point() and (tensor.dtype.is_signed or tensor.ndim not in (3, 4)):
            return tensor.long()
        if tensor.ndim == 3:
            tensor = tensor.unsqueeze(1)  # (B, H, W) -> (B, 1, H, W)
        return tensor.to(self.float_dtype)

    def __getstate__(self) -> bytes:
        """Copy the graph of the pipeline, lambdas included, to a loader's worker; pickle and deepcopy alone cannot."""
        try:
            return dill.dumps((self.__dict__, features.count_process()), recurse=True)
        except Exception as error:
            raise MNISTError(
                f"the pipeline cannot be sent to the workers of a loader ({type(error).__name__}: {error!s:.100}); "
                "expected features without open files and the like, or num_workers=0"
            ) from error

    def __setstate__(self, state: bytes) -> None:
        values, features.processes = dill.loads(state)
        self.__dict__.update(values)


def batch_loader(
    dataset: BatchDataset, batch_size: int = 256, shuffle: bool = False, seed: int | None = None, **kwargs: Any
) -> torch.utils.data.DataLoader:
    """Make a loader that yields the mini-batches of a `BatchDataset`, without stacking their samples again.

    Parameters
    ----------
    shuffle : bool
        Whether to use a new order in each epoch.
    seed : int, optional
        Makes the orders repeat, but not the draws of features. By default the orders follow torch's global generator.
    **kwargs
        Of ``torch.utils.data.DataLoader``: ``drop_last``, ``sampler``, ... Worker processes (``num_workers``) seldom
        help: making a batch takes less time than passing it from one process to another.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> source = mt.digit_source(mt.load("sample").train)
    >>> dataset = mt.BatchDataset(dt.Value(source.image) >> mt.RandomCrop(24) & dt.Value(source.label), source)
    >>> images, labels = next(iter(mt.batch_loader(dataset, batch_size=64, shuffle=True)))
    >>> images.shape, images.dtype, labels.shape, labels.dtype
    (torch.Size([64, 1, 24, 24]), torch.float32, torch.Size([64]), torch.int64)
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return torch.utils.data.DataLoader(
        dataset, batch_size, shuffle, generator=generator, collate_fn=attrgetter("tensors"), **kwargs
    )
