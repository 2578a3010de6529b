"""The recipes of this package: networks in deeplay, digits from DeepTrack pipelines.

Choices were made on the 5,000 held-out training digits. The precision is bfloat16 where the processor computes in it,
and float32 elsewhere; each result records it.
"""

from typing import Any

import deeplay as dl
from torch import nn
from torchvision.transforms import CenterCrop

from mnist_tutorial.benchmark.recipes.microscopes import fit_restorer, microscope, through_microscope
from mnist_tutorial.benchmark.recipes.train import fit, five_views
from mnist_tutorial.benchmark.recipes.whitening import WhitenedCNN, Whitening, whitening_filters
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.pipeline import RandomAffine, RandomCrop, RandomElastic, Standardize, uniform
from mnist_tutorial.training import models


def linear(run):
    """Train a linear classifier.

    Source: LeCun et al. 1998, "linear classifier (1-layer NN)", 12.0 % errors with squared loss; here with
    cross-entropy. Claim: 92 % in 5 epochs.
    """
    template = dl.MultiLayerPerceptron(784, [], 10)
    return fit(run, template, Standardize(), epochs=5, max_lr=2e-3, label_smoothing=0)


def mlp(run):
    """Train a perceptron with batch normalization and dropout, without augmentation.

    Source: notebook 05. Claim: 98.5 % in 8 epochs.
    """
    template = models.mlp(hidden=(512, 512), dropout=0.2)
    return fit(run, template, Standardize(), epochs=8, max_lr=5e-3, optimizer=adamw())


def mlp_augmented(run):
    """Train a wide perceptron on digits that are scaled, shifted, rotated and sheared.

    Source: affine distortions as in Simard et al. 2003, with batch normalization and one cycle. Each digit counts
    five times, see `five_views`. Claim: 99.4 % in 18 epochs.
    """
    template = models.mlp(hidden=(1024, 1024), dropout=0)
    return fit(
        run,
        template,
        Standardize(),
        epochs=18,
        max_lr=5e-3,
        batch_size=512,
        optimizer=adamw(),
        warps=affine(1.5),
        view=five_views,
    )


def cnn_1s(run):
    """Train a CNN to 99 % as fast as possible.

    Source: the early pooling and the one cycle in a single epoch are those of T. Tuomas, train_mnist_fast (99.04 % in
    0.76 s on a GTX 1660 Ti); the fixed first layer is that of K. Jordan's airbench, see `whitening`. Each digit counts
    five times, see `five_views`. Claim: 99.0 % in one second on two cores.
    """
    return fit(run, whitened_cnn(run, 16, 32), RandomCrop(24) >> Standardize(), 0.5, 4e-2, view=five_views)


def cnn_6s(run):
    """Train a CNN to 99.5 % as fast as possible.

    Source: as `cnn_1s`, with a third convolution and three epochs. Claim: 99.5 % in six seconds on two cores.
    """
    template, features = whitened_cnn(run, 16, 32, 64), RandomCrop(24) >> Standardize()
    return fit(run, template, features, 3, 3e-2, batch_size=512, view=five_views)


def cnn(run):
    """Train a CNN of five convolutions on random windows.

    Source: notebook 06. Each digit counts five times, see `five_views`. Claim: 99.5 % in ten to fifteen seconds on
    two cores.
    """
    return fit(run, models.cnn(), RandomCrop(24) >> Standardize(), 2, 1.5e-2, view=five_views)


def cnn_augmented(run):
    """Train a wider CNN on digits that are warped.

    Source: elastic and affine distortions as in Simard et al. 2003; the fixed first layer is that of K. Jordan's
    airbench, see `whitening`. Each digit counts five times, see `five_views`. Claim: 99.65 % in a minute and a half on
    two cores.
    """
    template, features = models.cnn((32, 64, 128)), RandomCrop(24) >> Standardize()
    template[1].blocks[0].layer.configure(Whitening, filters=whitening_filters(run.digits.images, 32))
    warps = affine(1) >> RandomElastic(alpha=12, sigma=4)
    return fit(run, template, features, 8, 1e-2, warps=warps, view=five_views)


