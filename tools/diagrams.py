"""Draw the diagrams of the notebooks into mnist_tutorial/figures: `python tools/diagrams.py`.

Each figure is a file, SVG or GIF, with an entry in figures.json: its width on the page, and a text that stands for it.
"""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from PIL import Image
from scipy.signal import correlate2d
from scipy.special import expit

from mnist_tutorial.plots import BLUE, GREY, ORANGE

FOLDER = Path(__file__).parent.parent / "mnist_tutorial/figures"
INK, FAINT, SKY, PEACH = "#222222", "#555555", "#dcecf6", "#fbe6da"
DOTS_PER_INCH = 80  # on the page
MIDDLE = 2.75  # inches: the height of the middle of a layer
START, STEPS, RATES = 2.6, 12, {"too small": 0.03, "about right": 0.4, "too large": 2.03}  # of gradient descent


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure, in inches, and axes over all of it on which an inch is a unit."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def write(axes: Axes, x: float, y: float, text: str, **style):
    """Write a text, centred, with formulas as LaTeX sets them."""
    usual = {"ha": "center", "va": "center", "fontsize": 15, "color": INK, "zorder": 5, "math_fontfamily": "cm"}
    return axes.text(x, y, text, **usual | style)


def arrow(axes: Axes, start: Sequence[float], end: Sequence[float], **style) -> None:
    usual = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.6, "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=usual | style)


def still(figure: Figure) -> bytes:
    """Return a figure as SVG, with texts as outlines: not every machine has the fonts."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "mnist_tutorial", "svg.fonttype": "path"}):  # else names differ each time
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def animation(figure: Figure, states: Iterator[int]) -> bytes:
    """Return a figure as GIF: `states` changes the figure and yields how long it stays so, in ms."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DOTS_PER_INCH * 1.25)
    frames, durations = [], []
    for duration in states:
        canvas.draw()
        frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]))
        durations.append(duration)
        figure.set_layout_engine("none")  # the first frame has found the places
    palette = frames[0].quantize(64, method=Image.Quantize.MAXCOVERAGE)  # white stays white
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0, optimize=False)
    return stream.getvalue()


def neuron() -> tuple[Figure, str]:
    """Draw a neuron at work: inputs, weights, their sum plus a bias, the activation function, and the output."""
    inputs, weights, bias = np.array([0.0, 0.5, 1.0, 0.8]), np.array([0.7, -2.0, 1.5, 1.0]), -0.5
    total = inputs @ weights + bias
    figure, axes = canvas(9.6, 4.1)
    centre, radius, right = (4.55, 2.2), 0.62, 7.12
    for i, (value, weight, y) in enumerate(zip(inputs, weights, (3.55, 2.65, 1.75, 0.85), strict=True), 1):
        shade = str(1 - 0.85 * value)
        axes.add_patch(Rectangle((0.75, y - 0.3), 0.6, 0.6, facecolor=shade, edgecolor=INK, linewidth=1.3))
        write(axes, 1.05, y, f"{value:.1f}", color="white" if value > 0.45 else INK)
        write(axes, 0.4, y, f"$x_{i}$", fontsize=19)
        start = np.array([1.45, y])
        end = centre - (centre - start) / np.hypot(*(centre - start)) * (radius + 0.05)
        style = {"color": BLUE if weight > 0 else ORANGE}
        arrow(axes, start, end, linewidth=1 + 1.8 * abs(weight), **style)
        style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        write(axes, *(start + 0.42 * (end - start)), f"$w_{i} = {weight:.1f}$", fontsize=17, **style)
    axes.add_patch(Circle(centre, radius, facecolor="white", edgecolor=INK, linewidth=2))
    write(axes, *centre, r"$\Sigma$", fontsize=30)
    write(axes, centre[0], 3.72, f"$b = {bias:.1f}$", color=ORANGE, fontsize=17)
    arrow(axes, (centre[0], 3.5), (centre[0], centre[1] + radius + 0.05), color=ORANGE, linewidth=1 + 1.8 * abs(bias))
    arrow(axes, (centre[0] + radius + 0.05, centre[1]), (6.45, centre[1]))
    write(axes, 5.83, centre[1] + 0.3, f"$z = {total:.2f}$", fontsize=17)
    axes.add_patch(Circle((right, centre[1]), radius, facecolor="white", edgecolor=INK, linewidth=2))
    x = np.linspace(-1, 1, 60)
    axes.plot(right + 0.42 * x, centre[1] - 0.3 + 0.6 * expit(6 * x), color=BLUE, linewidth=3)
    arrow(axes, (right + radius + 0.05, centre[1]), (9.2, centre[1]))
    write(axes, 8.47, centre[1] + 0.3, f"$a = {expit(total):.2f}$", fontsize=17)
    names = "inputs", "weights", "sum and bias", "activation\nfunction", "output"
    for place, name in zip((1.05, 2.6, centre[0], right, 8.7), names, strict=True):
        write(axes, place, 0.28, name, color=FAINT, fontsize=13.5)
    write(axes, centre[0] + 0.05, 1.1, r"$z = w \cdot x + b$", fontsize=20)
    write(axes, right, 1.1, r"$a = \sigma(z)$", fontsize=20)
    return figure, (
        f"One neuron. Four inputs, each times its weight, are added up with a bias: z = {total:.2f}. "
        f"The activation function, a sigmoid, turns the sum into the output, a = {expit(total):.2f}."
    )


