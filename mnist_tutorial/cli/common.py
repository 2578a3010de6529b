"""What the commands share: which variant is wanted, and how an error is told."""

from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from mnist_tutorial.errors import MNISTError


class Variant(StrEnum):
    """Which data set is wanted, as in `load`."""

    auto = "auto"
    full = "full"
    sample = "sample"


Wanted = Annotated[
    Variant,
    typer.Option(help="full: all 70,000 digits or an error; auto: the sample where that fails."),
]


@contextmanager
def errors():
    """Turn what can go wrong into a line and an exit code."""
    try:
        yield
    except (MNISTError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def loaded(variant):
    """Load MNIST, with an error as a line."""
    with errors():
        from mnist_tutorial.data import load

        return load(variant.value)
