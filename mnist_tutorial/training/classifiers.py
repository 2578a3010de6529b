"""Classifiers whose learning rate follows one cycle."""

import math
from typing import Any

import deeplay as dl
import torch
from lightning.pytorch.callbacks import GradientAccumulationScheduler
from torch.optim.lr_scheduler import OneCycleLR
from torchmetrics.classification import MulticlassAccuracy

from mnist_tutorial.errors import MNISTError


class OneCycleClassifier(dl.Classifier):
    """A ``deeplay.Classifier`` whose learning rate follows one cycle over the whole training; made by `classifier`."""

    def __init__(self, model: torch.nn.Module, max_lr: float, **kwargs: Any) -> None:
        super().__init__(model=model, **kwargs)
        self.max_lr = max_lr
        self.losses: dict[str, list[torch.Tensor]] = {}

    def on_fit_start(self) -> None:
        self.losses = {}  # not those of an earlier training; and a callback may have found another max_lr
        self._begin_cycle()

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        """Compute the loss, as deeplay does, and keep it."""
        # To log each step would take a tenth of a small network's training time: only the mean of an epoch is logged.
        images, labels = self.train_preprocess(batch)
        logits = self(images)
        loss = self.compute_loss(logits, labels)
        losses = loss if isinstance(loss, dict) else {"loss": loss}
        self._keep(losses)
        if len(self.train_metrics):
            self.log_metrics("train", logits, labels, on_step=False, on_epoch=True)
        return sum(losses.values())

    @torch.compiler.disable  # the loss of a compiled step would lose its gradient
    def _keep(self, losses: dict[str, torch.Tensor]) -> None:
        for name, value in losses.items():
            self.losses.setdefault(name, []).append(value.detach())

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Log the mean losses of the epoch after its last batch, which may be that of the whole training."""
        trainer = self.trainer
        if trainer.is_last_batch or trainer.should_stop or trainer.global_step == trainer.max_steps:
            for name, values in self.losses.items():
                self.log(f"train_{name}_epoch", torch.stack(values[-batch_idx - 1 :]).mean())

    @property
    def step_history(self) -> dict[str, dict[str, list]]:
        """The losses at each step, in the form of ``trainer.history.step_history``."""
        return {
            f"train_{name}_step": {"value": torch.stack(values).tolist(), "step": list(range(1, len(values) + 1))}
            for name, values in self.losses.items()
        }

    def configure_optimizers(self) -> dict[str, Any]:
        """Join the optimizer and its schedule."""
        trainer, chosen = self.trainer, self.optimizer
        if trainer.gradient_clip_val and "mixed" in trainer.precision and getattr(chosen, "kwargs", {}).get("fused"):
            chosen.configure(fused=False)  # Lightning cannot clip with a fused optimizer in mixed precision
        optimizer = super().configure_optimizers()
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self._cycle(optimizer), "interval": "step"}}

    def on_train_start(self) -> None:
        """Begin a new cycle if that of a checkpoint does not end with this training."""
        cycle = self.lr_schedulers()
        if isinstance(cycle, OneCycleLR) and cycle.total_steps - cycle.last_epoch != self._steps():
            self._begin_cycle()

    def _begin_cycle(self) -> None:
        for config in self.trainer.lr_scheduler_configs:
            if isinstance(config.scheduler, OneCycleLR):
                config.scheduler = self._cycle(self.trainer.optimizers[0])

    def _cycle(self, optimizer: torch.optim.Optimizer) -> OneCycleLR:
        return OneCycleLR(
            optimizer,
            max_lr=self.max_lr,
            total_steps=self._steps(),
            pct_start=0.3,
            div_factor=10,
            final_div_factor=1000,
            cycle_momentum=False,  # Adam's betas stay as they are
        )

    def _steps(self) -> int:
        """Count the steps that are left; if none is, all: Lightning ends the fit, or has estimated too few."""
        steps, done = self.trainer.estimated_stepping_batches, self.trainer.global_step
        changing = any(isinstance(callback, GradientAccumulationScheduler) for callback in self.trainer.callbacks)
        if not 0 <= steps < math.inf or changing:
            raise MNISTError(
                "the learning rate follows one cycle, but the number of steps is unknown; expected max_epochs or "
                "max_steps, batches that can be counted, and no GradientAccumulationScheduler. dl.Classifier needs "
                "none of this, as its learning rate is constant"
            )
        return int(steps - done if steps > done else max(steps, 1))


def classifier(
    template: torch.nn.Module,
    max_lr: float | None = None,
    optimizer: dl.Optimizer | None = None,
    label_smoothing: float = 0.1,
) -> OneCycleClassifier:
    """Make a classifier: logits, cross-entropy, and a learning rate of one cycle (Smith and Topin, arXiv:1708.07120).

    It is a ``deeplay.Classifier``, created, with weights drawn from torch's global generator. The number of steps must
    be known, or the training raises an `MNISTError`; one that is resumed for more epochs begins a new cycle. Losses are
    logged once an epoch, and those of each step are in ``step_history``. Accuracy is measured on validation data only:
    on each training batch, that would take longer than a small network itself.

    Parameters
    ----------
    template : deeplay template or torch.nn.Module
        Computes logits (B, classes). What deeplay has made is copied; any other module is trained itself.
    max_lr : float, optional
        The peak of the learning rate, after 30 % of the steps; it starts at a tenth, and ends at a ten-thousandth. By
        default the learning rate of the optimizer, or 0.01 if that has none.
    optimizer : deeplay.Optimizer, optional
        Such as ``dl.AdamW(lr=3e-3)``. By default Adam with betas for a training of a few hundred steps.
    label_smoothing : float
        The fraction of the target that is spread over all classes (Szegedy et al., arXiv:1512.00567).

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> classifier = mt.classifier(mt.models.mlp(hidden=(32,)), optimizer=dl.AdamW(lr=3e-3, weight_decay=0.01))
    >>> classifier.max_lr
    0.003
    """
    # Copies, since the classifier configures them.
    optimizer = dl.Adam(betas=(0.8, 0.95), fused=True) if optimizer is None else optimizer.new()
    if max_lr is None:
        max_lr = optimizer.kwargs.get("lr", 1e-2)
    optimizer.configure(lr=max_lr)
    untrained = OneCycleClassifier(
        model=template.new() if isinstance(template, dl.DeeplayModule) else template,
        max_lr=max_lr,
        loss=torch.nn.CrossEntropyLoss(label_smoothing=label_smoothing),
        optimizer=optimizer,
        val_metrics=[MulticlassAccuracy(average="micro")],
    )
    return untrained.build()  # create() would copy everything first, and take three times as long