def cnn_tiny(run):
    """Train a CNN of 1,914 parameters.

    Source: R. Grimov's mnist-minimal-model reaches 99.1 % with 1,936 (github.com/ruslangrimov/mnist-minimal-model);
    the separable convolutions are from there, the rest is not. Each digit counts five times, see `five_views`. Claim:
    99.0 % in 16 epochs.
    """
    features = RandomCrop(24) >> Standardize()
    return fit(run, tiny_cnn(), features, epochs=16, max_lr=2e-2, label_smoothing=0, view=five_views)


def microscope_classify(run):
    """Train the CNN to read digits through a microscope.

    Source: notebook 9. Each digit has a focus and an exposure of its own, in training and when it is read. Claim: 85 %
    in 2 epochs.
    """
    return fit(run, models.cnn(), microscope(), 2, 1.5e-2, view=through_microscope)


def microscope_restore(run):
    """Train a U-Net to restore the ink from an image of a microscope, for a CNN that knows scanned digits only.

    Source: notebook 9, with twice the channels; the U-Net is that of Ronneberger et al. 2015 as deeplay has it, with
    two levels. Each digit has a focus and an exposure of its own. Claim: the CNN reads 70 % of what is restored.
    """
    unet = dl.UNet2d(in_channels=1, encoder_channels=[16, 32], bottleneck_channels=[64], out_channels=1)
    return fit_restorer(run, unet, 1, 3e-3, reader=models.cnn())


def whitened_cnn(run: Run, first: int, *channels: int) -> dl.Layer:
    """Make the template of a CNN whose first layer whitens patches of the training digits."""
    filters = whitening_filters(run.digits.images, first)
    return dl.Layer(WhitenedCNN, filters=filters, channels=channels, hidden=128)


def tiny_cnn() -> dl.Sequential:
    """Make the template of `cnn_tiny`, which also reads digits on the front page of the site."""
    convolutions = dl.ConvolutionalNeuralNetwork(1, [8, 16, 16, 16], 16, out_activation=nn.ReLU)
    convolutions.normalized(mode="insert", after="layer")
    convolutions.blocks[0].layer.configure(kernel_size=5, padding=0, bias=False)
    # (B, 1, 24, 24) -> (B, 8, 10, 10) -> (B, 16, 10, 10) -> (B, 16, 5, 5) -> (B, 16, 3, 3) -> (B, 16, 1, 1)
    for block, inputs, padding in zip(convolutions.blocks[1:], (8, 16, 16, 16), (1, 1, 0, 0), strict=True):
        block.layer.configure(Separable, in_channels=inputs, out_channels=16, padding=padding)
    for block in (convolutions.blocks[0], convolutions.blocks[2]):
        block.pooled(mode="insert", after="layer")
    template = dl.Sequential(dl.Layer(CenterCrop, 24), convolutions, dl.MultiLayerPerceptron(16, [], 10))
    template[..., "normalization"].all.configure(momentum=0.3)
    return template


class Separable(nn.Sequential):
    """A 3 x 3 convolution of each channel by itself, then a 1 x 1 convolution across channels."""

    def __init__(self, in_channels: int, out_channels: int, padding: int, **kwargs: Any):
        depthwise = nn.Conv2d(in_channels, in_channels, 3, padding=padding, groups=in_channels, bias=False)
        super().__init__(depthwise, nn.Conv2d(in_channels, out_channels, 1, bias=False))


def adamw() -> dl.AdamW:
    """Make the optimizer of the perceptrons."""
    return dl.AdamW(weight_decay=0.01, betas=(0.9, 0.99), fused=True)


def affine(pixels: float) -> RandomAffine:
    """Scale, rotate and shear a digit by about a tenth, and shift it by up to `pixels` pixels."""
    return RandomAffine(
        scale=(uniform(0.9, 1.1), uniform(0.9, 1.1)),
        translate=(uniform(-pixels, pixels), uniform(-pixels, pixels)),
        rotate=uniform(-0.17, 0.17),
        shear=uniform(-0.1, 0.1),
    )
