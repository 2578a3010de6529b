"""What we ask of a student's network: its size, its outputs, and that it learns."""

from collections.abc import Callable
from typing import Any

import deeplay as dl
import deeptrack as dt
import torch
from deeplay.applications import Application
from torch import nn

from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, returned
from mnist_tutorial.course.checks.time_limit import OutOfTimeError, call_within
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, evaluate, trainer

DIGITS, HELD_OUT = 3_500, 500
# Epochs and batch size. In the 84 steps of the first training, most networks reach 73 % and more. Three convolutions
# with ReLU and an average over each map reach 35 % to 59 %, and 78 % to 90 % in the 440 steps of the second. Only what
# has begun to learn gets that: nine layers of sigmoids stay at 11 % in the first, as if they always named one digit.
TRAININGS = ((3, 128), (8, 64))
BEGUN, LEARNT = 0.2, 0.6
# Of the parameters that are allowed. What nearly uses half of them must not depend on the draw of the limit.
HALF = 0.45
TRAINING_LIMIT = 20  # seconds; our answers take two, slow learners six
PASSES = (nn.Identity, nn.Dropout, nn.Flatten)  # what leaves each output as it is, once the network is in use


def asked(answer: Callable[..., Any], *arguments: Any) -> Any:
    """Call an answer that configures a template."""
    try:
        return answer(*arguments)
    except AttributeError as error:
        if "attribute 'kwargs'" in str(error):  # all that deeplay 0.1.4 says of `configure(nn.GELU())`
            raise Hint(
                "a layer has been configured with an instance, as in `nn.GELU()`; expected the class, `nn.GELU`. The "
                "template makes the instances when a network is created."
            ) from error
        raise


def created(template: Any) -> dl.DeeplayModule:
    """Create a network from what a student returned, and leave the template as it is."""
    kind = type(returned(template)).__name__
    if isinstance(template, type):
        raise Hint(f"you returned the class {template.__name__}; expected a deeplay template: call the class.")
    if kind in ("Selection", "_MethodForwarder"):
        raise Hint(
            "you returned what a selector or its `configure` gives; expected a deeplay template. `configure` changes "
            "the template in place: return the template itself, on the next line."
        )
    if isinstance(template, Application):
        raise Hint(
            f"you returned a {kind}, which is a network with its loss and its optimizer; expected the template of the "
            "network alone."
        )
    if not isinstance(template, dl.DeeplayModule):
        raise Hint(f"you returned {kind}; expected a deeplay template.")
    if not any(isinstance(module, dl.Layer) for module in template.modules()):
        raise Hint(
            "you returned a network that has been created; expected its template, which can still be configured. Leave "
            "out `create` or `build`: the check does it."
        )
    return template.new().create().eval()


def parameters(network: nn.Module) -> int:
    """Count the parameters of a network."""
    return sum(p.numel() for p in network.parameters())


def fits(network: nn.Module, limit: int) -> int:
    """Count the parameters of a network; refuse one that is too large, too small, or gives no logits."""
    count = parameters(network)
    if count > limit:
        raise Hint(f"it has {count:,} parameters; expected at most {limit:,}. Where are most of them?")
    if count < limit * HALF:
        raise Hint(f"it has {count:,} of {limit:,} parameters; expected at least half of them. Use what you may use.")
    outputs, layers = _outputs(network)
    if outputs.shape != (64, 10):
        raise Hint(f"64 images give {tuple(outputs.shape)}; expected (64, 10), a number for each digit.")
    if torch.allclose(outputs.sum(1), torch.ones(64)):
        raise Hint(
            "its outputs add up to 1, so they are probabilities; expected logits, as the softmax is in the loss."
        )
    last = layers[-1] if layers else network
    bends = type(last).__module__ == nn.ReLU.__module__ and not isinstance(last, nn.LogSoftmax)
    if bends or outputs.max() > 0 == outputs.min():
        raise Hint(
            f"there is an activation function after its last layer{f', {type(last).__name__}' * bends}; expected "
            "logits, which may be any numbers, also negative ones."
        )
    return count


def _outputs(network):
    """Return the outputs for 64 images of noise, and the layers that made them, one after the other."""
    layers = []
    for module in network.modules():
        if not list(module.children()) and not isinstance(module, PASSES):
            module.register_forward_hook(lambda module, inputs, output: layers.append(module))
    with torch.no_grad():
        return network(torch.randn(64, 1, 28, 28)), layers


def learns(template: dl.DeeplayModule) -> str:
    """Say what a template learns in a few seconds; refuse one that learns nothing."""
    train, held_out = draw(DIGITS, HELD_OUT)
    try:
        accuracy, epochs = call_within(TRAINING_LIMIT, _trained, template, train, held_out)
    except OutOfTimeError as error:
        raise Hint(
            f"it was still training after {TRAINING_LIMIT} s, since it multiplies "
            f"{_multiplications(created(template)) / 1e6:.1f} million times for each image. A weight of a convolution "
            "multiplies once for each pixel of its feature map: pool earlier, or leave out layers."
        ) from error
    result = f"{accuracy:.0%} after {epochs} epochs of {DIGITS:,} digits"
    if accuracy >= LEARNT:
        return result
    raise Hint(
        f"it recognizes {result}; expected at least {LEARNT:.0%}. Is there an activation between the layers, does it "
        "let the gradient through, and is there enough room in each layer?"
    )


def _trained(template, train, held_out):
    """Return the accuracy that a template reaches on other digits, and after how many epochs."""
    source = digit_source(train)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    for epochs, batch_size in TRAININGS:
        network = classifier(template, max_lr=1e-2)
        trainer(max_epochs=epochs, progress=False).fit(network, batch_loader(dataset, batch_size, shuffle=True))
        accuracy = evaluate(network, held_out)
        if not BEGUN <= accuracy < LEARNT:
            break
    return accuracy, epochs


def _multiplications(network):
    """Count the multiplications by a weight for one image."""
    counts = []

    def count(module, inputs, output):
        per_output = module.weight[0].numel()  # the weights of a neuron, or of one pixel of a feature map
        counts.append(per_output * output.numel())

    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 1, 28, 28))
    return sum(counts)
