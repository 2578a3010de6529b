"""The exercises of notebook 5."""

from collections.abc import Callable
from typing import Any

import deeplay as dl
import numpy as np
from torch import nn

from mnist_tutorial.course.checks.exercise import Hint, exercise, same
from mnist_tutorial.course.checks.networks import created, fits, learns, parameters


@exercise(
    reference=lambda inputs, hidden, outputs: sum(
        (before + 1) * after for before, after in zip([inputs, *hidden], [*hidden, outputs], strict=True)
    )
)
def count_parameters(answer: Callable[..., Any]) -> str:
    """Check the number of parameters of a multilayer perceptron.

    The answer takes the number of inputs, a list of hidden neurons and the number of outputs, and returns a number.
    """
    rng = np.random.default_rng()
    for layers in (1, 3, 2):
        inputs, *hidden, outputs = rng.integers(2, 40, size=layers + 2).tolist()
        truth = parameters(dl.MultiLayerPerceptron(inputs, hidden, outputs).create())
        found = answer(inputs, list(hidden), outputs)
        hint = "Draw the layers: which numbers does each neuron have?"
        if found == truth - sum(hidden) - outputs:
            hint = "Each neuron adds a number of its own, its bias."
        elif found == truth - (hidden[-1] + 1) * outputs:
            hint = "The outputs are neurons, too."
        elif found == inputs + sum(hidden) + outputs:
            hint = "You have counted the neurons. Each of them has a weight for each of its inputs."
        same(found, truth, f"for {inputs} inputs, hidden layers {hidden} and {outputs} outputs", hint)
    return "a weight for each connection, and a bias for each neuron"


def _gelu(template):
    template[..., "activation#:-1"].configure(nn.GELU)
    return template


@exercise(reference=_gelu)
def gelu(answer: Callable[..., Any]) -> str:
    """Check a template in which all hidden activations, and only those, have become GELU.

    The answer takes the template of a perceptron, and returns it.
    """
    rng = np.random.default_rng()
    for layers in rng.permutation([1, 4]):
        hidden = rng.integers(4, 20, size=layers).tolist()
        network = created(answer(dl.MultiLayerPerceptron(784, hidden, 10)))
        activations = tuple(type(block.activation).__name__ for block in network.blocks)
        expected = ("GELU",) * int(layers) + ("Identity",)
        case = f"for {layers} hidden {'layer' if layers == 1 else 'layers'}"
        if len(activations) != len(expected):
            raise Hint(
                f"{case}, your network has {len(activations)} layers; expected {len(expected)}. Change the template "
                "that you are given."
            )
        if activations[-1] != "Identity":
            raise Hint(
                f"{case}, the activations are {', '.join(activations)}. The last layer no longer gives logits; which "
                "selector leaves it out?"
            )
        hint = "Does your selector match all of them, at any depth?"
        if "GELU" not in activations:
            hint = "Did you configure the template that you return?"
        same(activations, expected, f"{case}, the activations", hint)
    return "GELU in each hidden layer, and none after the last"


def _small_mlp(limit):
    return dl.MultiLayerPerceptron(28 * 28, [int((limit - 10) / (784 + 1 + 10))], 10)


@exercise(reference=_small_mlp)
def small_mlp(answer: Callable[..., Any]) -> str:
    """Check a perceptron with few parameters.

    The answer takes the largest number of parameters, and returns a template.
    """
    rng = np.random.default_rng()
    for limit in (int(rng.integers(90_000, 100_000)), int(rng.integers(15_000, 17_000))):
        template = answer(limit)
        count = fits(created(template), limit)
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
