"""A DeepTrack pipeline as mini-batches for torch."""

from collections.abc import Sequence
from operator import attrgetter

import deeptrack as dt
import numpy as np
import torch
from deeptrack.backend.core import DeepTrackDataDict


class Batch(Sequence):
    """A mini-batch that is also the sequence of its samples.

    Torch's loader asks a dataset for a list of samples, and stacks them again. This one keeps the stacked tensors for
    who knows of them, and takes them apart only for who does not.

    Attributes
    ----------
    tensors : tuple of Tensor
        One for each branch of the pipeline, with the samples along the first axis.
    """

    def __init__(self, tensors):
        self.tensors = tensors

    def __len__(self):
        return len(self.tensors[0])

    def __getitem__(self, i):
        return tuple(tensor[i] for tensor in self.tensors)


class BatchDataset(dt.pytorch.Dataset):
    """A DeepTrack dataset that evaluates its pipeline once per mini-batch.

    The graph of a pipeline costs a tenth of a millisecond to some milliseconds an evaluation, whatever goes through
    it; here a whole mini-batch does. Nothing is cached: each access draws the random properties anew.

    Parameters
    ----------
    pipeline : deeptrack.Feature
        Must work on a batch as on a single image; ``&`` joins several outputs.
    source : deeptrack.sources.Source
        With arrays as fields, such as `digit_source` makes.

    Notes
    -----
    Outputs become tensors. Stacks of images ``(B, H, W)`` get a channel, ``(B, 1, H, W)``, and are floats, as networks
    expect them; integers that are no images become ``long``.

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

    Any loader of torch works, and evaluates the pipeline once per batch; `batch_loader` is faster still.

    >>> images, labels = next(iter(dl.DataLoader(dataset, batch_size=32)))
    >>> images.shape, labels.dtype
    (torch.Size([32, 1, 28, 28]), torch.int64)
    """

    def __init__(self, pipeline, source):
        # DeepTrack's class makes a list of all items; their numbers are enough for that.
        super().__init__(pipeline, inputs=range(len(source)), replace=True)
        self.source = source
        # What `pipeline.update()` resets. It looks for these nodes anew each time, and finds each of them many times,
        # which takes longer than to read a mini-batch from memory.
        dependencies = self.pipeline.recurse_dependencies()
        self._nodes = {node for dependency in dependencies for node in dependency.recurse_children()}

    def __len__(self):
        """Count the samples."""
        return len(self.inputs)

    def __getitem__(self, index):
        """Evaluate the pipeline for one sample; gives a tuple of tensors without the batch axis."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices):
        """Evaluate the pipeline once for all `indices`; gives a `Batch`."""
        for node in self._nodes:
            node.data = DeepTrackDataDict()
        outputs = self.pipeline(self.source[np.asarray(indices)])
        if not isinstance(outputs, (list, tuple)):
            outputs = (outputs,)
        return Batch(tuple(self._as_tensor(output) for output in outputs))

    def _as_tensor(self, x):
        tensor = x if isinstance(x, torch.Tensor) else torch.from_numpy(np.ascontiguousarray(x))
        if tensor.ndim == 3:
            tensor = tensor.unsqueeze(1)  # (B, H, W) -> (B, 1, H, W)
        if tensor.is_floating_point() or tensor.ndim == 4:
            return tensor.to(self.float_dtype)
        return tensor.long()


def batch_loader(dataset, batch_size=256, shuffle=False, seed=None, **kwargs):
    """Make a loader that hands on the mini-batches of a `BatchDataset` as they are.

    Parameters
    ----------
    dataset : BatchDataset
        The samples.
    batch_size : int
        Samples per mini-batch.
    shuffle : bool
        A new order in each epoch. What random features draw comes on top.
    seed : int, optional
        Fixes the orders; by default torch's global generator does.
    **kwargs
        Passed on to ``torch.utils.data.DataLoader``: ``drop_last``, ``sampler``, ...

    Returns
    -------
    torch.utils.data.DataLoader
        Without worker processes: a batch takes less time than handing it from one process to another, and DeepTrack's
        sources cannot be sent to a process that macOS or Windows starts.

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
        dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        generator=generator,
        collate_fn=attrgetter("tensors"),
        **kwargs,
    )
