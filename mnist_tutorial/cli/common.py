"""Options and errors that all commands share."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:
    from rich.table import Table

    from mnist_tutorial.data import MNIST

RESULTS = Path("results")


class Variant(StrEnum):
    """The variants of the data set, as in `load`."""

    auto = "auto"
    full = "full"
    sample = "sample"


Wanted = Annotated[
    Variant,
    typer.Option(help="full: all 70,000 digits, or an error; auto: the sample if they are not available."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that this command did not write.")]


@contextmanager
def errors() -> Iterator[None]:
    """Turn an error into one line and exit code 1."""
    try:
        yield
    except BrokenPipeError:  # nobody reads the output: `__main__` ends in silence
        raise
    except (MNISTError, OSError) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def say(text: object, err: bool = False, flush: bool = False) -> None:
    """Print text that may hold words of others, without what steers terminals."""
    print(printable(text), file=sys.stderr if err else sys.stdout, flush=flush)


def loaded(variant: Variant) -> "MNIST":
    """Load MNIST; an error becomes one line and exit code 1."""
    with errors():
        from mnist_tutorial.data import load

        return load(variant.value)


def show(table: "Table") -> None:
    """Print a table at a width at which it can be read."""
    from rich.console import Console

    Console(highlight=False, emoji=False, width=max(Console().width, 118)).print(table, crop=False)


def end_on_signals():
    """Let a signal end the process as an error would, so that unfinished files are removed."""

    def end(number, frame):
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has one of them
            signal.signal(getattr(signal, name), end)
