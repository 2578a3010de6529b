"""The kit: a folder from which a room without a network sets the course up."""

from mnist_tutorial.setup.kit.manifest import verify
from mnist_tutorial.setup.kit.target import SYSTEMS, Target, target
from mnist_tutorial.setup.kit.torch_build import torch_build
from mnist_tutorial.setup.kit.writing import Options, write

__all__ = ["SYSTEMS", "Options", "Target", "target", "torch_build", "verify", "write"]
