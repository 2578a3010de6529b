"""The command line: ``python -m mnist_tutorial``."""

from mnist_tutorial.cli import benchmark, commands  # noqa: F401  (they add their commands)
from mnist_tutorial.cli.common import app

__all__ = ["app"]
