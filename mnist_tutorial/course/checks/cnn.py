"""The exercises of notebook 5."""

import deeplay as dl
import torch
from torch import nn

from mnist_tutorial.course.checks.exercise import Answer, Hint, exercise, refuse, rng, same
from mnist_tutorial.course.checks.helpers import created, fits, learns


@exercise(reference=lambda pixels, kernel, padding, pool: (pixels + 2 * padding - kernel + 1) // pool)
def feature_map_size(answer: Answer) -> str:
    """Check a feature map. The answer takes the sides of image, kernel, padding and pooling, and returns its side."""
    # Pooling with and without a remainder, and none at all.
    for pool, remainder in rng.permutation([(2, 1), (3, 2), (2, 0), (3, 0), (1, 0)]).tolist():
        # With these numbers, each mistake gives a size of its own.
        kernel, padding = int(rng.integers(5, 8)), int(rng.integers(pool + 1, 5))
        unpooled = int(rng.integers(10, 25)) * pool + remainder
        pixels = unpooled - 2 * padding + kernel - 1
        both_sides, whole = "Padding is added on both sides.", "Pixels are whole: pooling drops the remainder."
        mistakes = [
            (unpooled, "That is the size before pooling."),
            ((unpooled - padding) // pool, both_sides),
            ((unpooled - 2 * padding) // pool, both_sides),
            ((unpooled - 1) // pool, "A window as large as the image fits in one place, not in none."),
            (unpooled / pool, whole),
            (-(-unpooled // pool), whole),
        ]
        case = f"for {pixels} pixels, kernel {kernel}, padding {padding} and pooling {pool}"
        hint = "In how many places does the window fit?"
        same(answer(pixels, kernel, padding, pool), unpooled // pool, case, mistakes, hint)
    return "you know the size of a feature map before you build it"


def _wide_windows(template):
    template[..., "layer"].isinstance(nn.Conv2d).all.configure(kernel_size=5, padding=2)
    return template


@exercise(reference=_wide_windows)
def wide_windows(answer: Answer) -> str:
    """Check windows of 5 x 5 that leave the size. The answer takes a template with convolutions, and returns it."""
    channels = [*rng.integers(2, 6, size=rng.integers(2, 5)).tolist(), 8]
    convolutions = dl.ConvolutionalNeuralNetwork(1, channels[:-1], channels[-1], out_activation=nn.ReLU)
    _, network = created(answer, dl.Sequential(convolutions, dl.MultiLayerPerceptron(8 * 14 * 14, [12], 10)))
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    if [layer.out_channels for layer in layers] != channels:
        number = f"{len(layers)} convolutions; expected the {len(channels)} of the template"
        raise Hint(f"your network has {number}. Change the template that you are given.")
    windows = [layer.kernel_size for layer in layers]
    if set(windows) != {(5, 5)}:
        hint = "Does your selector match all of them?" if (5, 5) in windows else "Did you configure the template?"
        raise Hint(f"the windows are {', '.join(f'{a} x {b}' for a, b in windows)}; expected 5 x 5 for all. {hint}")
    sizes = tuple(layer(torch.zeros(1, layer.in_channels, 14, 14)).shape[-1] for layer in layers)
    hint = "A larger window fits in fewer places, unless the image gets a wider border."
    same(sizes, (14,) * len(sizes), "for an image of 14 x 14 pixels, the sides of the feature maps", hint=hint)
    return "5 x 5 everywhere, and each feature map as large as before"


def _small_cnn(limit):
    # Weights and biases of two convolutions, their normalizations and the last layer.
    width = next(width for width in range(99, 0, -1) if 18 * width**2 + 198 * width + 10 <= limit)
    convolutions = dl.ConvolutionalNeuralNetwork(1, [width], 2 * width, out_activation=nn.ReLU)
    convolutions.pooled()
    convolutions.normalized(mode="insert", after="layer")
    return dl.Sequential(convolutions, dl.Layer(nn.MaxPool2d, 4), dl.MultiLayerPerceptron(2 * width * 3 * 3, [], 10))


@exercise(reference=_small_cnn)
def small_cnn(answer: Answer) -> str:
    """Check a small convolutional network. The answer takes how many parameters are allowed, and returns a template."""
    for limit in (int(rng.integers(12_000, 13_000)), int(rng.integers(2_000, 2_200))):
        template, network = created(answer, limit)
        convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
        refuse(not convolutions, "it has no convolution; expected at least one.")
        count = fits(network, limit)
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
