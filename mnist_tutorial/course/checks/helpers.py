"""What several exercises need: digits, features of DeepTrack, and networks that are to learn."""

from typing import Any

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from deeplay.applications import Application
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mnist_tutorial.course.checks.exercise import Answer, Hint, OutOfTimeError, refuse, returned, rng, short, time_limit
from mnist_tutorial.data import Split, load
from mnist_tutorial.pipeline import BatchDataset, PerImage, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, evaluate, trainer

DIGITS, HELD_OUT = 3_500, 500
# Epochs and batch size. In the 84 steps of the first training, most networks reach 73 % and more. Three convolutions
# with ReLU and an average over each map reach 35 % to 59 %, and 78 % to 90 % in the 440 steps of the second. Only what
# has begun to learn gets that: nine layers of sigmoids stay at 11 % in the first, as if they always named one digit.
TRAININGS = ((3, 128), (8, 64))
BEGUN, LEARNT = 0.2, 0.6
TRAINING_LIMIT = 20  # seconds; our answers take two, slow learners six


def draw(number: int = 3_600, held_out: int = 400) -> tuple[Split, Split]:
    """Draw training digits, to learn from and to be tested on: new ones each time, by default as many as the sample."""
    seed = int(rng.integers(2**31))
    with time_limit(0):  # what it takes to fetch them does not count
        train = load("auto").train
    return train.take(number + held_out, seed).hold_out(held_out, seed)


def nearest_neighbour(known: np.ndarray, labels: np.ndarray, features: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of features (N, ...) whose nearest neighbour among the known ones has their label."""
    known, features = (array.reshape(len(array), -1).astype(np.float32) for array in (known, features))  # faster
    return float(KNeighborsClassifier(1).fit(known, labels).score(features, truth))


def frozen(array: np.ndarray) -> np.ndarray:
    """Return a copy that cannot be changed: an answer computes something new, and leaves what it gets as it is."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def feature(value: Any) -> dt.Feature:
    """Return a value if it is a DeepTrack feature, or a function that DeepTrack would make one of."""
    if isinstance(returned(value), dt.Feature):
        return value
    if isinstance(value, type):
        raise Hint(f"you returned the class {value.__name__}; expected a feature: call the class.")
    if isinstance(value, PerImage):
        raise Hint("you returned a draw for each image; expected a feature that takes it as a property.")
    if callable(value):  # as DeepTrack takes a plain function behind `>>`
        return dt.Lambda(lambda: value)
    raise Hint(f"you returned {short(value)}; expected a DeepTrack feature, which is evaluated later.")


def created(answer: Answer, *arguments: Any) -> tuple[dl.DeeplayModule, dl.DeeplayModule]:
    """Return the template that an answer gives, as it is, and a network that is created from it."""
    try:
        template = returned(answer(*arguments))
    except AttributeError as error:
        if "attribute 'kwargs'" not in str(error):  # all that deeplay 0.1.4 says of `configure(nn.GELU())`
            raise
        hint = "a layer has been configured with an instance, as in `nn.GELU()`; expected the class, `nn.GELU`."
        raise Hint(f"{hint} The template makes the instances when a network is created.") from error
    kind = type(template).__name__
    if isinstance(template, type):
        raise Hint(f"you returned the class {template.__name__}; expected a deeplay template: call the class.")
    if kind in ("Selection", "_MethodForwarder"):
        hint = "`configure` changes the template in place: return the template itself, on the next line."
        raise Hint(f"you returned what a selector or its `configure` gives; expected a deeplay template. {hint}")
    loss = f"you returned a {kind}, which is a network with its loss and its optimizer"
    refuse(isinstance(template, Application), f"{loss}; expected the template of the network alone.")
    refuse(not isinstance(template, dl.DeeplayModule), f"you returned {kind}; expected a deeplay template.")
    if not any(isinstance(module, dl.Layer) for module in template.modules()):
        hint = "you returned a network that has been created; expected its template, which can still be configured."
        raise Hint(f"{hint} Leave out `create` or `build`: the check does it.")
    return template, template.new().create().eval()


def fits(network: nn.Module, limit: int) -> int:
    """Count the parameters of a network; refuse one that is too large, too small, or gives no logits."""
    count = sum(parameter.numel() for parameter in network.parameters())
    refuse(count > limit, f"it has {count:,} parameters; expected at most {limit:,}. Where are most of them?")
    if count < 0.45 * limit:  # what nearly uses half must not depend on the draw of the limit
        raise Hint(f"it has {count:,} of {limit:,} parameters; expected at least half of them. Use what you may use.")
    layers = [network]  # in the order in which they compute, but for those that leave each output as it is
    for module in network.modules():
        if not list(module.children()) and not isinstance(module, nn.Identity | nn.Dropout | nn.Flatten):
            module.register_forward_hook(lambda module, inputs, output: layers.append(module))
    with torch.no_grad():
        outputs = network(torch.randn(64, 1, 28, 28))
    if outputs.shape != (64, 10):
        raise Hint(f"64 images give {tuple(outputs.shape)}; expected (64, 10), a number for each digit.")
    probable = "its outputs add up to 1, so they are probabilities; expected logits, as the softmax is in the loss."
    refuse(torch.allclose(outputs.sum(1), torch.ones(64)), probable)
    last = layers[-1]
    bends = type(last).__module__ == nn.ReLU.__module__ and not isinstance(last, nn.LogSoftmax)
    if bends or outputs.max() > 0 == outputs.min():
        after = f"there is an activation function after its last layer{f', {type(last).__name__}' * bends}"
        raise Hint(f"{after}; expected logits, which may be any numbers, also negative ones.")
    return count


def trained(template: dl.DeeplayModule, digits: Split, epochs: int, batch_size: int, callbacks: Any = ()) -> nn.Module:
    """Train a template in a few seconds."""
    source, network = digit_source(digits), classifier(template, max_lr=1e-2)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    loader = batch_loader(dataset, batch_size, shuffle=True)
    trainer(max_epochs=epochs, progress=False, callbacks=callbacks).fit(network, loader)
    return network


def learns(template: dl.DeeplayModule) -> str:
    """Say what a template learns in a few seconds; refuse one that learns nothing."""
    train, held_out = draw(DIGITS, HELD_OUT)
    try:
        with time_limit(TRAINING_LIMIT):
            for epochs, batch_size in TRAININGS:
                network = trained(template, train, epochs, batch_size)
                accuracy = evaluate(network, held_out)
                if not BEGUN <= accuracy < LEARNT:
                    break
    except OutOfTimeError as error:
        network = template.new().create().eval()  # outside: drawing weights counts, too
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.zeros(1, 1, 28, 28))
        often = f"since it multiplies {counter.get_total_flops() / 2e6:.1f} million times for each image"
        hint = "A weight of a convolution multiplies once for each pixel of its feature map: pool earlier"
        raise Hint(f"it was still training after {TRAINING_LIMIT} s, {often}. {hint}, or leave out layers.") from error
    result = f"{accuracy:.0%} after {epochs} epochs of {DIGITS:,} digits"
    question = "Is there an activation between the layers, does it let the gradient through, and is there enough room"
    refuse(accuracy < LEARNT, f"it recognizes {result}; expected at least {LEARNT:.0%}. {question} in each layer?")
    return result
