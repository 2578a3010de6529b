"""The exercises of notebook 4."""

import deeplay as dl
import numpy as np
from torch import nn

from mnist_tutorial.course.checks.exercise import Hint, exercise, same
from mnist_tutorial.course.checks.networks import created, fits, learns


@exercise(
    reference=lambda inputs, hidden, outputs: sum(
        (before + 1) * after for before, after in zip([inputs, *hidden], [*hidden, outputs], strict=True)
    )
)
def count_parameters(answer):
    """Check how many parameters a multilayer perceptron has.

    Parameters
    ----------
    answer : callable
        Takes the number of inputs, a list of hidden neurons, and the number of outputs; returns a number.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for layers in (1, 3, 2):
        inputs, *hidden, outputs = rng.integers(2, 40, size=layers + 2).tolist()
        network = dl.MultiLayerPerceptron(inputs, hidden, outputs).create()
        truth = sum(p.numel() for p in network.parameters())
        found = answer(inputs, list(hidden), outputs)
        hint = "Draw the layers: which numbers does each neuron have?"
        biases = sum(hidden) + outputs
        if found == truth - biases:
            hint = "Each neuron adds a number of its own, its bias."
        elif found == truth - (hidden[-1] + 1) * outputs:
            hint = "The outputs are neurons, too."
        elif found == inputs + sum(hidden) + outputs:
            hint = "These are the neurons. Each of them has a weight for each of its inputs."
        same(found, truth, f"for {inputs} inputs, hidden layers {hidden} and {outputs} outputs", hint)
    return "a weight for each connection, and a bias for each neuron"


def _gelu(template):
    template[..., "activation#:-1"].configure(nn.GELU)
    return template


@exercise(reference=_gelu)
def gelu(answer):
    """Check that the hidden activations of a template, and only those, have become GELU.

    Parameters
    ----------
    answer : callable
        Takes a template of a perceptron, returns it.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for layers in rng.permutation([1, 4]):
        hidden = rng.integers(4, 20, size=layers).tolist()
        network = created(answer(dl.MultiLayerPerceptron(784, hidden, 10)))
        kinds = [type(block.activation).__name__ for block in network.blocks]
        of = f"for {layers} hidden {'layer' if layers == 1 else 'layers'}"
        expected = ["GELU"] * int(layers) + ["Identity"]
        if len(kinds) != len(expected):
            raise Hint(
                f"{of}, your network has {len(kinds)} layers; expected {len(expected)}. Change the template that "
                "you get."
            )
        if kinds[-1] != "Identity":
            raise Hint(
                f"{of}, the activations are {', '.join(kinds)}. The last one makes no logits; which selector "
                "leaves it out?"
            )
        hint = (
            "Did you configure the template that you return?"
            if "GELU" not in kinds
            else "Does your selector find all of them, at any depth?"
        )
        same(tuple(kinds), tuple(expected), f"{of}, the activations", hint)
    return "GELU in each hidden layer, and none after the last"


def _small(limit):
    return dl.MultiLayerPerceptron(28 * 28, [int((limit - 10) / (784 + 1 + 10))], 10)


@exercise(reference=_small)
def small_mlp(answer):
    """Check a perceptron of one's own with few parameters.

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
    for limit in (int(rng.integers(90_000, 100_000)), int(rng.integers(15_000, 17_000))):
        template = answer(limit)
        count = fits(template, limit)
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
