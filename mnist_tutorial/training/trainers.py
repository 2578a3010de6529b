"""Trainers that are quiet and leave no files behind."""

import warnings

import deeplay as dl
import torch
from lightning.pytorch.callbacks import Callback
from tqdm.auto import tqdm

from mnist_tutorial.compat import warn_of_spinning
from mnist_tutorial.device import precision

# What Lightning says about a trainer as it is wanted here: no worker processes, since a batch takes less time than
# handing it over; no logger, since the history is enough; no validation while training, unless it is asked for; and a
# deprecation inside Lightning itself, of torch's pytree.
for message in (
    r".*does not have many workers",
    r".*no logger configured",
    r".*isinstance\(treespec, LeafSpec\)",
    r".*defined a `validation_step` but have no `val_dataloader`",
):
    warnings.filterwarnings("ignore", message=message)


class _ChannelsLast(Callback):
    """Convolutions whose weights have the channels last, as processors prefer them."""

    def on_fit_start(self, trainer, module):
        module.to(memory_format=torch.channels_last)


class _Bar(Callback):
    """One line for a whole training, where Lightning's own bar takes one for each epoch and each validation."""

    def on_train_start(self, trainer, module):
        self.bar = tqdm(
            total=int(trainer.estimated_stepping_batches),
            desc="training",
            unit=" steps",
            mininterval=0.5,
        )

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.bar.update()

    def on_train_epoch_end(self, trainer, module):
        shown = {name: f"{value:.4f}" for name, value in trainer.callback_metrics.items() if name.endswith("_epoch")}
        self.bar.set_postfix_str(f"epoch {trainer.current_epoch + 1}" + "".join(f", {k} {v}" for k, v in shown.items()))

    def teardown(self, trainer, module, stage):
        if hasattr(self, "bar"):
            self.bar.close()


def trainer(max_epochs=2, progress=True, callbacks=(), **kwargs):
    """Make a trainer that is quiet and leaves no files behind.

    Parameters
    ----------
    max_epochs : int
        How often each image is seen.
    progress : bool
        Whether to show a bar, of one line.
    callbacks : sequence of lightning.pytorch.Callback
        More of them.
    **kwargs
        Passed on to ``deeplay.Trainer``; what is given here goes before the choices below.

    Returns
    -------
    deeplay.Trainer
        On the fastest device there is, in bfloat16 where the processor computes with it. ``trainer.history`` keeps
        losses and accuracies.

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
        "callbacks": [*callbacks, _ChannelsLast(), *([_Bar()] if progress else [])],
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,  # it would leave a point before the training in the history
    }
    return dl.Trainer(max_epochs=max_epochs, **(settings | kwargs))
