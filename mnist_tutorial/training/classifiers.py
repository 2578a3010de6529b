"""Classifiers whose learning rate follows one cycle."""

from typing import Any

import deeplay as dl
import torch
import torchmetrics


class OneCycleClassifier(dl.Classifier):
    """A ``deeplay.Classifier`` whose learning rate follows one cycle over the whole training; made by `classifier`."""

    def __init__(self, model: torch.nn.Module, max_lr: float, **kwargs: Any) -> None:
        super().__init__(model=model, **kwargs)
        self.max_lr = max_lr

    def on_fit_start(self) -> None:
        """Forget the losses of an earlier training."""
        self.losses: dict[str, list[torch.Tensor]] = {}

    def training_step(self, batch: Any, batch_idx: int) -> torch.Tensor:
        """Compute the loss, as deeplay does, and keep it."""
        # Lightning would need a tenth of a small network's training time to log each step. So the losses are kept here,
        # and only their mean is logged, once an epoch.
        images, labels = self.train_preprocess(batch)
        logits = self(images)
        loss = self.compute_loss(logits, labels)
        losses = loss if isinstance(loss, dict) else {"loss": loss}
        for name, value in losses.items():
            self.losses.setdefault(name, []).append(value.detach())
        if len(self.train_metrics):
            self.log_metrics("train", logits, labels, on_step=False, on_epoch=True)
        return sum(losses.values())

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
        optimizer = super().configure_optimizers()
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.max_lr,
            total_steps=int(self.trainer.estimated_stepping_batches),
            pct_start=0.3,
            div_factor=10,
            final_div_factor=1000,
            cycle_momentum=False,  # Adam's betas stay as they are
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def classifier(
    template: dl.DeeplayModule,
    max_lr: float | None = None,
    optimizer: dl.Optimizer | None = None,
    label_smoothing: float = 0.1,
) -> OneCycleClassifier:
    """Make a classifier: logits, cross-entropy, and a learning rate that follows one cycle.

    Parameters
    ----------
    template : deeplay template
        Of a network that computes logits (B, 10).
    max_lr : float, optional
        The peak of the learning rate. It starts at a tenth of that, peaks after 30 % of the steps, and ends at a
        ten-thousandth. By default the learning rate of the optimizer, or 0.01 if that has none.
    optimizer : deeplay.Optimizer, optional
        Such as ``dl.AdamW(lr=3e-3)``. By default Adam with betas for a training of a few hundred steps.
    label_smoothing : float
        The fraction of the target that is spread over all digits.

    Returns
    -------
    deeplay.Classifier
        Created, with weights drawn from torch's global generator. It measures accuracy on validation data only: on
        each training batch, that would take longer than a small network itself.

    References
    ----------
    Smith and Topin, "Super-convergence", arXiv:1708.07120. Szegedy et al., "Rethinking the Inception architecture"
    (label smoothing), arXiv:1512.00567.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> classifier = mt.classifier(mt.models.mlp(hidden=(32,)), optimizer=dl.AdamW(lr=3e-3, weight_decay=0.01))
    >>> classifier.max_lr
    0.003
    """
    # A copy, since the classifier configures it.
    optimizer = dl.Adam(betas=(0.8, 0.95), fused=True) if optimizer is None else optimizer.new()
    if max_lr is None:
        max_lr = optimizer.kwargs.get("lr", 1e-2)
    optimizer.configure(lr=max_lr)
    untrained = OneCycleClassifier(
        model=template.new(),  # a template that a classifier holds ignores later changes
        max_lr=max_lr,
        loss=torch.nn.CrossEntropyLoss(label_smoothing=label_smoothing),
        optimizer=optimizer,
        val_metrics=[torchmetrics.Accuracy("multiclass", num_classes=10)],
    )
    return untrained.build()  # create() would copy everything first, and take three times as long
