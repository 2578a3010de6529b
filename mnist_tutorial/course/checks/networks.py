"""What we ask of a student's network: its size, its outputs, and that it learns."""

from typing import Any

import deeplay as dl
import deeptrack as dt
import torch

from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, returned
from mnist_tutorial.course.checks.time_limit import OutOfTimeError, call_within
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, evaluate, trainer

DIGITS, HELD_OUT, EPOCHS = 3_500, 500, 3
# Far from the 11 % of a network that always names the same digit, and from the 73 % to 82 % that the course's own CNN
# reached with 1,360 parameters; most others reach 90 %.
LEARNT = 0.6
HALF = (
    0.45  # of the parameters that are allowed: what nearly uses half of them must not depend on the draw of the limit
)
TRAINING_LIMIT = 20  # seconds; our answers take two


def created(template: Any) -> dl.DeeplayModule:
    """Create a network from what a student returned, and leave the template as it is."""
    if not isinstance(returned(template), dl.DeeplayModule):
        raise Hint(f"you returned {type(template).__name__}; expected a deeplay template.")
    if not any(isinstance(module, dl.Layer) for module in template.modules()):
        raise Hint(
            "you returned a network that has been created; expected its template, which can still be configured. Leave "
            "out `create` or `build`: the check does it."
        )
    return template.new().create().eval()


def parameters(network: torch.nn.Module) -> int:
    """Count the parameters of a network."""
    return sum(p.numel() for p in network.parameters())


def fits(network: torch.nn.Module, limit: int) -> int:
    """Count the parameters of a network; refuse one that is too large, too small, or gives no logits."""
    count = parameters(network)
    if count > limit:
        raise Hint(f"it has {count:,} parameters; expected at most {limit:,}. Where are most of them?")
    if count < limit * HALF:
        raise Hint(f"it has {count:,} of {limit:,} parameters; expected at least half of them. Use what you may use.")
    with torch.no_grad():
        outputs = network(torch.randn(64, 1, 28, 28))
    if outputs.shape != (64, 10):
        raise Hint(f"64 images give {tuple(outputs.shape)}; expected (64, 10), a number for each digit.")
    if torch.allclose(outputs.sum(1), torch.ones(64)):
        raise Hint(
            "its outputs add up to 1, so they are probabilities; expected logits, as the softmax is in the loss."
        )
    return count


def learns(template: dl.DeeplayModule) -> str:
    """Say what a template learns in a second; refuse one that learns nothing."""
    train, held_out = draw(DIGITS, HELD_OUT)
    source = digit_source(train)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    multiplications = _multiplications(created(template))
    network = classifier(template, max_lr=1e-2)
    training = trainer(max_epochs=EPOCHS, progress=False)
    try:
        call_within(TRAINING_LIMIT, training.fit, network, batch_loader(dataset, batch_size=128, shuffle=True))
    except OutOfTimeError as error:
        raise Hint(
            f"it was still training after {TRAINING_LIMIT} s, since it multiplies {multiplications / 1e6:.1f} million "
            "times for each image. A weight of a convolution multiplies once for each pixel of its feature map: pool "
            "earlier, or leave out layers."
        ) from error
    accuracy = evaluate(network, held_out)
    result = f"{accuracy:.0%} after {EPOCHS} epochs of {DIGITS:,} digits"
    if accuracy < LEARNT:
        raise Hint(
            f"it recognizes {result}; expected at least {LEARNT:.0%}. Is there an activation between the layers, does "
            "it let the gradient through, and is there enough room in each layer?"
        )
    return result


def _multiplications(network):
    """Count the multiplications by a weight for one image."""
    counts = []

    def count(module, inputs, output):
        per_output = module.weight[0].numel()  # the weights of a neuron, or of one pixel of a feature map
        counts.append(per_output * output.numel())

    for module in network.modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 1, 28, 28))
    return sum(counts)
