"""Run the command line: ``python -m mnist_tutorial``."""

from mnist_tutorial.cli import app

app(prog_name="python -m mnist_tutorial")
