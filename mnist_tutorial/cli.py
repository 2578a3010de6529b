"""The command line: ``python -m mnist_tutorial``."""

import platform
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated

import typer

from mnist_tutorial.errors import MNISTError

app = typer.Typer(
    help="MNIST for the DeepTrack and deeplay tutorials: fetch it, and see what is there.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help would take half a second to import
)


class Variant(StrEnum):
    """Which data set is wanted, as in `load`."""

    auto = "auto"
    full = "full"
    sample = "sample"


Wanted = Annotated[
    Variant,
    typer.Option(help="full: all 70,000 digits or an error; auto: the sample where that fails."),
]


@app.command()
def fetch(variant: Wanted = Variant.auto):
    """Fetch MNIST into the cache, unless it is there, and verify it."""
    mnist = _load(variant)
    print(f"MNIST {mnist.variant}: {len(mnist.train):,} + {len(mnist.test):,} digits, verified, from {mnist.origin}")


@app.command()
def info(variant: Wanted = Variant.auto):
    """Show what `load` gives here: variant, place, digests, versions, device."""
    from rich.console import Console
    from rich.table import Table

    from mnist_tutorial.cache import cache_folder

    mnist = _load(variant)
    rows = [
        ("variant", mnist.variant),
        ("from", mnist.origin),
        ("cache", str(cache_folder())),
        ("size", f"{len(mnist.train):,} for training, {len(mnist.test):,} for testing"),
        *((f"SHA-256 {name.replace('_', ' ')}", digest) for name, digest in mnist.digests._asdict().items()),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *((name, version(name)) for name in ("mnist-tutorial", "deeptrack", "deeplay", "torch", "lightning", "numpy")),
        ("device", _device()),
    ]
    table = Table(show_header=False, box=None)
    for row in rows:
        table.add_row(*row)
    # As wide as it needs to be: a digest that is cut off or wrapped cannot be compared.
    Console(width=200, highlight=False).print(table)


def _load(variant):
    from mnist_tutorial.data import load

    try:
        return load(variant.value)
    except MNISTError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _device():
    import torch

    from mnist_tutorial.training import has_bfloat16

    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        name = "Apple GPU (MPS)"
    else:
        name = f"CPU, {torch.get_num_threads()} threads"
    return f"{name}, {'bfloat16' if has_bfloat16() else 'float32'}"
