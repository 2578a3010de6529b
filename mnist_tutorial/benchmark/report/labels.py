"""Labels beside points, placed so that they cover neither each other nor a point."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

ANGLES = np.radians([0, 180, 90, 270, *[sign * a for a in (30, 150, 60, 120, 15, 165, 75, 105) for sign in (1, -1)]])
DISTANCES = (7, 11, 18, 24, 32, 42, 52, 64, 80, 100, 125, 155)  # from the point to the edge of its text, in points
NEAR = 11  # up to here no line is needed
POINT, END = 6, 3  # what a point covers to each side, and an obstacle, in points
TRIES = 8


def place(axes, points, texts, obstacles=(), size=12):
    """Write a text beside each point.

    The first ones have the first choice, unless others would find no place. A text that is not next to its point gets
    a thin line to it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With its final limits and scales.
    points : sequence of (float, float), length N
        In the coordinates of the data.
    texts : sequence of str, length N
    obstacles : sequence of (float, float)
        What else no text may cover: smaller points.
    size : float
        Of the texts.

    Returns
    -------
    list of str
        The texts for which there is no space.
    """
    figure = axes.figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()  # so that the layout is final
    scale = figure.dpi / 72
    anchors = axes.transData.transform(points)
    taken = [_around(anchor, POINT * scale) for anchor in anchors]
    if len(obstacles):
        taken += [_around(end, END * scale) for end in axes.transData.transform(obstacles)]
    artists = [
        axes.text(0, 0, text, transform=None, ha="center", va="center", fontsize=size, in_layout=False)
        for text in texts
    ]
    extents = [artist.get_window_extent(renderer) for artist in artists]
    halves = [np.array([extent.width, extent.height]) / 2 + scale for extent in extents]
    frame = axes.get_window_extent(renderer).extents
    found = _solve(anchors, halves, taken, frame, scale)
    to_axes = axes.transAxes.inverted().transform
    for i, artist in enumerate(artists):
        if i not in found:
            artist.remove()
            continue
        centre, line = found[i]
        artist.set(transform=axes.transAxes, position=to_axes(centre))
        if len(line):
            ends = to_axes([line[0], line[-1]]).T
            axes.plot(*ends, transform=axes.transAxes, linewidth=0.7, alpha=0.6, color=artist.get_color())
    return [text for i, text in enumerate(texts) if i not in found]


def _solve(anchors, halves, taken, frame, scale):
    """Choose a place for as many as possible: those that found none go first in the next try."""
    order, best = list(range(len(anchors))), {}
    for _ in range(TRIES):
        found, covered = {}, list(taken)
        for i in order:
            if (spot := _spot(anchors[i], halves[i], covered, frame, scale)) is not None:
                found[i] = spot
                covered += [_around(spot[0], *halves[i]), *(_around(step, 2 * scale) for step in spot[1])]
        if len(found) > len(best):
            best = found
        if len(found) == len(order):
            break
        order.sort(key=lambda i: i in found)
    return best


def _spot(anchor, half, covered, frame, scale):
    """Find the nearest free place for a text: its centre, and the steps of the line to it; None if there is none."""
    boxes = np.array(covered)
    far = np.repeat(DISTANCES, len(ANGLES))
    directions = np.tile(np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]), (len(DISTANCES), 1))
    reach = half * np.where(np.abs(directions) > 0.2, np.sign(directions), 0)  # from the edge of the text to its centre
    centres = anchor + directions * far[:, None] * scale + reach
    candidates = np.hstack([centres - half, centres + half])
    free = (candidates[:, :2] >= frame[:2]).all(1) & (candidates[:, 2:] <= frame[2:]).all(1)
    free &= ~_overlaps(candidates, boxes).any(1)
    others = boxes[~_overlaps(_around(anchor, 1)[None], boxes)[0]]
    for i in np.flatnonzero(free):
        line = _line(anchor, centres[i], half, POINT * scale) if far[i] > NEAR else []
        if not len(line) or not _overlaps(np.hstack([line - 0.5, line + 0.5]), others).any():
            return centres[i], line
    return None


def _around(centre, width, height=None):
    """Make a box: left, bottom, right, top."""
    half = np.array([width, width if height is None else height])
    return np.concatenate([centre - half, centre + half])


def _overlaps(some, others):
    """Tell which boxes overlap which others: ndarray of bool, shape (M, N)."""
    left, bottom, right, top = others.T
    return (
        (some[:, 0, None] < right) & (left < some[:, 2, None]) & (some[:, 1, None] < top) & (bottom < some[:, 3, None])
    )


def _line(anchor, centre, half, gap):
    """List steps on the way from a point to the edge of a text."""
    end = np.clip(anchor, centre - half, centre + half)
    length = np.hypot(*(end - anchor))
    start = anchor + (end - anchor) * min(1, gap / length)
    return np.linspace(start, end, max(2, int(length / 6)))
