"""The commands of ``benchmark`` that time several ways side by side."""

from pathlib import Path
from typing import Annotated

import typer

from mnist_tutorial.cli.common import RESULTS, Force, Variant, Wanted, errors, loaded, say, show

Repeats = Annotated[int, typer.Option(min=1, help="Uncontended runs of each route; their median counts.")]
Out = Annotated[Path, typer.Option(help="The folder for the JSON file and the bar chart.")]


def loading(repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False) -> None:
    """Time an epoch of shuffled batches of 256: ours, torch's, torchvision's and DeepTrack's tutorial."""
    _side_by_side("loading", repeats, out, variant, force)


def augmentation(
    repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False
) -> None:
    """Time affine and elastic warps of digits: ours, kornia, torchvision and DeepTrack's tutorial."""
    _side_by_side("augmentation", repeats, out, variant, force)


def optics(repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False) -> None:
    """Time images of digits under a fluorescence microscope: ours, and DeepTrack's, also in a DataLoader."""
    _side_by_side("optics", repeats, out, variant, force)


def overhead(repeats: Repeats = 5, out: Out = RESULTS, variant: Wanted = Variant.auto, force: Force = False) -> None:
    """Time an epoch of the network of notebook 06: ours, a bare loop in torch, and deeplay's defaults."""
    _side_by_side("overhead", repeats, out, variant, force)


def _side_by_side(name: str, repeats: int, out: Path, variant: Variant, force: bool) -> None:
    """Measure, print and write; exit code 1 if a route had too few uncontended runs."""
    with errors():
        from mnist_tutorial.benchmark.outputs import check_replaceable
        from mnist_tutorial.benchmark.speed.report import collect, paths, table, write

        out.mkdir(parents=True, exist_ok=True)  # so that a bad folder fails before minutes of measuring
        check_replaceable(paths(name, out), force)
    mnist = loaded(variant)
    from importlib import import_module
    from tempfile import TemporaryDirectory

    from mnist_tutorial.benchmark.speed.measurement import measure

    module = import_module(f"mnist_tutorial.benchmark.speed.{name}")
    with errors(), TemporaryDirectory() as folder:
        measurements = measure(module.routes(mnist.train, Path(folder)), repeats)
        measured = collect(name, measurements, module.OURS, repeats, mnist.variant)
        show(table(measured))
        for path in write(measured, out):
            say(path)
    if contended := [route.name for route in measurements if not route.failure and len(route.times) < repeats]:
        typer.echo(
            f"error: other programs used the processor too often to measure {', '.join(contended)} {repeats} times; "
            "close them, and run the command again",
            err=True,
        )
        raise typer.Exit(1)
