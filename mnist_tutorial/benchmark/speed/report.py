"""The report of a comparison: a table for the terminal, a JSON file, and a bar chart."""

import json
import os

import numpy as np
from rich import box
from rich.table import Table

from mnist_tutorial.benchmark.machine import line, machine
from mnist_tutorial.plots import BLUE, GREY, Picture


def result(name, rows, ours, repeats, variant):
    """Collect what was measured, ready for JSON.

    Parameters
    ----------
    name : str
        Of the comparison.
    rows : list of Row
    ours : str
        The name of the route to which the others are compared.
    repeats : int
        How many were wanted.
    variant : str
        Of MNIST.

    Returns
    -------
    dict
        ``times_as_fast`` of each route says how much faster ours is.
    """
    rates = {row.name: row.rate for row in rows}
    return {
        "benchmark": name,
        "machine": machine(),
        "ours": ours,
        "variant": variant,
        "repeats": repeats,
        "rows": [
            row.to_json() | {"times_as_fast": rates[ours] / row.rate if rates[ours] and row.rate else None}
            for row in rows
        ],
    }


def table(measured):
    """Make a table of a `result`."""
    about = f"{measured['benchmark']}, MNIST {measured['variant']}"
    shown = Table(title=f"{about}: median of {measured['repeats']} repeats, turn by turn", box=box.SIMPLE)
    shown.add_column("route")
    for heading in ("images/s", "µs an image", "spread", "ours: faster by", "disturbed"):
        shown.add_column(heading, justify="right")
    shown.add_column("remark", overflow="fold")
    for row in measured["rows"]:
        rate, own = row["images_per_second"], row["name"] == measured["ours"]
        if rate is None:
            why = row["failure"] or "never uncontended: other processes had more than 5 % of our processor time"
            shown.add_row(row["name"], *[""] * 4, str(row["thrown_away"]), f"cannot run: {why}")
            continue
        low, high = _spread(row)
        shown.add_row(
            row["name"],
            f"{rate:,.0f}",
            f"{1e6 / rate:,.2f}" if rate > 1e5 else f"{1e6 / rate:,.1f}",
            f"{100 * (low / rate - 1):+.0f} % to {100 * (high / rate - 1):+.0f} %",
            "" if own else f"{row['times_as_fast']:.{0 if row['times_as_fast'] > 20 else 2}f}",
            str(row["thrown_away"]),
            row["note"],
            style="bold" if own else None,
        )
    shown.caption = line(measured["machine"])
    return shown


def chart(measured):
    """Draw a `result` as bars, on a logarithmic scale where the routes are far apart.

    Returns
    -------
    matplotlib.figure.Figure
        With the range of the repeats as whiskers.
    """
    rows = [row for row in measured["rows"] if row["images_per_second"]][::-1]
    rates = [row["images_per_second"] for row in rows]
    low, high = zip(*map(_spread, rows), strict=True)
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


def write(measured, folder):
    """Write a `result`, and its chart if there is anything to draw.

    Returns
    -------
    list of Path
        Of the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{measured['benchmark']}.{kind}" for kind in ("json", "png")]
    part = paths[0].with_suffix(".part")
    part.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    os.replace(part, paths[0])
    if not any(row["images_per_second"] for row in measured["rows"]):
        return paths[:1]
    chart(measured).savefig(paths[1], dpi=100)
    return paths


def _spread(row):
    rates = [row["images"] * row["calls"] / time["wall"] for time in row["times"]]
    return min(rates), max(rates)
