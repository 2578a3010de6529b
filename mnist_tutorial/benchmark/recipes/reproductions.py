"""Networks that others have published, reproduced in deeplay."""

import math

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from deeptrack.sources import Source
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn

from mnist_tutorial import training
from mnist_tutorial.benchmark.recipes.train import batches, fit
from mnist_tutorial.data import Split
from mnist_tutorial.pipeline import (
    BatchDataset,
    PerImage,
    RandomAffine,
    RandomElastic,
    Standardize,
    batch_loader,
    uniform,
)


def lenet5(run):
    """Train LeNet-5.

    Source: LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998; 0.95 %
    errors. Here all maps of the second convolution see all maps of the first, the pooling has no weights, and the
    outputs are logits; trained with Adam and one cycle. Claim: 99.0 % in 8 epochs.
    """
    convolutions = dl.ConvolutionalNeuralNetwork(1, [6], 16, out_activation=nn.Tanh)
    convolutions.blocks[0].layer.configure(kernel_size=5, padding=2)  # (B, 1, 28, 28) -> (B, 6, 28, 28)
    convolutions.blocks[1].layer.configure(kernel_size=5, padding=0)  # (B, 6, 14, 14) -> (B, 16, 10, 10)
    for block in convolutions.blocks:
        block.pooled(dl.Layer(nn.AvgPool2d, 2), mode="append")
    perceptron = dl.MultiLayerPerceptron(16 * 5 * 5, [120, 84], 10)
    template = dl.Sequential(convolutions, perceptron)
    for part in (convolutions[..., "activation"], perceptron[..., "activation#:-1"]):
        part.all.configure(nn.Tanh)
    return fit(run, template, Standardize(), epochs=8, max_lr=5e-3, batch_size=128)


def mlp_crash_course(run):
    """Train the first perceptron of the Deep Learning Crash Course.

    Source: Volpe et al., Deep Learning Crash Course, No Starch Press 2026, code example 1-A: 784-32-32-10, sigmoids,
    squared error, SGD on one digit at a time; its notebook prints 67.25 % on the test digits. Claim: the same.
    """
    template = dl.MultiLayerPerceptron(784, [32, 32], 10)
    template[..., "activation"].configure(nn.Sigmoid)
    loss, optimizer = nn.MSELoss(), dl.SGD(lr=0.1)
    network = UnloggedClassifier(template, loss=loss, make_targets_one_hot=True, optimizer=optimizer).create()
    callbacks = [run.callback(log_probabilities)]
    trainer = training.trainer(1, False, callbacks, precision="32-true", **run.options)
    trainer.fit(network, batches(run, Standardize(mean=0, std=1), batch_size=1))
    return network


def dtex211(run):
    """Train the perceptron of DeepTrack's official MNIST tutorial.

    Source: DTEx211_MNIST.ipynb of DeepTrack2, which prints 95.06 %: 784-128-128-64-64-10, dropout after every block,
    so after the softmax too, and the cross-entropy of its output; RMSprop, batches of 32. Each digit is warped once,
    and again with a probability of a tenth in each epoch. Network, loss and settings are those of the tutorial; the
    warps are this package's, which work on whole batches. Claim: the same, in seconds instead of hours.
    """
    template = dl.MultiLayerPerceptron(784, [128, 128, 64, 64], 10, out_activation=dl.Layer(nn.Softmax, dim=-1))
    for block in template.blocks:
        block.set_dropout(0.1)
    network = UnloggedClassifier(template, make_targets_one_hot=True, optimizer=dl.RMSprop(lr=1e-3)).create()
    scale, shift = uniform(0.8, 1.2), uniform(-2, 2)
    warps = RandomAffine(
        scale=(scale, scale),
        translate=(shift, shift),
        shear=PerImage(lambda n, rng: rng.choice([0, 1], n) * rng.uniform(-0.35, 0.35, n)),
    ) >> RandomElastic(alpha=uniform(0, 60), sigma=uniform(5, 7))
    digits = run.digits.images / np.float32(255)
    warped = digits.copy()
    source = Source(image=warped, label=run.digits.labels)
    dataset = BatchDataset(dt.Value(source.image) >> dt.Clip(0, 1) & dt.Value(source.label), source)
    callbacks = [run.callback(log_probabilities), WarpAgain(digits, warped, warps)]
    trainer = training.trainer(10, False, callbacks, precision="32-true", **run.options)
    trainer.fit(network, batch_loader(dataset, batch_size=max(1, 32 // run.processes), shuffle=True))
    return network


class UnloggedClassifier(dl.Classifier):
    """A classifier that logs nothing: logging takes longer than a step of a small network."""

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        """Compute the loss."""
        images, labels = self.train_preprocess(batch)
        return self.compute_loss(self(images), labels)


class WarpAgain(Callback):
    """Warp all digits before the first epoch, and a random share of them again before each further epoch."""

    def __init__(self, digits: np.ndarray, warped: np.ndarray, warps: dt.Feature, share: float = 0.1):
        self.digits, self.warped, self.warps, self.share = digits, warped, warps, share

    def on_train_epoch_start(self, trainer: Trainer, module: dl.Classifier) -> None:
        """Replace warped digits in place, a thousand at a time."""
        share = self.share if trainer.current_epoch else 1
        for part in np.array_split(np.arange(len(self.digits)), math.ceil(len(self.digits) / 1000)):
            chosen = part[np.random.rand(len(part)) < share]
            self.warped[chosen] = self.warps.update()(self.digits[chosen])


def log_probabilities(network: dl.Classifier, split: Split) -> np.ndarray:
    """Predict from grey values between 0 and 1 the logarithms of the outputs, which are probabilities: (N, 10)."""
    return np.log(training.predict(network, split, Standardize(mean=0, std=1)).clip(1e-30))
