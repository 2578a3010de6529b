"""Diagrams: drawings that explain, made from code, with a text for those who cannot see them."""

from mnist_tutorial.diagrams.descent import gradient_descent
from mnist_tutorial.diagrams.functions import activations
from mnist_tutorial.diagrams.networks import layers, neuron
from mnist_tutorial.diagrams.protocol import protocol
from mnist_tutorial.diagrams.windows import convolution, pooling

__all__ = ["activations", "convolution", "gradient_descent", "layers", "neuron", "pooling", "protocol"]
