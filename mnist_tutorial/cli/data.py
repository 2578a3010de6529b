"""The commands about the data: ``fetch``, ``export``, ``verify`` and ``cite``."""

import hashlib
from typing import Annotated, Literal

import typer

from mnist_tutorial.cli.common import Variant, Wanted, end_on_signals, errors, loaded, say

MAX_FINDINGS = 5  # that `verify` prints


def fetch(variant: Wanted = Variant.full) -> None:
    """Fetch MNIST into the cache unless it is there, and verify it.

    Example: python -m mnist_tutorial fetch
    """
    end_on_signals()
    mnist = loaded(variant)
    when = f", fetched {mnist.fetched}" if mnist.fetched else ""
    count = f"{len(mnist.train):,} + {len(mnist.test):,} digits"
    say(f"MNIST {mnist.variant}: {count}, verified, from {mnist.origin}{when}")
    for name, digest in mnist.digests._asdict().items():
        say(f"  SHA-256 of the {name.replace('_', ' '):12} {digest}")


def export(
    folder: Annotated[str | None, typer.Argument(metavar="DIR", help="The folder to write into.")] = None,
    layout: Annotated[
        Literal["class-folders", "flat", "torchvision"],
        typer.Option(help="class-folders: train/7/7_000123.png; flat: mnist/train/...; torchvision: MNIST/raw/..."),
    ] = "class-folders",
    zip_file: Annotated[
        str | None, typer.Option("--zip", metavar="FILE", help="Write one zip archive, instead of DIR or as well.")
    ] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Add manifest.csv, a table of all files.")] = False,
    variant: Wanted = Variant.full,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files with other contents.")] = False,
) -> None:
    """Write MNIST as PNG files, or as IDX files for torchvision, with a README and the licence.

    Example: python -m mnist_tutorial export mnist --layout torchvision
    """
    if not (folder or zip_file) or "" in (folder, zip_file):  # a variable that is not set would be the current folder
        raise typer.BadParameter("no name to write to; expected DIR, --zip FILE, or both")
    end_on_signals()
    mnist = loaded(variant)
    from mnist_tutorial.data.export import LAYOUTS, ROOT, to_folder, to_zip

    with errors():
        if folder:
            written = to_folder(mnist, folder, layout, manifest, force)
            say(f"{folder}: MNIST {mnist.variant}, complete; {written:,} files written")
        if zip_file:
            files = to_zip(mnist, zip_file, layout, manifest, force)
            with open(zip_file, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            say(f"{zip_file}: MNIST {mnist.variant}, {files:,} files, SHA-256 {digest}")
    for other, (_, use) in LAYOUTS.items():
        name, place = ("this", folder or ROOT) if other == layout else (f"--layout {other}", "DIR")
        say(f"  {name} is for {use.format(folder=place)}")


def verify(path: Annotated[str, typer.Argument(help="A folder, a clone, an archive or a file.")]) -> None:
    """Check whether PATH is MNIST, and list the differences.

    Example: python -m mnist_tutorial verify mnist.zip
    """
    with errors():
        from mnist_tutorial.data import verify as verification

        variant, findings = verification.verify(path)
    lines = [f"  {kind}: {name}" for kind, names in findings.items() for name in names]
    say(f"{path}: {verification.summary(variant, findings)}", err=bool(lines))
    if len(lines) > MAX_FINDINGS:
        lines[MAX_FINDINGS:] = [f"  ... and {len(lines) - MAX_FINDINGS:,} more"]
    if lines:
        say("\n".join(lines), err=True)
        raise typer.Exit(1)


def cite() -> None:
    """Print the citations, with BibTeX.

    Example: python -m mnist_tutorial cite > citations.md
    """
    from importlib.resources import files

    print((files("mnist_tutorial.data") / "texts/citation.txt").read_text(encoding="utf-8"), end="")
