"""The exercises of notebook 4."""

from itertools import pairwise

import deeplay as dl
from torch import nn

from mnist_tutorial.course.checks.exercise import Answer, Hint, exercise, rng, same
from mnist_tutorial.course.checks.helpers import created, fits, learns


def _count_parameters(inputs, hidden, outputs):
    return sum((before + 1) * neurons for before, neurons in pairwise([inputs, *hidden, outputs]))


@exercise(reference=_count_parameters)
def count_parameters(answer: Answer) -> str:
    """Check a number of parameters. The answer takes inputs, a list of hidden neurons and outputs, and returns it."""
    for layers in (1, 3, 2):
        inputs, *hidden, outputs = rng.integers(2, 40, size=layers + 2).tolist()
        truth, neurons = _count_parameters(inputs, hidden, outputs), sum(hidden) + outputs
        mistakes = [
            (truth - neurons, "Each neuron adds a number of its own, its bias."),
            (truth - (hidden[-1] + 1) * outputs, "The outputs are neurons, too."),
            (inputs + neurons, "You have counted the neurons. Each of them has a weight for each of its inputs."),
        ]
        case = f"for {inputs} inputs, hidden layers {hidden} and {outputs} outputs"
        hint = "Draw the layers: what numbers does each neuron have?"
        same(answer(inputs, list(hidden), outputs), truth, case, mistakes, hint)
    return "a weight for each connection, and a bias for each neuron"


def _gelu(template):
    template[..., "activation#:-1"].configure(nn.GELU)
    return template


@exercise(reference=_gelu)
def gelu(answer: Answer) -> str:
    """Check that all hidden activations are GELU. The answer takes the template of a perceptron, and returns it."""
    for layers in rng.permutation([1, 4]).tolist():
        hidden = rng.integers(4, 20, size=layers).tolist()
        _, network = created(answer, dl.MultiLayerPerceptron(784, hidden, 10))
        activations = tuple(type(block.activation).__name__ for block in getattr(network, "blocks", ()))
        expected = ("GELU",) * layers + ("Identity",)
        case = f"for {layers} hidden {'layer' if layers == 1 else 'layers'}"
        if len(activations) != len(expected):
            number = f"{len(activations)} layers; expected {len(expected)}"
            raise Hint(f"{case}, your network has {number}. Change the template that you are given.")
        hint = "Does your selector match all of them, at any depth?"
        if activations[-1] != "Identity":
            hint = "The last layer no longer gives logits; which selector leaves it out?"
        mistakes = [(("ReLU",) * layers + ("Identity",), "Did you configure the template that you return?")]
        same(activations, expected, f"{case} and the last one", mistakes, hint)
    return "GELU in each hidden layer, and none after the last"


@exercise(reference=lambda limit: dl.MultiLayerPerceptron(784, [(limit - 10) // (784 + 1 + 10)], 10))
def small_mlp(answer: Answer) -> str:
    """Check a perceptron with few parameters. The answer takes the largest number of them, and returns a template."""
    for limit in (int(rng.integers(90_000, 100_000)), int(rng.integers(15_000, 17_000))):
        template, network = created(answer, limit)
        count = fits(network, limit)
    return f"{count:,} parameters of {limit:,}, and {learns(template)}"