def layers(sizes: Sequence[int]) -> tuple[Figure, str]:
    """Draw a network of layers; dots stand for what is left out, and below are the numbers of parameters."""
    gap, last = 2.35, len(sizes) - 1
    figure, axes = canvas(gap * last + 2.4, 4.5)
    columns = [column(size) for size in sizes]
    parameters = [(before + 1) * after for before, after in pairwise(sizes)]
    for i, (size, rows) in enumerate(zip(sizes, columns, strict=True)):
        x = 1.2 + gap * i
        name, fill, edge = "hidden layer", SKY, BLUE
        if i in (0, last):
            name, fill, edge = ("outputs", PEACH, ORANGE) if i else ("inputs", "#f4f4f4", GREY)
        if i:  # a single line, with gaps, makes a small file
            heights = [[before, y, np.nan] for before in columns[i - 1] for y in rows]
            across = np.tile([x - gap, x, np.nan], len(heights))
            axes.plot(across, np.ravel(heights), color=GREY, linewidth=0.7, alpha=0.6, zorder=1)
        for y in rows:
            axes.add_patch(Circle((x, y), 0.17, facecolor=fill, edgecolor=edge, linewidth=2.2, zorder=3))
        for offset in (-0.13, 0, 0.13) if len(rows) < size else ():
            axes.add_patch(Circle((x, MIDDLE + offset), 0.032, color=INK, zorder=3))
        write(axes, x, 0.92, f"{size:,}", fontsize=18, weight="bold")
        write(axes, x, 0.62, name, color=FAINT, fontsize=13.5)
        if i:
            write(axes, x - gap / 2 + (0.4 if i == 1 else 0), 0.3, f"{parameters[i - 1]:,}", fontsize=13.5, color=BLUE)
    write(axes, 1.03, 0.3, "weights and biases:", fontsize=13.5, color=BLUE)
    hidden = "".join(f"{size:,} hidden neurons, " for size in sizes[1:-1])
    return figure, (
        f"A network of layers: {sizes[0]:,} inputs, {hidden}{sizes[-1]:,} outputs. Each neuron is connected with "
        f"all of the layer before. {sum(parameters):,} weights and biases in all."
    )


def column(size: int) -> list[float]:
    """Return the heights of the circles that stand for a layer, with a gap for dots where some are left out."""
    if size <= 8:
        return [MIDDLE + 0.44 * (i - (size - 1) / 2) for i in range(size)]
    return [MIDDLE + sign * (0.44 * i + 0.4) for i in range(3) for sign in (-1, 1)]


