"""The command ``lab``."""

from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import Variant, errors, fetch
from mnist_tutorial.cli.course import write_course

COURSE = "course"
# What we do not know is for JupyterLab, and comes as it is.
OPTIONS = {"ignore_unknown_options": True}


def lab(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR] [OPTION]",
            help=f"A folder for the course, by default {COURSE}; then options of JupyterLab, such as --port 9999.",
        ),
    ] = None,
) -> None:
    """Fetch MNIST, write the course into DIR, and open JupyterLab on it.

    Files that you have changed stay as they are. To end it, press Ctrl-C.
    """
    options = list(arguments or [])
    folder = Path(options.pop(0) if options and not options[0].startswith("-") else COURSE)
    with errors():
        from mnist_tutorial.setup.lab import check_lab, open_lab

        check_lab()
    fetch(Variant.auto)
    write_course(folder)
    open_lab(folder / "student", options)
