"""A run: what a recipe trains with, and the clock and the curves meanwhile."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from mnist_tutorial.benchmark.clock import Stopwatch, Time
from mnist_tutorial.benchmark.recipe import processes
from mnist_tutorial.data import Split
from mnist_tutorial.data.guard import closed_mnist
from mnist_tutorial.errors import MNISTError

if TYPE_CHECKING:  # Lightning takes seconds to import, and not every recipe uses it
    from lightning.pytorch.callbacks import Callback

CLOCK = (
    "the whole call of the recipe: it makes network and pipeline, and trains. Not in it: imports, reading MNIST, a "
    "training on 1,024 digits to warm up, accuracies on held-out digits, and the predictions at the end"
)
POINTS = 100  # of a loss curve
GROWTH = 1.1  # at first we validate every tenth of an epoch, later whenever 10 % more images have been seen


def predict(network: Any, split: Split) -> np.ndarray:
    """Predict as `mnist_tutorial.predict`: scores (N, 10)."""
    from mnist_tutorial import training  # imports deeplay, which not every recipe uses

    return training.predict(network, split)


class Run:
    """What a recipe trains with: its only argument.

    Parameters
    ----------
    digits : Split
        The training digits, the only ones that a recipe may use; in the warm-up, only 1,024 of them.
    seed : int
        The seed of all global random generators.
    held_out : Split, optional
        Digits on which accuracy is measured during the training, with the clock stopped.
    options : dict, optional
        Arguments for ``mt.trainer`` that distribute the training; empty unless that was asked for.

    Attributes
    ----------
    digits, seed, options
    processes : int
        The number of processes that train together, each on its share of a batch.
    predict : callable
        From the network and a split without labels to scores, ndarray (N, 10), whose softmax is the probabilities:
        `mnist_tutorial.predict`, unless the recipe sets another.
    precision : str
        As Lightning names it. A recipe that does not use `callback` sets it, unless it trains in 32 bits.
    images : int
        The number of images seen so far.
    validation : dict
        Lists of ``images`` seen, ``seconds`` of training and ``accuracy`` on the held-out digits.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> run = Run(mt.load("sample").train, seed=0)
    >>> run.step(64, torch.tensor(0.5))
    >>> run.loss_curve()
    {'images': [64], 'loss': [0.5]}
    """

    def __init__(self, digits: Split, seed: int, held_out: Split | None = None, options: dict[str, Any] | None = None):
        self.digits, self.seed, self.options = digits, seed, dict(options or {})
        self.processes = processes(self.options)
        self.predict, self.precision = predict, "32-true"
        self.images, self._losses, self._stopwatch = 0, [], Stopwatch()
        self._held_out, self._next_validation = held_out, len(digits) / 10
        self.validation: dict[str, list] = {"images": [], "seconds": [], "accuracy": []}

    def callback(self, predict: Callable[[Any, Split], np.ndarray] | None = None) -> "Callback":
        """Make the callback that a trainer needs to report to this run; `predict` sets the attribute of that name."""
        from lightning.pytorch.callbacks import LambdaCallback

        if predict is not None:
            self.predict = predict

        def keep_precision(trainer, module):
            self.precision = trainer.precision

        def report(trainer, module, outputs, batch, batch_idx):  # all processes together; the first also validates
            loss = outputs["loss"] if isinstance(outputs, dict) else outputs
            self.step(len(batch[0]) * trainer.world_size, loss, module if trainer.is_global_zero else None)

        return LambdaCallback(on_fit_start=keep_precision, on_train_batch_end=report)

    def step(self, images: int, loss: torch.Tensor | float, network: Any = None) -> None:
        """Record a step of a training loop of your own: its images, their mean loss, and the network to validate."""
        self.images += int(images)  # JSON knows neither NumPy's integers nor tensors
        self._losses.append((self.images, torch.as_tensor(loss).detach()))
        if self._held_out is not None and network is not None and self.images >= self._next_validation:
            self._next_validation = max(self._next_validation + len(self.digits) / 10, self.images * GROWTH)
            with self._stopwatch.paused():
                self._validate(network)

    def train(self, recipe: Callable[["Run"], Any]) -> tuple[Any, Time]:
        """Call a recipe while the clock runs; returns its network, and the time.

        MNISTError if the recipe looks at other digits than its own, or returns nothing.
        """
        self._stopwatch.start()
        try:
            with closed_mnist():
                network = recipe(self)
        finally:
            time = self._stopwatch.stop()
        if network is None:
            raise MNISTError("the recipe returned nothing; expected the trained network, as in `return network`")
        if self._held_out is not None and self.validation["images"][-1:] != [self.images]:
            self._validate(network)
        return network, time

    def scores(self, network: Any, split: Split) -> np.ndarray:
        """Let a network predict digits from nothing but the images; returns its scores, ndarray (N, 10), once checked.

        MNISTError if they are not finite real numbers of this shape, or the recipe looks at other digits than its own.
        """
        if self.predict is predict and not isinstance(network, torch.nn.Module):
            raise MNISTError(
                f"the recipe returned a {type(network).__name__}; expected the trained network, a torch.nn.Module, "
                "or run.predict set to a function that computes scores with it"
            )
        unknown = np.full(len(split), -1)
        with closed_mnist():
            answer = self.predict(network, Split(split.images.copy(), unknown, unknown))
            scores = np.asarray(answer)
        if scores.shape != (len(split), 10) or scores.dtype.kind not in "biuf":
            form = f"type {type(answer).__name__}, shape {scores.shape} and dtype {scores.dtype}"
            raise MNISTError(f"the recipe's scores are of {form}; expected real numbers of shape {(len(split), 10)}")
        if bad := int((~np.isfinite(scores)).any(1).sum()):
            raise MNISTError(f"the recipe's scores of {bad:,} of {len(scores):,} digits are NaN or infinite")
        return scores

    def loss_curve(self) -> dict[str, list]:
        """List ``images`` seen and mean ``loss``, at no more than a hundred points."""
        size = math.ceil(len(self._losses) / POINTS) or 1
        groups = [self._losses[i : i + size] for i in range(0, len(self._losses), size)]
        losses = [float(torch.stack([loss.float().cpu() for _, loss in group]).mean()) for group in groups]
        return {"images": [group[-1][0] for group in groups], "loss": [round(loss, 5) for loss in losses]}

    def _validate(self, network: Any) -> None:
        correct = self.scores(network, self._held_out).argmax(1) == self._held_out.labels
        self.validation["images"].append(self.images)
        self.validation["seconds"].append(round(self._stopwatch.time.wall, 4))
        self.validation["accuracy"].append(float(np.mean(correct)))
