"""A first layer that is computed instead of trained, and a small network with it, for records in speed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torchvision.transforms import CenterCrop

from mnist_tutorial.pipeline import Standardize

SIDE = 5  # of a patch, in pixels
DIGITS = 200  # have 115,200 patches, more than enough for a covariance of 25 x 25
NOISE = 0.1  # added to each variance: patches hardly vary along the last components, which would be mostly noise


def whitening_filters(images: np.ndarray, channels: int) -> torch.Tensor:
    """Compute filters (channels, 1, 5, 5) whose responses to patches of digits are uncorrelated, of equal variance.

    They are the largest principal components, half as many as channels: each has both signs, since a ReLU follows. See
    K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498, section 3.2; after D. Page.
    """
    digits = torch.from_numpy(Standardize()(images[:DIGITS]))
    patches = digits.unfold(1, SIDE, 1).unfold(2, SIDE, 1).reshape(-1, SIDE * SIDE)
    variances, components = torch.linalg.eigh(patches.T.cov())  # in ascending order
    filters = components / (variances + NOISE).sqrt()
    largest = filters[:, -(channels // 2) :].T
    return torch.cat([largest, -largest]).view(channels, 1, SIDE, SIDE)


class Whitening(nn.Conv2d):
    """A first convolution that stays as it is, so that nothing is propagated back through the layer of most pixels.

    Other arguments than the filters, configured for the convolution that this one replaces, are ignored.
    """

    def __init__(self, filters: torch.Tensor, **kwargs: Any) -> None:
        super().__init__(1, len(filters), SIDE, bias=False)
        self.weight = nn.Parameter(filters, requires_grad=False)


class WhitenedCNN(nn.Sequential):
    """A network of a `Whitening`, convolutions with `channels` maps, the last of which pools, and two linear layers."""

    def __init__(self, filters: torch.Tensor, channels: Sequence[int], hidden: int) -> None:
        layers = [CenterCrop(24), Whitening(filters), nn.MaxPool2d(2), nn.ReLU()]  # (B, C, 10, 10)
        inputs, side = len(filters), 10
        for number, outputs in enumerate(channels, start=1):
            layers.append(nn.Conv2d(inputs, outputs, 3))
            inputs, side = outputs, side - 2
            if number == len(channels):
                layers.append(nn.MaxPool2d(2))  # before the rest of the block, which has less to compute
                side //= 2
            layers += [nn.BatchNorm2d(outputs, momentum=0.3), nn.ReLU()]
        neurons = [nn.Flatten(), nn.Linear(inputs * side**2, hidden), nn.BatchNorm1d(hidden, momentum=0.3), nn.ReLU()]
        super().__init__(*layers, *neurons, nn.Linear(hidden, 10))