def protocol() -> tuple[Figure, str]:
    """Draw the protocol: train on some digits, choose by others, and measure once on those left."""
    figure, axes = canvas(9.6, 4.0)
    columns = (
        (0.2, 3.7, BLUE, SKY, "training", "the network learns", "weights and biases", "at each step"),
        (4.1, 2.7, ORANGE, PEACH, "validation", "you choose", "what to build,\nwhen to stop", "as often as you like"),
        (7.3, 2.1, INK, "#ececec", "test", "you measure", "the number\nto report", "once, at the end"),
    )
    for left, width, colour, fill, name, who, what, often in columns:
        style = {"boxstyle": "round,pad=0,rounding_size=0.1", "facecolor": fill, "edgecolor": colour, "linewidth": 2}
        axes.add_patch(FancyBboxPatch((left, 2.85), width, 0.75, **style))
        middle = left + width / 2
        write(axes, middle, 3.22, f"{name} digits", fontsize=17, weight="bold", color=colour)
        arrow(axes, (middle, 2.78), (middle, 2.28), color=colour, linewidth=2.5, mutation_scale=20)
        write(axes, middle, 1.98, who)
        write(axes, middle, 1.3, what, weight="bold")
        write(axes, middle, 0.72, often, fontsize=14, color=FAINT)
    style = {"color": GREY, "linewidth": 2.5, "mutation_scale": 20, "connectionstyle": "arc3,rad=-0.12"}
    arrow(axes, (5.85, 0.5), (2.45, 0.5), **style)
    write(axes, 3.75, 0.13, "and train again", fontsize=14, color=FAINT)
    axes.plot((7.05, 7.05), (0.1, 3.85), color=INK, linewidth=1.5, linestyle=(0, (4, 3)))
    return figure, (
        "Three sets of digits. From the training digits the network learns its weights and biases, at each "
        "step. By the validation digits you choose what to build and when to stop, as often as you like, and train "
        "again. Behind a dashed line are the test digits: on them you measure the number to report, once, at the end."
    )


