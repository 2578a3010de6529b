"""The exercises of notebook 5."""

import deeplay as dl
import numpy as np
import torch
from torch import nn

from mnist_tutorial.course.checks.exercise import Hint, exercise, same
from mnist_tutorial.course.checks.networks import created, fits, learns


@exercise(reference=lambda pixels, kernel, padding, pool: (pixels + 2 * padding - kernel + 1) // pool)
def side(answer):
    """Check the side of a feature map after a convolution and a pooling.

    Parameters
    ----------
    answer : callable
        Takes the side of the image, of the window, the padding and the side of the pooling, returns a number.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for _ in range(4):
        pool, kernel = (int(rng.integers(*ends)) for ends in ((2, 4), (5, 8)))
        # Such that pooling leaves something over, and that padding on one side only would show.
        padding, whole = int(rng.integers(pool, 5)), int(rng.integers(10, 25) * pool + rng.integers(1, pool))
        pixels = whole - 2 * padding + kernel - 1
        network = nn.Sequential(nn.Conv2d(1, 1, kernel, padding=padding), nn.MaxPool2d(pool))
        truth = network(torch.zeros(1, 1, pixels, pixels)).shape[-1]
        found = answer(pixels, kernel, padding, pool)
        hint = "In how many places does the window fit?"
        if found == whole:
            hint = "That is the side before pooling."
        elif found == (pixels - kernel + 1) // pool or found == (pixels + padding - kernel + 1) // pool:
            hint = "Padding is added on both sides."
        elif isinstance(found, float) and found == whole / pool:
            hint = "Part of a pixel is none: pooling drops what is left over."
        same(found, truth, f"for {pixels} pixels, a window of {kernel}, padding {padding} and pooling {pool}", hint)
    return "you know the size of a map before you build it"


def _wide(template):
    template[..., "layer"].isinstance(nn.Conv2d).all.configure(kernel_size=5, padding=2)
    return template


@exercise(reference=_wide)
def wide_windows(answer):
    """Check that all convolutions of a template look through 5 x 5 windows, and that no map changes its size.

    Parameters
    ----------
    answer : callable
        Takes a template with convolutions and a perceptron, returns it.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    channels = rng.integers(2, 6, size=rng.integers(2, 5)).tolist()
    convolutions = dl.ConvolutionalNeuralNetwork(1, channels, 8, out_activation=nn.ReLU)
    head = dl.MultiLayerPerceptron(8 * 14 * 14, [12], 10)
    network = created(answer(dl.Sequential(convolutions, head)))
    found = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if [module.out_channels for module in found] != [*channels, 8]:
        raise Hint(
            f"your network has {len(found)} convolutions; expected the {len(channels) + 1} that it came with. Change "
            "the template that you get."
        )
    windows = [module.kernel_size for module in found]
    if set(windows) != {(5, 5)}:
        hint = (
            "Does your selector find all of them?"
            if (5, 5) in windows
            else "Did you configure the template that you return?"
        )
        raise Hint(f"the windows are {', '.join(f'{a} x {b}' for a, b in windows)}; expected 5 x 5 for all. {hint}")
    with torch.no_grad():
        shape = tuple(network[0](torch.zeros(1, 1, 14, 14)).shape)
    same(
        shape,
        (1, 8, 14, 14),
        "of an image of 14 x 14, the last map",
        "A larger window fits in fewer places, unless the border is made wider.",
    )
    return "5 x 5 everywhere, and each map as large as before"


def _small(limit):
    width = 4
    while _count(_net(width + 1)) <= limit:
        width += 1
    return _net(width)


def _net(width):
    convolutions = dl.ConvolutionalNeuralNetwork(1, [width], 2 * width, out_activation=nn.ReLU)
    convolutions.pooled()
    convolutions.normalized(mode="insert", after="layer")
    return dl.Sequential(convolutions, dl.Layer(nn.MaxPool2d, 4), dl.MultiLayerPerceptron(2 * width * 3 * 3, [], 10))


def _count(template):
    return sum(p.numel() for p in template.create().parameters())


@exercise(reference=_small)
def small_cnn(answer):
    """Check a convolutional network of one's own with few parameters.

    Parameters
    ----------
    answer : callable
        Takes the largest number of parameters, returns a template.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for limit in (int(rng.integers(12_000, 13_000)), int(rng.integers(2_000, 2_200))):
        template = answer(limit)
        if not any(isinstance(module, nn.Conv2d) for module in created(template).modules()):
            raise Hint("there is no convolution in it; expected one at least.")
        count = fits(template, limit)
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
