from itertools import combinations

import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.scatter import against_parameters, against_time


def table_of(*results):
    [table] = aggregate(results)
    return table


@pytest.fixture(scope="module")
def table():
    runs = [made_result("quick", seed, 93 + 2 * seed, wall=1.0 + seed / 10, parameters=72_362) for seed in range(3)]
    runs += [made_result("best", seed, 34, wall=40.0, parameters=70_794) for seed in range(3)]
    runs += [made_result("neighbours", 0, 312, wall=9.0, parameters=None)]
    return table_of(*runs, made_result("unfinished", evaluated_on="validation"))


def marks(drawing):
    """Points that stand alone: those of recipes and of the literature."""
    [axes] = drawing.figure.axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1]
    return {(float(line.get_xdata()[0]), round(float(line.get_ydata()[0]), 6)) for line in lines}


def texts(drawing):
    return {text.get_text() for text in drawing.figure.axes[0].texts}


def test_each_recipe_is_a_mark_at_its_median_time_and_mean_accuracy(table):
    drawing = against_time(table)
    assert marks(drawing) == {(1.1, 99.05), (40.0, 99.66), (9.0, 96.88)}
    assert texts(drawing) == {"quick", "best", "neighbours"}


def test_the_text_has_the_numbers(table):
    alt = against_time(table).alt
    assert "for 3 recipes" in alt
    assert "Most accurate: best: 40.0 s, 99.66 %" in alt
    assert "Fastest: quick: 1.10 s, 99.05 %" in alt
    assert "neighbours: 9.00 s, 96.88 %" in alt
    assert "Smallest: best: 70,794 parameters, 99.66 %" in against_parameters(table).alt


def test_published_results_are_marks_with_their_hardware(table):
    drawing = against_time(table, published())
    assert (0.762, 99.041) in marks(drawing)
    assert "train_mnist_fast\nGTX 1660 Ti" in texts(drawing)
    assert "train_mnist_fast, GTX 1660 Ti: 0.76 s, 99.041 %" in drawing.alt
    assert "other hardware" in drawing.caption
    assert (1936, 99.1) in marks(against_parameters(table, published()))


def test_contended_recipes_are_hollow():
    uncontended, contended = made_result("a", wrong=50), made_result("b", wrong=60, other_cpu_seconds=90.0)
    drawing = against_time(table_of(uncontended, contended))
    faces = {line.get_ydata()[0]: line.get_mfc() for line in drawing.figure.axes[0].lines if line.get_marker() == "o"}
    assert [faces[accuracy] == "none" for accuracy in sorted(faces)] == [True, False]
    assert "Hollow" in drawing.caption
    assert "Hollow" not in against_time(table_of(uncontended)).caption


def test_machines_have_marks_of_their_own_and_a_legend():
    here = made_result("cnn", wall=5.0)
    there = made_result("cnn", wall=0.5, machine=here.machine | {"device": "a GPU"})
    drawing = against_time(table_of(here, there))
    assert {line.get_marker() for line in drawing.figure.axes[0].lines} >= {"o", "s"}
    [legend] = drawing.figure.legends
    assert [text.get_text()[:2] for text in legend.get_texts()] == ["A:", "B:"]


def test_labels_cover_neither_each_other_nor_a_mark_and_do_not_change():
    runs = [made_result(f"recipe-{i}", wrong=30 + 5 * i, wall=100.0 + 20 * (i % 4)) for i in range(8)]
    first, second = (against_time(table_of(*runs), published()).figure.axes[0] for _ in "ab")
    assert [text.get_position() for text in first.texts] == [text.get_position() for text in second.texts]
    renderer = first.figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in first.texts]
    assert len(boxes) == 8 + 5
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    points = first.transData.transform([line.get_xydata()[0] for line in first.lines if len(line.get_xdata()) == 1])
    assert not any(box.contains(*point) for box in boxes for point in points)


def test_without_test_runs_there_is_no_figure():
    table = table_of(made_result(evaluated_on="validation"))
    assert against_time(table, published()) is None
    assert against_parameters(table_of(made_result(parameters=None))) is None
