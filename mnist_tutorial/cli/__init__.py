"""The command line: ``python -m mnist_tutorial``."""

import typer

from mnist_tutorial.cli.benchmark import benchmark
from mnist_tutorial.cli.course import FOR_JUPYTERLAB, doctor, grade, kit, lab, workshop
from mnist_tutorial.cli.data import cite, export, fetch, verify

app = typer.Typer(
    help="MNIST for the DeepTrack and deeplay tutorials: fetch, export and verify it, and benchmark networks on it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes half a second to import
)

app.command(context_settings=FOR_JUPYTERLAB)(lab)
for command in (fetch, export, verify, cite, doctor, kit, workshop, grade):
    app.command()(command)
app.add_typer(benchmark, name="benchmark")
