"""The command line: ``python -m mnist_tutorial``."""

import hashlib
import platform
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.errors import MNISTError

SHOWN = 20  # findings of `verify`
app = typer.Typer(
    help="MNIST for the DeepTrack and deeplay tutorials: fetch it, see what is there, write it as files, check copies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help would take half a second to import
)

benchmark = typer.Typer(help="Measure routes side by side on this machine.", no_args_is_help=True)
app.add_typer(benchmark, name="benchmark")


class Variant(StrEnum):
    """Which data set is wanted, as in `load`."""

    auto = "auto"
    full = "full"
    sample = "sample"


class Layout(StrEnum):
    """How the files of an export are arranged, as in `export.tree`."""

    class_folders = "class-folders"
    flat = "flat"


Wanted = Annotated[
    Variant,
    typer.Option(help="full: all 70,000 digits or an error; auto: the sample where that fails."),
]


Repeats = Annotated[int, typer.Option(min=1, help="Undisturbed runs of each route; the median counts.")]
Out = Annotated[Path, typer.Option(help="The folder for the JSON file and the bar chart.")]


@app.command()
def fetch(variant: Wanted = Variant.auto):
    """Fetch MNIST into the cache, unless it is there, and verify it."""
    mnist = _load(variant)
    print(f"MNIST {mnist.variant}: {len(mnist.train):,} + {len(mnist.test):,} digits, verified, from {mnist.origin}")


@app.command()
def export(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="the folder to write into")] = None,
    layout: Annotated[
        Layout, typer.Option(help="class-folders: train/7/7_000123.png; flat: mnist/train/7_000123.png.")
    ] = Layout.class_folders,
    zip_file: Annotated[
        Path | None, typer.Option("--zip", metavar="FILE", help="Write the same tree as one zip, also without DIR.")
    ] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Add manifest.csv: path, label, split, ...")] = False,
    variant: Wanted = Variant.full,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files with other contents.")] = False,
):
    """Write MNIST as PNG files, with README and licence."""
    if not (folder or zip_file):
        typer.echo("error: nowhere to write to; expected DIR, --zip FILE, or both", err=True)
        raise typer.Exit(2)
    mnist = _load(variant)
    from mnist_tutorial.export import to_folder, to_zip

    with _errors():
        if folder:
            written = to_folder(mnist, folder, layout.value, manifest, force)
            print(f"{folder}: MNIST {mnist.variant}, complete; {written:,} files written")
        if zip_file:
            files = to_zip(mnist, zip_file, layout.value, manifest, force)
            print(f"{zip_file}: MNIST {mnist.variant}, {files:,} files, SHA-256 {_sha256(zip_file)}")


@app.command()
def verify(path: Annotated[Path, typer.Argument(help="a folder, a clone, a zip or a tar archive")]):
    """Say whether PATH is MNIST, and if not, what in it is wrong."""
    with _errors():
        from mnist_tutorial.audit import audit, summary

        variant, findings = audit(path)
    if not findings:
        print(f"{path}: MNIST {variant}, complete and unchanged")
        return
    typer.echo(f"{path}: not MNIST {variant}: {summary(findings)}", err=True)
    for finding in findings[:SHOWN]:
        typer.echo(f"  {finding}", err=True)
    if len(findings) > SHOWN:
        typer.echo(f"  ... and {len(findings) - SHOWN:,} more", err=True)
    raise typer.Exit(1)


@app.command()
def cite():
    """Print whom to name when you use MNIST, with BibTeX."""
    from importlib.resources import files

    print((files("mnist_tutorial") / "texts/citation.txt").read_text(encoding="utf-8"), end="")


@app.command()
def info(variant: Wanted = Variant.auto):
    """Show what `load` gives here: variant, place, digests, versions, device."""
    from rich.console import Console
    from rich.table import Table

    from mnist_tutorial.cache import cache_folder
    from mnist_tutorial.device import describe

    mnist = _load(variant)
    rows = [
        ("variant", mnist.variant),
        ("from", mnist.origin),
        *([("fetched", mnist.fetched)] if mnist.fetched else []),
        ("cache", str(cache_folder())),
        ("size", f"{len(mnist.train):,} for training, {len(mnist.test):,} for testing"),
        *((f"SHA-256 {name.replace('_', ' ')}", digest) for name, digest in mnist.digests._asdict().items()),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *((name, version(name)) for name in ("mnist-tutorial", "deeptrack", "deeplay", "torch", "lightning", "numpy")),
        ("device", describe()),
    ]
    table = Table(show_header=False, box=None)
    for row in rows:
        table.add_row(*row)
    # As wide as it needs to be: a digest that is cut off or wrapped cannot be compared.
    Console(width=200, highlight=False).print(table)


@benchmark.command()
def loading(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Load an epoch, shuffled, in batches of 256: ours, torch's, torchvision's and DeepTrack's tutorial."""
    _benchmark("loading", repeats, out, variant)


@benchmark.command()
def augmentation(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Warp digits, affine and elastic: ours, kornia, torchvision and DeepTrack's tutorial."""
    _benchmark("augmentation", repeats, out, variant)


@benchmark.command()
def overhead(repeats: Repeats = 5, out: Out = Path("results"), variant: Wanted = Variant.auto):
    """Train the network of notebook 05 for an epoch: ours, a bare loop of torch, and deeplay's defaults."""
    _benchmark("overhead", repeats, out, variant)


def _benchmark(name, repeats, out, variant):
    """Measure, print and write; exit code 1 if a route was never undisturbed as often as wanted."""
    with _errors():
        out.mkdir(parents=True, exist_ok=True)  # what fails, fails before the minutes of measuring
    mnist = _load(variant)
    from importlib import import_module
    from tempfile import TemporaryDirectory

    from rich.console import Console

    from mnist_tutorial.benchmark.comparison import compare
    from mnist_tutorial.benchmark.report import result, table, write

    module = import_module(f"mnist_tutorial.benchmark.{name}")
    with _errors(), TemporaryDirectory() as folder:
        rows = compare(module.routes(mnist.train, Path(folder)), repeats)
        measured = result(name, rows, module.OURS, repeats, mnist.variant)
        # Narrower than this, the table could not be read.
        Console(highlight=False, width=max(Console().width, 118)).print(table(measured))
        for path in write(measured, out):
            print(path)
    if disturbed := [row.name for row in rows if not row.failure and len(row.times) < repeats]:
        typer.echo(
            f"error: other programs used the processor too often to measure {', '.join(disturbed)} {repeats} times; "
            "end them, and run it again",
            err=True,
        )
        raise typer.Exit(1)


@contextmanager
def _errors():
    """Turn what can go wrong into a line and an exit code."""
    try:
        yield
    except (MNISTError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error


def _load(variant):
    with _errors():
        from mnist_tutorial.data import load

        return load(variant.value)


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
