"""MNIST: fetched, verified, cached, read and written."""

from mnist_tutorial.data.load import MNIST, load
from mnist_tutorial.data.split import Split

__all__ = ["MNIST", "Split", "load"]
