"""Trainers that show one progress bar and leave no files behind."""

import math
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import deeplay as dl
import psutil
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from tqdm.auto import tqdm

from mnist_tutorial.compat import silence_training_warnings, warn_of_spinning
from mnist_tutorial.device import precision

PROCESSORS = os.cpu_count() or 1

silence_training_warnings()


class _ChannelsLast(Callback):
    """Store the weights of convolutions with the channels last, which is faster on processors."""

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        module.to(memory_format=torch.channels_last)


class _FewerThreads(Callback):
    """Train with fewer threads while other programs keep processors busy.

    A step waits for its slowest thread, and in a convolution's backward pass oneDNN's threads wait without sleeping:
    `cnn`, on two processors of which another program uses one, takes five times as long with two threads as with one.
    """

    INTERVAL = 0.5  # seconds; the system counts in hundredths

    def __init__(self) -> None:
        self.since = self.own = 0.0
        self.threads = torch.get_num_threads()

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.threads = torch.get_num_threads()
        # The processes of a distributed training would make room for each other.
        self.shares = trainer.strategy.root_device.type == "cpu" and trainer.world_size == 1 and self.threads > 1
        self._others()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.shares and time.perf_counter() - self.since > self.INTERVAL:
            torch.set_num_threads(threads_beside(self._others(), self.threads))

    def _others(self) -> float:
        """Measure how many processors other programs have used since the last call."""
        before, self.since, self.own = (self.since, self.own), time.perf_counter(), _own_seconds()
        busy = psutil.cpu_percent() / 100 * PROCESSORS  # since it was called last
        return busy - (self.own - before[1]) / (self.since - before[0])

    def on_train_end(self, trainer: Trainer, module: LightningModule) -> None:
        torch.set_num_threads(self.threads)

    def on_exception(self, trainer: Trainer, module: LightningModule, exception: BaseException) -> None:
        torch.set_num_threads(self.threads)


def _own_seconds() -> float:
    """Add up the processor time of this process and of the loaders that it has started."""
    seconds = sum(os.times()[:4])
    for loader in multiprocessing.active_children():
        with suppress(psutil.Error):  # it has just ended
            seconds += sum(psutil.Process(loader.pid).cpu_times()[:2])
    return seconds


def threads_beside(others: float, threads: int) -> int:
    """Choose how many threads train beside other programs.

    Parameters
    ----------
    others : float
        The number of processors that other programs use.
    threads : int
        The number of threads that train where nothing else runs.

    Returns
    -------
    int
        From 1 to `threads`.
    """
    return min(threads, max(1, round(PROCESSORS - others)))


class _ProgressBar(Callback):
    """Show one line for a whole training; Lightning's own bar shows one for each epoch and each validation."""

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # tqdm is silent if stderr is not a terminal. That of a notebook isn't one, but the notebook shows the bar.
        disable = False if _in_notebook() else None
        self.bar = tqdm(total=_batches(trainer), desc="training", unit=" batches", mininterval=0.5, disable=disable)

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.bar.update()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        means = {name: value for name, value in trainer.callback_metrics.items() if name.endswith("_epoch")}
        self.bar.set_postfix_str(
            ", ".join([f"epoch {trainer.current_epoch + 1}", *(f"{name} {value:.4f}" for name, value in means.items())])
        )

    def teardown(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if hasattr(self, "bar"):
            self.bar.close()


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def _batches(trainer: Trainer) -> int | None:
    """Count the batches of a whole training; None if it has no end."""
    epoch, accumulated = trainer.num_training_batches, trainer.accumulate_grad_batches
    total = math.inf if trainer.max_epochs in (None, -1) else trainer.max_epochs * epoch
    if trainer.max_steps != -1:
        steps = trainer.max_steps
        if math.isfinite(epoch):  # the last step of an epoch may take fewer batches than the others
            epochs, steps = divmod(steps, math.ceil(epoch / accumulated))
            total = min(total, epochs * epoch + steps * accumulated)
        else:
            total = min(total, steps * accumulated)
    return None if math.isinf(total) else int(total)


def trainer(
    max_epochs: int = 2, progress: bool = True, callbacks: Sequence[Callback] = (), **kwargs: Any
) -> dl.Trainer:
    """Make a trainer that shows at most one progress bar and leaves no files behind.

    Parameters
    ----------
    max_epochs : int
        How many times the network sees each image.
    progress : bool
        Whether to show a progress bar, in a terminal or a notebook.
    callbacks : sequence of lightning.pytorch.Callback
        Additional callbacks.
    **kwargs
        Arguments of ``deeplay.Trainer``. They override the settings below.

    Returns
    -------
    deeplay.Trainer
        It trains on an accelerator if there is one, and in bfloat16 if the device computes with it. On a processor, it
        trains with fewer threads while other programs are busy, so rounding may differ from that of a quiet machine.
        ``trainer.history`` keeps losses and accuracies.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mt.trainer(max_epochs=1, progress=False).max_epochs
    1
    """
    warn_of_spinning()
    settings = {
        "accelerator": "auto",
        "precision": precision(),
        "callbacks": [*callbacks, _ChannelsLast(), _FewerThreads(), *([_ProgressBar()] if progress else [])],
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,  # it would add a point from before the training to the history
    }
    return dl.Trainer(max_epochs=max_epochs, **(settings | kwargs))
