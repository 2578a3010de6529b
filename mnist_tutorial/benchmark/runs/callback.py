"""The callback through which Lightning's trainer reports to a run."""

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback


class RunCallback(Callback):
    """Report the precision and each step of a training to a `Run`, which makes this callback."""

    def __init__(self, run: Any):
        self.run = run

    def on_fit_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Keep the precision."""
        self.run.precision = trainer.precision

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: tuple[torch.Tensor, ...], batch_idx: int
    ) -> None:
        """Report a step of all processes together; the first process also validates."""
        loss = outputs["loss"] if isinstance(outputs, dict) else outputs
        network = module if trainer.is_global_zero else None
        self.run.step(len(batch[0]) * trainer.world_size, loss, network)
