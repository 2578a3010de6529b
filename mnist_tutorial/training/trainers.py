"""Trainers that show one progress bar and leave no files behind."""

import math
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import deeplay as dl
import psutil
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import (
    Callback,
    Checkpoint,
    DeviceStatsMonitor,
    LearningRateMonitor,
    ProgressBar,
    ThroughputMonitor,
)
from torch.nn.parameter import is_lazy
from tqdm.auto import tqdm

from mnist_tutorial.compat import silence_training_warnings, warn_of_spinning
from mnist_tutorial.device import precision

PROCESSORS = os.cpu_count() or 1
LOGGED = (DeviceStatsMonitor, LearningRateMonitor, ThroughputMonitor)  # callbacks that only write to a logger

silence_training_warnings()


class _ChannelsLast(Callback):
    """Store the weights of convolutions with the channels last, which is faster on processors."""

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        for weights in module.parameters():
            if not is_lazy(weights) and weights.ndim == 4:
                weights.data = weights.data.to(memory_format=torch.channels_last)


class _FewerThreads(Callback):
    """Train with fewer threads while other programs keep processors busy: a step waits for its slowest thread."""

    # oneDNN's wait without sleeping: beside a program on one of two processors, `cnn` takes 5 times as long with two.
    INTERVAL = 0.5  # seconds; the system counts in hundredths

    def __init__(self) -> None:
        self.threads = torch.get_num_threads()

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        self.threads = torch.get_num_threads()
        # The processes of a distributed training would make room for each other.
        self.shares = trainer.strategy.root_device.type == "cpu" and trainer.world_size == 1 and self.threads > 1
        self.since, self.own, _ = time.perf_counter(), _own_seconds(), psutil.cpu_percent()

    def on_train_batch_end(self, *_: Any) -> None:
        seconds = time.perf_counter() - self.since
        if self.shares and seconds > self.INTERVAL:
            own = _own_seconds()
            others = psutil.cpu_percent() / 100 * PROCESSORS - (own - self.own) / seconds  # since the last call
            torch.set_num_threads(min(self.threads, max(1, round(PROCESSORS - others))))
            self.since, self.own = time.perf_counter(), own

    def on_train_end(self, *_: Any) -> None:
        torch.set_num_threads(self.threads)

    on_exception = on_train_end


def _own_seconds() -> float:
    """Add up the processor time of this process and of the loaders that it has started."""
    seconds = sum(os.times()[:4])
    for loader in multiprocessing.active_children():
        with suppress(psutil.Error):  # it has just ended
            seconds += sum(psutil.Process(loader.pid).cpu_times()[:2])
    return seconds


class _ProgressBar(ProgressBar):
    """Show one line for a whole training; Lightning's own bar shows one for each epoch and each validation."""

    hidden = False

    def disable(self) -> None:  # Lightning calls it, as in processes after the first
        self.hidden = True

    def enable(self) -> None:
        self.hidden = False

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        batches = trainer.estimated_stepping_batches * trainer.accumulate_grad_batches
        if trainer.max_epochs != -1:  # the last step of an epoch may take fewer batches
            batches = min(batches, trainer.max_epochs * trainer.num_training_batches)
        total = batches if 0 < batches < math.inf else None
        # tqdm is silent if stderr is not a terminal. That of a notebook isn't one, but the notebook shows the bar.
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        disable = self.hidden or (False if hasattr(shell, "kernel") else None)
        done = trainer.fit_loop.epoch_loop.total_batch_idx + 1  # more than 0 if the training is resumed
        self.bar = tqdm(total=total, initial=done, desc="training", unit=" batches", mininterval=0.5, disable=disable)

    def on_train_batch_end(self, *_: Any) -> None:
        self.bar.update()

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        means = [f"{name} {value:.4f}" for name, value in trainer.callback_metrics.items() if name.endswith("_epoch")]
        self.bar.set_postfix_str(", ".join([f"epoch {trainer.current_epoch + 1}", *means]))

    def teardown(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        if hasattr(self, "bar"):  # not where there was nothing to train
            self.bar.close()


def trainer(
    max_epochs: int | None = 2,
    progress: bool = True,
    callbacks: Callback | Iterable[Callback] | None = None,
    **kwargs: Any,
) -> dl.Trainer:
    """Make a ``deeplay.Trainer`` that shows at most one progress bar and leaves no files behind.

    It trains on an accelerator if there is one, in bfloat16 if the device computes with it, and on a processor with
    fewer threads while other programs are busy, so rounding may differ from that of a quiet machine. Unlike
    ``deeplay.Trainer``, it prints no summary of the model, does not validate before the training, and writes files only
    if asked: a ``ModelCheckpoint`` among the callbacks turns checkpoints on, and one such as ``LearningRateMonitor``
    the logger; they write where they are told to, or into ``checkpoints`` and ``lightning_logs`` of the working folder.
    ``trainer.history`` keeps losses and accuracies.

    Parameters
    ----------
    max_epochs : int
        How many times the network sees each image; None leaves it to ``max_steps``.
    progress : bool
        Whether to show a progress bar, in a terminal or a notebook. A bar among the callbacks replaces it.
    callbacks, **kwargs
        Arguments of ``deeplay.Trainer``, which is Lightning's. They override the settings above.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mt.trainer(max_epochs=1, progress=False).max_epochs
    1
    """
    warn_of_spinning()
    chosen = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
    bars = any(isinstance(callback, ProgressBar) for callback in chosen)
    ours = [_ChannelsLast(), _FewerThreads()]
    if progress and not bars and kwargs.get("enable_progress_bar", True) and not kwargs.get("barebones"):
        ours.append(_ProgressBar())
        bars = True
    settings = {
        "accelerator": "auto",
        "precision": precision(),
        "callbacks": [*chosen, *ours],
        "logger": any(isinstance(callback, LOGGED) for callback in chosen),
        "enable_checkpointing": any(isinstance(callback, Checkpoint) for callback in chosen),
        "enable_progress_bar": bars,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,  # it would add a point from before the training to the history
    }
    return dl.Trainer(max_epochs=max_epochs, **(settings | kwargs))
