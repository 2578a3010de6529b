import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mnist_tutorial.benchmark.report.labels import place

NAMES = ["linear", "lenet5", "cnn-augmented", "mlp-crash-course", "train-mnist-fast", "nearest-neighbours"]


def placed(points, texts):
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot(xlim=(0, 1), ylim=(0, 1))
    left_out = place(axes, points, texts)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = {artist.get_text(): artist.get_window_extent(renderer).extents for artist in axes.texts}
    return axes, boxes, left_out


@pytest.mark.parametrize("seed", range(4))
def test_texts_cover_neither_each_other_nor_a_point_nor_the_frame(seed):
    points = np.random.default_rng(seed).uniform(0.05, 0.95, size=(18, 2))
    texts = [f"{name} {i}" for i, name in enumerate(NAMES * 3)]
    axes, boxes, left_out = placed(points, texts)
    assert not left_out
    assert sorted(boxes) == sorted(texts)
    for (_, a), (_, b) in itertools.combinations(boxes.items(), 2):
        assert (a[2:] < b[:2]).any() or (b[2:] < a[:2]).any()
    for x, y in axes.transData.transform(points):
        assert not any(box[0] < x < box[2] and box[1] < y < box[3] for box in boxes.values())
    frame = axes.get_window_extent().extents
    assert all((box[:2] >= frame[:2]).all() and (box[2:] <= frame[2:]).all() for box in boxes.values())


def test_a_lonely_point_has_its_text_at_its_side_and_no_line():
    axes, boxes, _ = placed([(0.5, 0.5)], ["alone"])
    x, y = axes.transData.transform((0.5, 0.5))
    left, bottom, _, top = boxes["alone"]
    assert 0 < left - x < 20
    assert bottom < y < top
    assert not axes.lines


def test_what_is_crowded_gets_lines_and_what_has_no_space_is_told():
    points, texts = np.random.default_rng(0).normal(0.5, 0.04, size=(50, 2)), [f"long name {i}" for i in range(50)]
    axes, boxes, left_out = placed(points, texts)
    assert axes.lines
    assert left_out
    assert sorted([*boxes, *left_out]) == sorted(texts)
