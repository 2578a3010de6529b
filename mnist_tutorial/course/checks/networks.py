"""The exercises of notebooks 4 and 5: networks that are counted, configured and built."""

from itertools import pairwise
from typing import Any

import deeplay as dl
import numpy as np
import torch
from deeplay.applications import Application
from torch import nn

from mnist_tutorial.course.checks.exercise import Answer, Hint, ask, exercise, refuse, returned, rng, same
from mnist_tutorial.course.checks.helpers import learns


@exercise(reference=lambda i, hidden, o: sum((before + 1) * after for before, after in pairwise([i, *hidden, o])))
def count_parameters(answer: Answer) -> str:
    """Check a number of parameters. The answer takes inputs, a list of hidden neurons and outputs, and returns it."""
    for layers in (1, 3, 2):
        inputs, *hidden, outputs = rng.integers(2, 40, size=layers + 2).tolist()
        neurons = sum(hidden) + outputs
        truth = np.dot([inputs, *hidden], [*hidden, outputs]) + neurons
        mistakes = [
            (truth - neurons, "Each neuron adds a number of its own, its bias."),
            (truth - (hidden[-1] + 1) * outputs, "The outputs are neurons, too."),
            (inputs + neurons, "You have counted the neurons. Each of them has a weight for each of its inputs."),
        ]
        hint = "Draw the layers: what numbers does each neuron have?"
        ask(answer, truth, mistakes, hint, inputs=inputs, hidden=hidden, outputs=outputs)
    return "a weight for each connection, and a bias for each neuron"


def _gelu(template):
    template[..., "activation#:-1"].configure(nn.GELU)
    return template


@exercise(reference=_gelu)
def gelu(answer: Answer) -> str:
    """Check that all hidden activations are GELU. The answer takes the template of a perceptron, and returns it."""
    for layers in rng.permutation([1, 4]).tolist():
        _, network = _created(answer, dl.MultiLayerPerceptron(784, rng.integers(4, 20, size=layers).tolist(), 10))
        activations = tuple(type(block.activation).__name__ for block in getattr(network, "blocks", ()))
        same(len(activations), layers + 1, "in the number of layers", hint="Change the template that you are given.")
        hint = "Does your selector match all of them, at any depth?"
        if activations[-1] != "Identity":
            hint = "The last layer no longer gives logits; which selector leaves it out?"
        relu, expected = ((name,) * layers + ("Identity",) for name in ("ReLU", "GELU"))
        mistakes = [(relu, "Did you configure the template that you return?")]
        same(activations, expected, "for the hidden layers and the last one", mistakes, hint)
    return "GELU in each hidden layer, and none after the last"


