"""The network of the front page: trained weights, as the layers that network.js computes."""

import json
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.transforms import CenterCrop

import mnist_tutorial as mt
from mnist_tutorial.benchmark.recipes.networks import tiny_cnn
from reading import SiteError


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().double().flatten().tolist()]  # float32 needs nine digits


def layer(module):
    """Describe one layer as network.js takes it."""
    match module:
        case CenterCrop():
            return {"kind": "crop", "size": module.size[0]}
        case nn.Conv2d(stride=(1, 1), dilation=(1, 1)):
            bias = None if module.bias is None else numbers(module.bias)
            (kernel, _), (padding, _) = module.kernel_size, module.padding
            shape = {"outputs": module.out_channels, "groups": module.groups, "kernel": kernel, "padding": padding}
            return {"kind": "convolution", **shape, "weights": numbers(module.weight), "bias": bias}
        case nn.MaxPool2d():
            return {"kind": "pooling", "kernel": module.kernel_size}
        case nn.BatchNorm2d():
            factors = module.weight.double() / (module.running_var.double() + module.eps).sqrt()
            shifts = module.bias.double() - module.running_mean.double() * factors
            return {"kind": "scaling", "factors": numbers(factors), "shifts": numbers(shifts)}
        case nn.ReLU():
            return {"kind": "relu"}
        case nn.Linear():
            shape = {"outputs": module.out_features}
            return {"kind": "linear", **shape, "weights": numbers(module.weight), "bias": numbers(module.bias)}
        case nn.Flatten() | nn.Identity() | nn.Dropout():
            return None  # nothing happens, or nothing that a list of numbers would notice
    raise SiteError(f"network.js has no layer for {module}; expected a convolutional network such as cnn-tiny")


def layers(network):
    """List the layers of a network in the order in which an image passes them."""
    passed, network = [], network.eval()
    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [leaf.register_forward_hook(lambda module, inputs, output: passed.append(module)) for leaf in leaves]
    with torch.no_grad():
        network(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return [description for module in passed if (description := layer(module)) is not None]


def restore(path):
    """Restore the network from the weights in results/."""
    network = mt.classifier(tiny_cnn())
    try:
        network.load_state_dict(load_file(path))
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise SiteError(f"{path}: no weights of cnn-tiny ({error}); run python tools/front_page.py") from error
    return network.eval()


def export(path: Path, target: Path) -> int:
    """Write the network as a module of JavaScript; returns the number of its parameters."""
    standardize, network = mt.Standardize(), restore(path).model
    exported = {"mean": standardize.mean(), "std": standardize.std(), "layers": layers(network)}
    target.write_text(f"export default {json.dumps(exported, separators=(',', ':'))};\n", encoding="utf-8")
    return sum(parameter.numel() for parameter in network.parameters())
