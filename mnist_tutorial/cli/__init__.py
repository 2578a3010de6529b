"""The command line: ``python -m mnist_tutorial``."""

import hashlib
from enum import StrEnum
from typing import Annotated

import typer

from mnist_tutorial.cli.benchmark import benchmark
from mnist_tutorial.cli.common import Variant, Wanted, end_on_signals, errors, fetch, loaded, say
from mnist_tutorial.cli.course import grade, workshop
from mnist_tutorial.cli.doctor import doctor
from mnist_tutorial.cli.kit import kit
from mnist_tutorial.cli.lab import OPTIONS, lab

MAX_FINDINGS = 20  # that `verify` prints
app = typer.Typer(
    help="MNIST for the DeepTrack and deeplay tutorials: fetch, export and verify it, and benchmark networks on it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes half a second to import
)

app.command()(fetch)
app.command(context_settings=OPTIONS)(lab)
app.command()(doctor)
app.command()(kit)
app.command()(workshop)
app.command()(grade)
app.add_typer(benchmark, name="benchmark")


class Layout(StrEnum):
    """The layouts of an export, as in `export.tree`."""

    class_folders = "class-folders"
    flat = "flat"
    torchvision = "torchvision"


@app.command()
def export(
    folder: Annotated[str | None, typer.Argument(metavar="DIR", help="The folder to write into.")] = None,
    layout: Annotated[
        Layout,
        typer.Option(help="class-folders: train/7/7_000123.png; flat: mnist/train/...; torchvision: MNIST/raw/..."),
    ] = Layout.class_folders,
    zip_file: Annotated[
        str | None, typer.Option("--zip", metavar="FILE", help="Write one zip archive, instead of DIR or as well.")
    ] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Add manifest.csv, a table of all files.")] = False,
    variant: Wanted = Variant.full,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files with other contents.")] = False,
) -> None:
    """Write MNIST as PNG files, or as IDX files for torchvision, with a README and the licence."""
    if not (folder or zip_file) or "" in (folder, zip_file):  # a variable that is not set would be the current folder
        typer.echo("error: no name to write to; expected DIR, --zip FILE, or both", err=True)
        raise typer.Exit(2)
    end_on_signals()
    mnist = loaded(variant)
    from mnist_tutorial.data.export import LAYOUTS, ROOT, to_folder, to_zip

    with errors():
        if folder:
            written = to_folder(mnist, folder, layout.value, manifest, force)
            say(f"{folder}: MNIST {mnist.variant}, complete; {written:,} files written")
        if zip_file:
            files = to_zip(mnist, zip_file, layout.value, manifest, force)
            say(f"{zip_file}: MNIST {mnist.variant}, {files:,} files, SHA-256 {_sha256(zip_file)}")
        for other, (_, use) in LAYOUTS.items():
            name, place = ("this", folder or ROOT) if other == layout.value else (f"--layout {other}", "DIR")
            say(f"  {name} is for {use.format(folder=place)}")


@app.command()
def verify(path: Annotated[str, typer.Argument(help="A folder, a clone, an archive or a file.")]) -> None:
    """Check whether PATH is MNIST, and list the differences."""
    with errors():
        from mnist_tutorial.data import verify as verification

        variant, findings = verification.verify(path)
    lines = [f"  {kind}: {name}" for kind, names in findings.items() for name in names]
    say(f"{path}: {verification.summary(variant, findings)}", err=bool(lines))
    for line in lines[:MAX_FINDINGS]:
        say(line, err=True)
    if len(lines) > MAX_FINDINGS:
        say(f"  ... and {len(lines) - MAX_FINDINGS:,} more", err=True)
    if lines:
        raise typer.Exit(1)


@app.command()
def cite() -> None:
    """Print the citations, with BibTeX."""
    from importlib.resources import files

    print((files("mnist_tutorial.data") / "texts/citation.txt").read_text(encoding="utf-8"), end="")


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
