"""Models: templates of deeplay networks for digits, to configure and then create."""

from collections.abc import Sequence

import deeplay as dl
from torch import nn
from torchvision.transforms import CenterCrop


def mlp(hidden: Sequence[int] = (256, 256), dropout: float = 0.1) -> dl.MultiLayerPerceptron:
    """Make the template of a multilayer perceptron: Linear, BatchNorm, ReLU and Dropout in each hidden block.

    The network takes float (B, 1, 28, 28), and returns logits (B, 10). `hidden` has the number of neurons of each
    hidden layer, which drops the fraction `dropout` of them during training.

    Examples
    --------
    >>> import torch
    >>> template = mlp(hidden=(64,))
    >>> _ = template[..., "activation#:-1"].configure(nn.GELU)  # any part can be changed before it is created
    >>> template.create()(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    template = dl.MultiLayerPerceptron(28 * 28, list(hidden), 10)
    template["blocks", :-1].all.normalized(nn.BatchNorm1d, mode="insert", after="layer")
    template["blocks", :-1].all.set_dropout(dropout)
    return template


def cnn(channels: tuple[int, int, int] = (16, 32, 64)) -> dl.Sequential:
    """Make the template of a small convolutional network that trains fast.

    Five blocks of convolution, BatchNorm and ReLU, and one linear layer. Two blocks pool right after the convolution,
    so that the rest has a quarter of the pixels to compute. The network takes float (B, 1, 28, 28) or (B, 1, 24, 24),
    and returns logits (B, 10). It sees the central 24 x 24 pixels: train it on windows, and use it on whole digits.
    `channels` are the feature maps of the first convolution (5 x 5), of the next two, and of the last two (3 x 3). The
    first layers and the early pooling are those of T. Tuomas, github.com/tuomaso/train_mnist_fast.

    Examples
    --------
    >>> import torch
    >>> network = cnn().create()
    >>> network(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    first, second, third = channels
    convolutions = dl.ConvolutionalNeuralNetwork(1, [first, second, second, third], third, out_activation=nn.ReLU)
    convolutions.normalized(mode="insert", after="layer")
    # (B, 1, 24, 24) -> (B, first, 10, 10) -> (B, second, 10, 10) -> (B, second, 5, 5) -> (B, third, 3, 3), (..., 1, 1)
    convolutions.blocks[0].layer.configure(kernel_size=5, padding=0)
    for block in (convolutions.blocks[0], convolutions.blocks[2]):
        block.pooled(mode="insert", after="layer")
    for block in (convolutions.blocks[3], convolutions.blocks[4]):
        block.layer.configure(padding=0)
    head = dl.MultiLayerPerceptron(third, [], 10)
    template = dl.Sequential(dl.Layer(CenterCrop, 24), convolutions, head)
    # The running statistics follow quickly, since a training has only a few hundred steps.
    template[..., "normalization"].all.configure(momentum=0.3)
    return template
