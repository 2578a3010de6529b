"""Drawings of windows that move over an image: convolution and pooling."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from mnist_tutorial.diagrams.drawing import INK, Drawing, animation, arrow, canvas, still, write
from mnist_tutorial.plots import BLUE, ORANGE


def convolution_numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the image (7, 7), the kernel (3, 3) and the map (5, 5) that `convolution` shows."""
    image = np.zeros((7, 7), dtype=int)
    image[1, 1:6] = 1  # a seven
    image[[2, 3, 4, 5], [5, 4, 4, 3]] = 1
    kernel = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return image, kernel, (windows * kernel).sum((2, 3))


def convolution() -> Drawing:
    """Draw how a window of 3 x 3 pixels moves over an image and fills a map.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a GIF, ``alt`` says what there is to see.

    Examples
    --------
    >>> convolution().data[:3]
    b'GIF'
    """
    image, kernel, result = convolution_numbers()
    figure, axes = canvas(9.6, 4.5)
    size, left, right, top = 0.48, 0.2, 6.9, 3.95
    _grid(axes, left, top, size, image, np.where(image, "#333333", "white"))
    _grid(axes, 4.5, top - 2 * size, size, kernel, _shades(kernel))
    cells = _grid(axes, right, top - size, size, result, _shades(result))
    write(axes, left + 3.5 * size, top + 0.25, "image", fontsize=17)
    write(axes, 4.5 + 1.5 * size, top - 2 * size + 0.25, "kernel", fontsize=17)
    write(axes, right + 2.5 * size, top - size + 0.25, "map", fontsize=17)
    write(axes, 4.05, top - 3.5 * size, r"$\ast$", fontsize=30)
    write(axes, 6.42, top - 3.5 * size, "=", fontsize=28)
    window = Rectangle((0, 0), 3 * size, 3 * size, fill=False, edgecolor=ORANGE, linewidth=4, zorder=6)
    target = Rectangle((0, 0), size, size, fill=False, edgecolor=ORANGE, linewidth=4, zorder=6)
    axes.add_patch(window)
    axes.add_patch(target)
    sums = axes.text(4.8, 0.27, "", ha="center", va="center", fontsize=17, color=INK)

    def states():
        last = result.size - 1
        telling = 6  # a place where the sum has terms of both signs
        for place, filled, duration in [(telling, last, 1500), *((i, i, 450) for i in range(last)), (last, last, 2000)]:
            row, column = np.unravel_index(place, result.shape)
            window.set_xy((left + column * size, top - (row + 3) * size))
            target.set_xy((right + column * size, top - (row + 2) * size))
            for i, cell in enumerate(cells):
                for artist in cell:
                    artist.set_visible(i <= filled)
            sums.set_text(_sum(image[row : row + 3, column : column + 3], kernel))
            yield duration

    return animation(
        figure,
        states(),
        "Convolution: a window of 3 by 3 pixels moves over an image of a seven, 7 by 7 pixels. At each place its "
        "pixels are multiplied by the 9 weights of a kernel and added up; the sum is one number of the map, 5 by 5. "
        f"This kernel adds the row above and subtracts that below: the map goes from {result.min()} to {result.max()}.",
    )


def pooling_numbers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the map (4, 4), and its maxima and means (2, 2) over squares, that `pooling` shows."""
    values = np.array([[1, 3, 0, 0], [5, 7, 2, 6], [0, 1, 8, 4], [1, 2, 4, 0]])
    squares = values.reshape(2, 2, 2, 2)
    return values, squares.max((1, 3)), squares.mean((1, 3))


def pooling() -> Drawing:
    """Draw what pooling keeps of each square of 2 x 2: the largest number, or the mean.

    Returns
    -------
    Drawing
        Shown in a notebook; ``data`` is a PNG, ``alt`` says what there is to see.

    Examples
    --------
    >>> pooling().data[1:4]
    b'PNG'
    """
    values, largest, means = pooling_numbers()
    figure, axes = canvas(9.2, 3.7)
    colours = np.array([["#cfe5f3", "#f9dccb"], ["#e6e6e6", "#fff2b8"]])
    _grid(axes, 0.3, 3.15, 0.72, values, colours.repeat(2, 0).repeat(2, 1), fontsize=20)
    _grid(axes, 0.3, 3.15, 1.44, colours, None)  # a frame around each square
    write(axes, 1.74, 3.42, "map", fontsize=17)
    for x, numbers, name in ((4.5, largest, "max pooling"), (7.2, means, "mean pooling")):
        _grid(axes, x, 2.56, 0.85, numbers, colours, fontsize=20, linewidth=2.5)
        write(axes, x + 0.85, 2.83, name, fontsize=17)
    arrow(axes, (3.4, 1.71), (4.25, 1.71), linewidth=2.5, mutation_scale=24)
    write(axes, 6.7, 1.71, "or", fontsize=17)
    return still(
        figure,
        "Pooling over squares of 2 by 2 numbers, from a map of 4 by 4 to one of 2 by 2. Max pooling keeps the largest "
        f"number of each square: {', '.join(map(str, largest.flat))}. Mean pooling keeps the mean: "
        f"{', '.join(f'{mean:g}' for mean in means.flat)}.",
    )


def _grid(
    axes: Axes,
    left: float,
    top: float,
    size: float,
    numbers: np.ndarray,
    colours: np.ndarray | None,
    fontsize: float = 15,
    linewidth: float = 1,
) -> list[tuple[Rectangle, Text]]:
    """Draw numbers in coloured squares, or frames only, and return the artists of each square."""
    cells = []
    for (row, column), number in np.ndenumerate(numbers):
        corner = (left + column * size, top - (row + 1) * size)
        if colours is None:
            axes.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=INK, linewidth=2.5, zorder=4))
            continue
        colour = colours[row, column]
        axes.add_patch(Rectangle(corner, size, size, facecolor="white", edgecolor="#bbbbbb", zorder=1))
        square = Rectangle(corner, size, size, facecolor=colour, edgecolor="#888888", linewidth=linewidth, zorder=2)
        axes.add_patch(square)
        ink = INK if np.mean(to_rgb(colour)) > 0.45 else "white"
        middle = (corner[0] + size / 2, corner[1] + size * 0.48)
        text = axes.text(*middle, _number(number), ha="center", va="center", color=ink, fontsize=fontsize, zorder=3)
        cells.append((square, text))
    return cells


def _shades(numbers: np.ndarray) -> np.ndarray:
    """Return blue for positive numbers, orange for negative ones, the paler the smaller."""
    strength = 0.8 * numbers / np.abs(numbers).max()
    colours = [
        to_hex((1 - abs(s)) * np.ones(3) + abs(s) * np.array(to_rgb(BLUE if s > 0 else ORANGE))) for s in strength.flat
    ]
    return np.reshape(colours, numbers.shape)


def _number(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _sum(window: np.ndarray, kernel: np.ndarray) -> str:
    """Return the products that are not zero, and their sum."""
    pairs = [(_number(x), _number(w)) for x, w in zip(window.flat, kernel.flat, strict=True) if x and w]
    products = " + ".join(f"{x}·({w})" if w.startswith("−") else f"{x}·{w}" for x, w in pairs)
    return f"{products} = {_number((window * kernel).sum())}" if pairs else "0"
