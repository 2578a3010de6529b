"""A run: what a recipe is given to train on, and the clock meanwhile."""

import math
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback

from mnist_tutorial.benchmark.clock import Stopwatch
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.training import predict

CLOCK = (
    "the whole call of the recipe: it makes network and pipeline, and trains. Not in it: imports, reading MNIST, a "
    "training on 1,024 digits to warm up, accuracies on held-out digits, and the predictions at the end"
)
POINTS = 100  # of a loss curve
NEXT = 1.1  # validation comes each tenth of an epoch at first, then each time that a tenth more has been seen


class Run:
    """What a recipe is given.

    Parameters
    ----------
    digits : Split
        To train on.
    seed : int
    held_out : Split, optional
        On which accuracy is measured while the recipe trains, with the clock stopped.
    options : dict, optional
        For the trainer.

    Attributes
    ----------
    digits : Split
        To train on; a recipe must take them from nowhere else.
    seed : int
        All global generators were seeded with it.
    options : dict
        Arguments for ``mt.trainer``: how to distribute the training. Empty unless that was asked for.
    processes : int
        How many processes train together; each has its share of a batch.
    predict : callable
        From the network and a split to scores, ndarray (N, 10). By default `evaluation.predict`; a recipe may set its
        own.
    precision : str
        As Lightning names it; a recipe that uses another than 32 bits without `callback` sets it.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> run = Run(mt.load("sample").train, seed=0)
    >>> run.step(64, torch.tensor(0.5))
    >>> run.loss_curve()
    {'images': [64], 'loss': [0.5]}
    """

    def __init__(self, digits, seed, held_out=None, options=None):
        self.digits, self.seed, self.options = digits, seed, dict(options or {})
        self.processes = self.options.get("devices", 1) * self.options.get("num_nodes", 1)
        self.predict, self.precision = predict, "32-true"
        self.images, self._losses, self._stopwatch = 0, [], Stopwatch()
        self._held_out, self._next = held_out, len(digits) / 10
        self.validation = {"images": [], "seconds": [], "accuracy": []}

    def callback(self, predict=None):
        """Make the callback through which a trainer tells what it does.

        Parameters
        ----------
        predict : callable, optional
            As the attribute.

        Returns
        -------
        lightning.pytorch.Callback
        """
        if predict is not None:
            self.predict = predict
        return _Callback(self)

    def step(self, images, loss, network=None):
        """Tell of one step of a training; a recipe with a loop of its own calls it after each.

        Parameters
        ----------
        images : int
            How many were in the batch.
        loss : Tensor
            A scalar.
        network : object, optional
            For the validation curve.
        """
        self.images += images
        self._losses.append((self.images, loss.detach()))
        if self._held_out is not None and network is not None and self.images >= self._next:
            self._next = max(self._next + len(self.digits) / 10, self.images * NEXT)
            with self._stopwatch.paused():
                self._validate(network)

    def train(self, recipe):
        """Call the recipe while the clock runs.

        Parameters
        ----------
        recipe : callable

        Returns
        -------
        network : object
            What it made.
        time : Time

        Raises
        ------
        MNISTError
            If the recipe opens a file in which MNIST's test digits are.
        """
        self._stopwatch.start()
        with _no_other_digits():
            network = recipe(self)
        time = self._stopwatch.stop()
        if self._held_out is not None and self.validation["images"][-1:] != [self.images]:
            self._validate(network)
        return network, time

    def scores(self, network, split):
        """Let the network look at digits without their labels, and check what it says.

        Parameters
        ----------
        network : object
            As the recipe returned it.
        split : Split

        Returns
        -------
        ndarray of float, shape (N, 10)

        Raises
        ------
        MNISTError
            If these are no scores.
        """
        found = np.asarray(self.predict(network, replace(split, labels=np.full(len(split), -1))))
        if found.shape != (len(split), 10):
            raise MNISTError(f"the recipe's scores have the shape {found.shape}; expected {(len(split), 10)}")
        if not np.isfinite(found).all():
            bad = int((~np.isfinite(found)).any(1).sum())
            raise MNISTError(f"{bad:,} of {len(found):,} digits got scores that are no numbers (NaN or infinite)")
        return found

    def loss_curve(self):
        """List images seen and mean loss, at a hundred points at most.

        Returns
        -------
        dict
            Of the lists ``images`` and ``loss``.
        """
        group = math.ceil(len(self._losses) / POINTS) or 1
        groups = [self._losses[i : i + group] for i in range(0, len(self._losses), group)]
        losses = [float(torch.stack([loss.float().cpu() for _, loss in group]).mean()) for group in groups]
        return {"images": [group[-1][0] for group in groups], "loss": [round(loss, 5) for loss in losses]}

    def _validate(self, network):
        right = self.scores(network, self._held_out).argmax(1) == self._held_out.labels
        self.validation["images"].append(self.images)
        self.validation["seconds"].append(round(self._stopwatch.time.wall, 4))
        self.validation["accuracy"].append(float(np.mean(right)))


class _Callback(Callback):
    def __init__(self, run):
        self.run = run

    def on_fit_start(self, trainer, module):
        self.run.precision = trainer.precision

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        network = module if trainer.is_global_zero else None
        self.run.step(len(batch[0]) * trainer.world_size, loss, network)


_guarded, _hooked = False, False


class _Looked(BaseException):
    """No Exception: `load` would take one for a damaged cache, and go on to the next place that has the digits."""


@contextmanager
def _no_other_digits():
    """Let nobody open the files of MNIST meanwhile; a recipe would see the test digits."""
    global _guarded, _hooked
    if not _hooked:
        sys.addaudithook(_audit)  # for good: Python does not let one remove it
        _hooked = True
    _guarded = True
    try:
        yield
    except _Looked as looked:
        raise MNISTError(
            f"the recipe looked at the test set: it opened {looked} while training; the digits to train on are "
            "run.digits, and there are no others"
        ) from None
    finally:
        _guarded = False


def _audit(event, arguments):
    if _guarded and event == "open" and isinstance(arguments[0], (str, Path)):
        name = Path(arguments[0]).name
        if name.startswith(("mnist-v1", "mnist_5k", "t10k")):
            raise _Looked(name)
