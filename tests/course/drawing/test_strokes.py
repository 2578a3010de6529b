"""Strokes: what they look like once they are drawn and prepared."""

import numpy as np
import pytest
from skimage.morphology import skeletonize

import mnist_tutorial as mt
from mnist_tutorial.course.drawing.strokes import MOST_POINTS, PEN, THIN, are_strokes, picture


def test_a_line_is_as_wide_everywhere_and_ends_round():
    drawn = picture([[[0.2, 0.2], [0.5, 0.2], [0.5, 0.8]]])
    down, across = (drawn[:, 84] > 127).sum(), (drawn[168] > 127).sum()
    assert down == pytest.approx(across, abs=1)
    assert 255 > drawn[:, 84][drawn[:, 84] > 0].min() > 0  # smooth edges
    rows, columns = np.nonzero(picture([[[0.5, 0.5]]]) > 127)
    assert np.ptp(rows) == np.ptp(columns) == pytest.approx(down, abs=2)
    assert len(rows) == pytest.approx(np.pi / 4 * down**2, rel=0.1)


def test_each_stroke_has_its_own_width_and_points_alone_have_that_of_the_thick_pen():
    line = [[0.5, 0.1], [0.5, 0.9]]
    for width in (THIN, PEN, 0.2):
        drawn = picture([{"width": width, "points": line}])
        assert (drawn[140] > 127).sum() == pytest.approx(280 * width, abs=1)
    np.testing.assert_array_equal(picture([{"width": PEN, "points": line}]), picture([line]))
    both = picture([{"width": THIN, "points": [[0.1, 0.2], [0.4, 0.2]]}, [[0.6, 0.2], [0.9, 0.2]]])
    assert (both[:, 70] > 127).sum() < (both[:, 210] > 127).sum()


def width(image):
    """The area of the ink by the length of its skeleton, in pixels."""
    ink = image > 127
    return ink.sum() / skeletonize(ink).sum()


def test_prepared_drawings_have_lines_as_wide_as_those_of_mnist(sample, empty_cache):
    low, high = np.quantile([width(image) for image in sample.test.images], [0.25, 0.75])
    assert low < np.median([width(image) for image in mt.my_digits().images]) < high


NO_DRAWINGS = [
    *(None, {}, [[]], [[0.5, 0.5]], [[[0.5]]], [[["0.5", 0.5]]], [[[0.5, 1.01]]], [[[-0.01, 0.5]]]),
    [[[0, 0]] * (MOST_POINTS + 1)],
    [{"width": PEN}],
    [{"points": [[0.5, 0.5]]}],
    [{"width": 0, "points": [[0.5, 0.5]]}],
    [{"width": 2, "points": [[0.5, 0.5]]}],
]


@pytest.mark.parametrize("value", NO_DRAWINGS, ids=lambda value: f"{value!r:.30}")
def test_what_is_no_drawing_is_told(value):
    assert not are_strokes(value)


def test_an_empty_canvas_is_a_drawing():
    assert are_strokes([])
    assert not picture([]).any()
    assert are_strokes([[[0, 1]] * MOST_POINTS])
