"""A classifier whose learning rate follows one cycle."""

import deeplay as dl
import torch
import torchmetrics


class OneCycleClassifier(dl.Classifier):
    """A ``deeplay.Classifier`` whose learning rate follows one cycle over the whole training; made by `classifier`."""

    def __init__(self, model, max_lr, **kwargs):
        super().__init__(model=model, **kwargs)
        self.max_lr = max_lr

    def on_fit_start(self):
        """Forget the losses of an earlier training."""
        self.losses = []

    def training_step(self, batch, batch_idx):
        """Compute the loss, and keep it.

        To log each step would take Lightning a tenth of the time in which a small network trains, so the losses are
        kept here, and their mean is logged once an epoch.
        """
        images, labels = batch
        loss = self.compute_loss(self(images), labels)
        self.losses.append(loss.detach())
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        """Log the mean loss of the epoch after its last batch."""
        if self.trainer.is_last_batch:
            self.log("train_loss_epoch", torch.stack(self.losses[-batch_idx - 1 :]).mean())

    @property
    def step_history(self):
        """The loss at each step, in the form of ``trainer.history.step_history``."""
        losses = torch.stack(self.losses).tolist()
        return {"train_loss_step": {"value": losses, "step": list(range(1, len(losses) + 1))}}

    def configure_optimizers(self):
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


def classifier(template, max_lr=1e-2, optimizer=None, label_smoothing=0.1):
    """Make a classifier: logits, cross-entropy, and a learning rate that follows one cycle.

    Parameters
    ----------
    template : deeplay template
        Of a network that gives logits (B, 10).
    max_lr : float
        The learning rate at the top of the cycle. It starts at a tenth of that, is at the top after 30 % of the
        steps, and ends at a ten-thousandth.
    optimizer : deeplay.Optimizer, optional
        ``dl.Adam`` or ``dl.AdamW``, say. By default Adam with betas that are made for a training of a few hundred
        steps.
    label_smoothing : float
        Share of the target that is spread over all digits.

    Returns
    -------
    deeplay.Classifier
        Created, so with weights drawn from torch's global generator. It measures accuracy on validation only: on each
        training batch it would cost more than a small network does.

    References
    ----------
    Smith and Topin, "Super-convergence", arXiv:1708.07120. Szegedy et al., "Rethinking the Inception architecture"
    (label smoothing), arXiv:1512.00567.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> classifier = mt.classifier(mt.models.mlp(hidden=(32,)), max_lr=3e-3, optimizer=dl.AdamW(weight_decay=0.01))
    >>> isinstance(classifier, dl.Classifier)
    True
    """
    if optimizer is None:
        optimizer = dl.Adam(betas=(0.8, 0.95), fused=True)
    optimizer.configure(lr=max_lr)
    return OneCycleClassifier(
        model=template.new(),  # a template that a classifier holds ignores what is configured later
        max_lr=max_lr,
        loss=torch.nn.CrossEntropyLoss(label_smoothing=label_smoothing),
        optimizer=optimizer,
        val_metrics=[torchmetrics.Accuracy("multiclass", num_classes=10)],
    ).create()
