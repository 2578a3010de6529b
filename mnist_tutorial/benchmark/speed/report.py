"""The report of a measurement: a table for the terminal, a JSON file, and a bar chart."""

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.machine import line, machine
from mnist_tutorial.benchmark.outputs import MARK
from mnist_tutorial.benchmark.speed.measurement import Measurement
from mnist_tutorial.data import atomic
from mnist_tutorial.errors import printable
from mnist_tutorial.plots import BLUE, GREY, Picture


def collect(name: str, measurements: list[Measurement], ours: str, repeats: int, variant: str) -> dict:
    """Collect measurements into a dictionary for JSON.

    Parameters
    ----------
    name : str
        Of the benchmark.
    measurements : list of Measurement
    ours : str
        The route with which the others are compared.
    repeats : int
        Intended number of repeats.
    variant : str
        Of MNIST.

    Returns
    -------
    dict
        ``times_as_fast`` of a route is how many times as fast ours is.
    """
    rates = {measurement.name: measurement.rate for measurement in measurements}
    return {
        "mark": MARK,
        "benchmark": name,
        "machine": machine(),
        "ours": ours,
        "variant": variant,
        "repeats": repeats,
        "rows": [
            measurement.to_json() | {"times_as_fast": rates[ours] / rate if rates[ours] and rate else None}
            for measurement in measurements
            for rate in [measurement.rate]
        ],
    }


def table(measured: dict) -> Table:
    """Show the dictionary of `collect` in the terminal."""
    title = f"{measured['benchmark']}, MNIST {measured['variant']}"
    shown = Table(title=f"{title}: median of {measured['repeats']} repeats, in turn", box=box.SIMPLE)
    shown.add_column("route")
    for heading in ("images/s", "µs/image", "range", "ours: times as fast", "discarded"):
        shown.add_column(heading, justify="right")
    shown.add_column("note", overflow="fold")
    for row in measured["rows"]:
        rate, is_ours = row["images_per_second"], row["name"] == measured["ours"]
        if rate is None:
            reason = row["failure"] or "always contended: other programs used more than 5 % of our processor time"
            shown.add_row(row["name"], *[""] * 4, str(row["discarded"]), f"cannot run: {escape(printable(reason))}")
            continue
        low, high = _range(row)
        shown.add_row(
            row["name"],
            f"{rate:,.0f}",
            f"{1e6 / rate:,.2f}" if rate > 1e5 else f"{1e6 / rate:,.1f}",
            f"{100 * (low / rate - 1):+.0f} % to {100 * (high / rate - 1):+.0f} %",
            "" if is_ours else f"{row['times_as_fast']:.{0 if row['times_as_fast'] > 20 else 2}f}",
            str(row["discarded"]),
            row["note"],
            style="bold" if is_ours else None,
        )
    shown.caption = line(measured["machine"])
    return shown


def chart(measured: dict) -> Figure:
    """Draw the dictionary of `collect` as bars, on a logarithmic scale if the routes are far apart.

    Returns
    -------
    matplotlib.figure.Figure
        With the range of the repeats as whiskers.
    """
    rows = [row for row in measured["rows"] if row["images_per_second"]][::-1]
    rates = [row["images_per_second"] for row in rows]
    low, high = zip(*map(_range, rows), strict=True)
    figure = Picture(figsize=(8, 1.2 + 0.45 * len(rows)), layout="constrained")
    far = max(rates) > 10 * min(rates)
    axes = figure.add_subplot(xlabel=f"images per second{' (log scale)' if far else ''}")
    axes.barh(
        [row["name"] for row in rows],
        rates,
        color=[BLUE if row["name"] == measured["ours"] else GREY for row in rows],
        xerr=np.abs(np.array([low, high]) - rates),
        capsize=3,
    )
    for y, (rate, end) in enumerate(zip(rates, high, strict=True)):
        axes.text(end * (1.15 if far else 1.02), y, f"{rate:,.0f}", va="center")
    if far:
        axes.set(xscale="log", xlim=(min(rates) / 3, max(rates) * 4))
    else:
        axes.set(xlim=(0, 1.2 * max(high)))
    axes.set_title(f"{measured['benchmark']}, median of {measured['repeats']}")
    return figure


def paths(name: str, folder: Path) -> list[Path]:
    """Name the files that `write` writes."""
    return [folder / f"{name}.{kind}" for kind in ("json", "png")]


def write(measured: dict, folder: Path) -> list[Path]:
    """Write the dictionary of `collect`, and its chart if there is anything to draw.

    Returns
    -------
    list of Path
        Of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, picture = paths(measured["benchmark"], folder)
    with atomic(table) as part:
        part.write_text(json.dumps(measured, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if not any(row["images_per_second"] for row in measured["rows"]):
        return [table]
    with atomic(picture) as part:
        chart(measured).savefig(part, format="png", dpi=100, metadata={"Software": MARK})
    return [table, picture]


def _range(row):
    rates = [row["images"] * row["calls"] / time["wall"] for time in row["times"]]
    return min(rates), max(rates)