@exercise(reference=lambda limit: dl.MultiLayerPerceptron(784, [(limit - 10) // (784 + 1 + 10)], 10))
def small_mlp(answer: Answer) -> str:
    """Check a perceptron with few parameters. The answer takes the largest number of them, and returns a template."""
    return _small(answer, (int(rng.integers(90_000, 100_000)), int(rng.integers(15_000, 17_000))))


@exercise(reference=lambda pixels, kernel, padding, pool: (pixels + 2 * padding - kernel + 1) // pool)
def feature_map_size(answer: Answer) -> str:
    """Check a feature map. The answer takes the sides of image, kernel, padding and pooling, and returns its side."""
    # Pooling with and without a remainder, and none at all.
    for pool, remainder in rng.permutation([(2, 1), (3, 2), (2, 0), (3, 0), (1, 0)]).tolist():
        # With these numbers, each mistake gives a size of its own.
        kernel, padding = int(rng.integers(5, 8)), int(rng.integers(pool + 1, 5))
        size = int(rng.integers(10, 25)) * pool + remainder  # before pooling
        pixels = size - 2 * padding + kernel - 1
        mistakes = [
            (size, "That is the size before pooling."),
            ((size - padding) // pool, (size - 2 * padding) // pool, "Padding is added on both sides."),
            ((size - 1) // pool, "A window as large as the image fits in one place, not in none."),
            (size / pool, -(-size // pool), "Pixels are whole: pooling drops the remainder."),
        ]
        hint = "In how many places does the window fit?"
        ask(answer, size // pool, mistakes, hint, pixels=pixels, kernel=kernel, padding=padding, pool=pool)
    return "you know the size of a feature map before you build it"


def _wide_windows(template):
    template[..., "layer"].isinstance(nn.Conv2d).all.configure(kernel_size=5, padding=2)
    return template


@exercise(reference=_wide_windows)
def wide_windows(answer: Answer) -> str:
    """Check windows of 5 x 5 that leave the size. The answer takes a template with convolutions, and returns it."""
    channels = (*rng.integers(2, 6, size=rng.integers(2, 5)).tolist(), 8)
    convolutions = dl.ConvolutionalNeuralNetwork(1, list(channels[:-1]), 8, out_activation=nn.ReLU)
    _, network = _created(answer, dl.Sequential(convolutions, dl.MultiLayerPerceptron(8 * 14 * 14, [12], 10)))
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    found = tuple(layer.out_channels for layer in layers)
    same(found, channels, "for the channels of the convolutions", hint="Change the template that you are given.")
    windows = tuple(layer.kernel_size for layer in layers)
    hint = "Does your selector match all of them?" if (5, 5) in windows else "Did you configure the template?"
    same(windows, ((5, 5),) * len(layers), "for the sides of the windows", hint=hint)
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
    return _small(answer, (int(rng.integers(12_000, 13_000)), int(rng.integers(2_000, 2_200))), nn.Conv2d)


def _created(answer: Answer, *arguments: Any) -> tuple[dl.DeeplayModule, nn.Module]:
    """Return the template that an answer gives, as it is, and a network that is created from it."""
    try:
        template = returned(answer(*arguments))
    except AttributeError as error:
        hint = "a layer has been configured with an instance, as in `nn.GELU()`; expected the class, `nn.GELU`."
        instance = "attribute 'kwargs'" in str(error)  # all that deeplay 0.1.4 says of it
        refuse(instance, f"{hint} The template makes the instances when a network is created.")
        raise
    kind, expected = type(template).__name__, "expected a deeplay template"
    if isinstance(template, type):
        raise Hint(f"you returned the class {template.__name__}; {expected}: call the class.")
    selected = f"you returned what a selector or its `configure` gives; {expected}. `configure` changes it in place:"
    refuse(kind in ("Selection", "_MethodForwarder"), f"{selected} return the template itself, on the next line.")
    loss = f"you returned a {kind}, which is a network with its loss and its optimizer"
    refuse(isinstance(template, Application), f"{loss}; expected the template of the network alone.")
    refuse(not isinstance(template, dl.DeeplayModule), f"you returned {kind}; {expected}.")
    done = "you returned a created network; expected its template, which can still be configured. Leave out `create`"
    refuse(not any(isinstance(module, dl.Layer) for module in template.modules()), f"{done} or `build`.")
    return template, template.new().create().eval()


def _small(answer, limits, needed=nn.Module):
    """Check networks of up to so many parameters: their size, their outputs, and what the last one learns."""
    for limit in limits:
        template, network = _created(answer, limit)
        found = any(isinstance(module, needed) for module in network.modules())
        refuse(not found, "it has no convolution; expected at least one.")
        count = sum(parameter.numel() for parameter in network.parameters())
        refuse(count > limit, f"it has {count:,} parameters; expected at most {limit:,}. Where are most of them?")
        few = f"it has {count:,} of {limit:,} parameters; expected at least half of them. Use what you may use."
        refuse(count < 0.45 * limit, few)  # what nearly uses half must not depend on the draw of the limit
        layers = [network]  # in the order in which they compute, but for those that leave each output as it is
        for module in network.modules():
            if not list(module.children()) and not isinstance(module, nn.Identity | nn.Dropout | nn.Flatten):
                module.register_forward_hook(lambda module, *others, layers=layers: layers.append(module))
        with torch.no_grad():
            outputs = network(torch.randn(64, 1, 28, 28))
        same(outputs.shape, (64, 10), "for 64 images, the shape of the outputs", hint="Each digit gets a number.")
        probable = "its outputs add up to 1, so they are probabilities; expected logits, as the softmax is in the loss."
        refuse(torch.allclose(outputs.sum(1), torch.ones(64)), probable)
        last = layers[-1]
        bends = type(last).__module__ == nn.ReLU.__module__ and not isinstance(last, nn.LogSoftmax)
        after = f"there is an activation function after its last layer{f', {type(last).__name__}' * bends}"
        clipped = bends or outputs.max() > 0 == outputs.min()
        refuse(clipped, f"{after}; expected logits, which may be any numbers, also negative ones.")
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