def gradient_descent() -> tuple[Figure, str, Callable[[], Iterator[int]]]:
    """Animate how a weight goes down the loss w² / 2 step by step, with three learning rates."""
    figure = Figure(figsize=(9.6, 3.5), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # inches
    w = np.linspace(-4, 4, 200)
    panels = []
    for i, (name, rate) in enumerate(RATES.items()):
        axes = figure.add_subplot(1, 3, i + 1, xlim=(-4, 4), ylim=(-0.6, 8), xticks=[], yticks=[])
        axes.plot(w, w**2 / 2, color="#888888", linewidth=2.5)
        axes.set_title(f"{name}: {rate}", fontsize=16)
        axes.set_xlabel("weight", fontsize=15)
        axes.set_ylabel("" if i else "loss", fontsize=15)
        axes.spines[["top", "right"]].set_visible(False)
        (trail,) = axes.plot([], [], color=BLUE, linewidth=1.3, marker="o", markersize=6, markerfacecolor="white")
        (ball,) = axes.plot([], [], color=ORANGE, marker="o", markersize=14)
        (slope,) = axes.plot([], [], color=INK, linewidth=2, linestyle=(0, (2, 1)))
        panels.append((START * (1 - rate) ** np.arange(STEPS + 1), trail, slope, ball))  # the gradient of the loss is w
    caption = figure.supxlabel(" ", fontsize=14)

    def states():
        for step, duration in [(STEPS, 1500), *((step, 450) for step in range(STEPS)), (STEPS, 2500)]:
            for path, trail, slope, ball in panels:
                trail.set_data(path[: step + 1], path[: step + 1] ** 2 / 2)
                along = path[step] + np.array([-1, 1]) / np.hypot(1, path[step] / 1.6)
                slope.set_data(along, path[step] ** 2 / 2 + path[step] * (along - path[step]))
                ball.set_data(path[[step]], path[[step]] ** 2 / 2)
            caption.set_text(f"step {step} of {STEPS}:  new weight = weight − learning rate × slope")
            yield duration

    alt = (
        f"Gradient descent, {STEPS} steps on a curve with three learning rates. Too small: the ball creeps, and is "
        "still far from the lowest point. About right: it reaches the lowest point in a few steps. Too large: each "
        "step jumps across the valley, to a higher place on the other side. A dashed line shows the slope at the ball."
    )
    return figure, alt, states


def convolution() -> tuple[Figure, str, Callable[[], Iterator[int]]]:
    """Animate how a window of 3 x 3 pixels moves over an image and fills a map."""
    image = np.zeros((7, 7), dtype=int)
    image[1, 1:6] = 1  # a seven
    image[[2, 3, 4, 5], [5, 4, 4, 3]] = 1
    kernel = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    result = correlate2d(image, kernel, mode="valid")
    figure, axes = canvas(9.6, 4.5)
    size, left, middle, right, top = 0.48, 0.2, 4.5, 6.9, 3.95
    grid(axes, left, top, size, image, np.where(image, "#333333", "white"))
    grid(axes, middle, top - 2 * size, size, kernel, shades(kernel))
    cells = grid(axes, right, top - size, size, result, shades(result))
    write(axes, left + 3.5 * size, top + 0.25, "image", fontsize=17)
    write(axes, middle + 1.5 * size, top - 2 * size + 0.25, "kernel", fontsize=17)
    write(axes, right + 2.5 * size, top - size + 0.25, "map", fontsize=17)
    write(axes, 4.05, top - 3.5 * size, r"$\ast$", fontsize=30)
    write(axes, 6.42, top - 3.5 * size, "=", fontsize=28)
    style = {"fill": False, "edgecolor": ORANGE, "linewidth": 4, "zorder": 6}
    window = axes.add_patch(Rectangle((0, 0), 3 * size, 3 * size, **style))
    target = axes.add_patch(Rectangle((0, 0), size, size, **style))
    sums = write(axes, 4.8, 0.27, "", fontsize=17)

    def states():
        last, example = result.size - 1, 6  # at the seventh place, the sum has terms of both signs
        for place, filled, duration in [(example, last, 1500), *((i, i, 450) for i in range(last)), (last, last, 2000)]:
            row, column = np.unravel_index(place, result.shape)
            window.set_xy((left + column * size, top - (row + 3) * size))
            target.set_xy((right + column * size, top - (row + 2) * size))
            for i, cell in enumerate(cells):
                for artist in cell:
                    artist.set_visible(i <= filled)
            sums.set_text(sum_in_words(image[row : row + 3, column : column + 3], kernel))
            yield duration

    alt = (
        "Convolution: a window of 3 by 3 pixels moves over an image of a seven, 7 by 7 pixels. At each place its "
        "pixels are multiplied by the 9 weights of a kernel and added up; the sum is one number of the map, 5 by 5. "
        f"This kernel adds the row above and subtracts that below: the map goes from {result.min()} to {result.max()}."
    )
    return figure, alt, states


def pooling() -> tuple[Figure, str]:
    """Draw what pooling keeps of each square of 2 x 2: the largest number, or the mean."""
    values = np.array([[1, 3, 0, 0], [5, 7, 2, 6], [0, 1, 8, 4], [1, 2, 4, 0]])
    squares = values.reshape(2, 2, 2, 2)
    largest, means = squares.max((1, 3)), squares.mean((1, 3))
    figure, axes = canvas(9.2, 3.7)
    colours = np.array([["#cfe5f3", "#f9dccb"], ["#e6e6e6", "#fff2b8"]])
    grid(axes, 0.3, 3.15, 0.72, values, colours.repeat(2, 0).repeat(2, 1), fontsize=20)
    for row, column in np.ndindex(2, 2):
        corner = (0.3 + 1.44 * column, 3.15 - 1.44 * (row + 1))
        axes.add_patch(Rectangle(corner, 1.44, 1.44, fill=False, edgecolor=INK, linewidth=2.5, zorder=4))
    write(axes, 1.74, 3.42, "map", fontsize=17)
    for x, numbers, name in ((4.5, largest, "max pooling"), (7.2, means, "mean pooling")):
        grid(axes, x, 2.56, 0.85, numbers, colours, fontsize=20, linewidth=2.5)
        write(axes, x + 0.85, 2.83, name, fontsize=17)
    arrow(axes, (3.4, 1.71), (4.25, 1.71), linewidth=2.5, mutation_scale=24)
    write(axes, 6.7, 1.71, "or", fontsize=17)
    return figure, (
        "Pooling over squares of 2 by 2 numbers, from a map of 4 by 4 to one of 2 by 2. Max pooling keeps the largest "
        f"number of each square: {', '.join(map(str, largest.flat))}. Mean pooling keeps the mean: "
        f"{', '.join(f'{mean:g}' for mean in means.flat)}."
    )


def grid(axes, left, top, size, numbers, colours, fontsize=15, linewidth=1) -> list[tuple]:
    """Draw numbers in coloured squares; returns the artists of each."""
    cells = []
    for place, number in np.ndenumerate(numbers):
        corner = (left + place[1] * size, top - (place[0] + 1) * size)
        axes.add_patch(Rectangle(corner, size, size, facecolor="white", edgecolor="#bbbbbb", zorder=1))
        style = {"facecolor": colours[place], "edgecolor": "#888888", "linewidth": linewidth, "zorder": 2}
        square = axes.add_patch(Rectangle(corner, size, size, **style))
        style = {"color": INK if np.mean(to_rgb(colours[place])) > 0.45 else "white", "fontsize": fontsize, "zorder": 3}
        cells.append((square, write(axes, corner[0] + size / 2, corner[1] + size * 0.48, signed(number), **style)))
    return cells


def shades(numbers: np.ndarray) -> np.ndarray:
    """Return blue for positive numbers, orange for negative ones, the paler the smaller."""
    strength = 0.8 * numbers / np.abs(numbers).max()
    colours = [to_hex(1 - abs(s) + abs(s) * np.array(to_rgb(BLUE if s > 0 else ORANGE))) for s in strength.flat]
    return np.reshape(colours, numbers.shape)


def signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def sum_in_words(window: np.ndarray, kernel: np.ndarray) -> str:
    """Return the products that are not zero, and their sum."""
    pairs = [(signed(x), signed(w)) for x, w in zip(window.flat, kernel.flat, strict=True) if x and w]
    products = " + ".join(f"{x}·({w})" if w.startswith("−") else f"{x}·{w}" for x, w in pairs)
    return f"{products} = {signed((window * kernel).sum())}" if pairs else "0"


def draw(folder: Path) -> None:
    """Write all figures, and figures.json."""
    folder.mkdir(exist_ok=True)
    stills = {"neuron": neuron(), "pooling": pooling(), "protocol": protocol()}
    stills |= {f"layers-{'-'.join(map(str, sizes))}": layers(sizes) for sizes in ((784, 32, 32, 10), (784, 128, 10))}
    moving = {"convolution": convolution(), "gradient_descent": gradient_descent()}
    files = {}
    for name, (figure, alt, *states) in sorted((stills | moving).items()):
        file, data = (f"{name}.gif", animation(figure, states[0]())) if states else (f"{name}.svg", still(figure))
        (folder / file).write_bytes(data)
        files[name] = {"file": file, "width": round(figure.get_figwidth() * DOTS_PER_INCH), "alt": alt}
    (folder / "figures.json").write_text(json.dumps(files, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    draw(FOLDER)
