"""The commands about the data: ``fetch``, ``export``, ``verify`` and ``cite``."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import typer

import mnist_tutorial as mt
from mnist_tutorial.cli.common import EXAMPLE, Force, Variant, app, say

LAYOUT = typer.Option(help="class-folders: train/7/7_000123.png; flat: mnist/train/...; torchvision: MNIST/raw/...")
MAX_FINDINGS = 5  # that `verify` prints


@app.command(epilog=f"{EXAMPLE} fetch")
def fetch(variant: Variant = "full") -> None:
    """Fetch MNIST into the cache unless it is there, and verify it."""
    mnist = mt.load(variant)
    when = f", fetched {mnist.fetched}" if mnist.fetched else ""
    digits = f"{len(mnist.train):,} + {len(mnist.test):,} digits"
    say(f"MNIST {mnist.variant}: {digits}, verified, from {mnist.origin}{when}")
    for name, digest in mnist.digests._asdict().items():
        say(f"  SHA-256 of the {name.replace('_', ' '):12} {digest}")


@app.command(epilog=f"{EXAMPLE} export mnist --layout torchvision")
def export(
    folder: Annotated[str | None, typer.Argument(metavar="DIR", help="The folder to write into.")] = None,
    layout: Annotated[Literal["class-folders", "flat", "torchvision"], LAYOUT] = "class-folders",
    zip_file: Annotated[str | None, typer.Option("--zip", metavar="FILE", help="Write one zip file, too.")] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Add manifest.csv, a table of all files.")] = False,
    variant: Variant = "full",
    force: Force = False,
) -> None:
    """Write MNIST as PNG files, or as IDX files for torchvision, with a README and the licence."""
    if not (folder or zip_file) or "" in (folder, zip_file):  # a variable that is not set would be the current folder
        raise typer.BadParameter("no name to write to; expected DIR, --zip FILE, or both")
    mnist = mt.load(variant)
    from mnist_tutorial.data.export import LAYOUTS, ROOT, to_folder, to_zip

    if folder:
        written = to_folder(mnist, folder, layout, manifest, force)
        say(f"{folder}: MNIST {mnist.variant}, complete; {written:,} files written")
    if zip_file:
        written = to_zip(mnist, zip_file, layout, manifest, force)
        digest = hashlib.sha256(Path(zip_file).read_bytes()).hexdigest()
        say(f"{zip_file}: MNIST {mnist.variant}, {written:,} files, SHA-256 {digest}")
    for other, (_, use) in LAYOUTS.items():
        name, place = ("this", folder or ROOT) if other == layout else (f"--layout {other}", "DIR")
        say(f"  {name} is for {use.format(folder=place)}")


@app.command(epilog=f"{EXAMPLE} verify mnist.zip")
def verify(path: Annotated[str, typer.Argument(help="A folder, a clone, an archive or a file.")]) -> None:
    """Check whether PATH is MNIST, and list the differences."""
    from mnist_tutorial.data import verify as verification

    variant, findings = verification.verify(path)
    lines = [f"  {kind}: {name}" for kind, names in findings.items() for name in names]
    if len(lines) > MAX_FINDINGS:
        lines[MAX_FINDINGS:] = [f"  ... and {len(lines) - MAX_FINDINGS:,} more"]
    say("\n".join([f"{path}: {verification.summary(variant, findings)}", *lines]), err=bool(lines))
    raise typer.Exit(int(bool(lines)))


@app.command(epilog=f"{EXAMPLE} cite > citations.md")
def cite() -> None:
    """Print the citations, with BibTeX."""
    print((files("mnist_tutorial") / "data/texts/citation.txt").read_text(encoding="utf-8"), end="")
