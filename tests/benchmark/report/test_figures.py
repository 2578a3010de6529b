import base64
from itertools import combinations

import numpy as np
import pytest
from conftest import made_result
from matplotlib.text import Text

from mnist_tutorial.benchmark.report import figures
from mnist_tutorial.benchmark.report.figures import MAX_PANELS, draw
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.summary import aggregate


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
    """List the points of recipes and of the literature, as accuracies."""
    [axes] = drawing.figure.axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1]
    return {(float(line.get_xdata()[0]), round(100 - float(line.get_ydata()[0]), 6)) for line in lines}


def test_all_five_are_drawn_where_there_are_runs_of_both_kinds():
    table = table_of(made_result(), made_result(evaluated_on="validation"))
    assert [drawing.key for drawing in draw(table, published())] == [
        *["time", "parameters", "learning", "digits", "published"]
    ]
    assert [drawing.key for drawing in draw(table_of(made_result(parameters=None)))] == ["time", "digits"]
    assert [drawing.key for drawing in draw(table_of(made_result(evaluated_on="validation")))] == ["learning"]


def test_each_recipe_is_a_mark_at_its_cost_and_mean_accuracy_with_a_label(table):
    time = figures.against_time(table)
    assert marks(time) == {(1.1, 99.05), (40.0, 99.66), (9.0, 96.88)}
    assert {text.get_text() for text in time.figure.axes[0].texts if text.get_text()} == {"quick", "best", "neighbours"}
    assert marks(figures.against_parameters(table)) == {(72_362, 99.05), (70_794, 99.66)}


def test_published_results_are_marks_with_their_hardware(table):
    drawing = figures.against_time(table, published())
    assert (0.762, 99.041) in marks(drawing)
    assert "train_mnist_fast\nGTX 1660 Ti" in {text.get_text() for text in drawing.figure.axes[0].texts}
    assert (1936, 99.1) in marks(figures.against_parameters(table, published()))
    [axes] = figures.published_plot(table, published()).figure.axes
    dots = [round(100 - line.get_xdata()[0], 6) for line in axes.lines]
    assert len(dots) == 3 + len(published())
    assert {result.accuracy for result in published()} | {99.05, 99.66, 96.88} == set(dots)


def test_labels_cover_neither_each_other_nor_a_mark_and_do_not_say_what_is_stale():
    runs = [
        made_result(f"recipe-{i}", 0, 60 + 3 * i, wall=5 + i, code={"mnist_tutorial.errors": ""}) for i in range(30)
    ]
    figure = figures.against_time(table_of(*runs), published()).figure
    figure.draw_without_rendering()
    [axes] = figure.axes
    assert {text.get_text() for text in axes.texts} >= {f"recipe-{i}" for i in range(30)}
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the line to the mark
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    points = [axes.transData.transform(line.get_xydata()[0]) for line in axes.lines if len(line.get_xydata()) == 1]
    assert not any(box.contains(*point) for box in boxes for point in points)


def test_contended_recipes_are_hollow():
    uncontended, contended = made_result("a", wrong=50), made_result("b", wrong=60, other_cpu_seconds=90.0)
    drawing = figures.against_time(table_of(uncontended, contended))
    faces = {line.get_ydata()[0]: line.get_mfc() for line in drawing.figure.axes[0].lines if line.get_marker() == "o"}
    assert [faces[error] == "none" for error in sorted(faces)] == [False, True]
    assert "Hollow" in drawing.caption
    assert "Hollow" not in figures.against_time(table_of(uncontended)).caption


def test_machines_have_marks_of_their_own_and_a_legend():
    here = made_result("cnn", wall=5.0)
    there = made_result("cnn", wall=0.5, machine=here.machine | {"device": "a GPU"})
    drawing = figures.against_time(table_of(here, there))
    assert {line.get_marker() for line in drawing.figure.axes[0].lines} >= {"o", "s"}
    [legend] = drawing.figure.legends
    assert sorted(text.get_text()[:2] for text in legend.get_texts()) == ["A:", "B:"]


def test_a_perfect_recipe_has_its_place_and_a_tenth_of_the_errors_is_always_as_far():
    table = table_of(made_result("perfect", wrong=0), made_result("good", wrong=10), made_result("fair", wrong=100))
    drawing = figures.against_time(table)
    [axes] = drawing.figure.axes
    assert axes.get_yscale() == "log"
    low, high = sorted(axes.get_ylim())
    assert all(low < line.get_ydata()[0] < high for line in axes.lines if len(line.get_ydata()) == 1)
    drawing.figure.draw_without_rendering()
    assert {"99", "99.9"} <= {label.get_text() for label in axes.get_yticklabels()}


@pytest.mark.filterwarnings("error")
def test_a_single_recipe_has_its_figures_without_a_warning():
    runs = [made_result("cnn", evaluated_on=split, wrong=0) for split in ("test", "validation")]
    assert len(draw(table_of(*runs), published())) == 5
    for drawing in draw(table_of(*runs)):
        figures.to_address(drawing.figure)


def test_a_learning_curve_is_the_mean_with_a_band_from_worst_to_best():
    runs = [made_result("cnn", seed, wrong, evaluated_on="validation") for seed, wrong in enumerate((40, 60))]
    drawing = figures.learning_curves(table_of(*runs))
    [axes] = drawing.figure.axes
    [line] = axes.lines
    assert list(line.get_xdata()) == [1, 5, 10]
    assert 100 - np.asarray(line.get_ydata()) == pytest.approx([95, 98.5, 99])
    [band] = axes.collections
    corners = band.get_paths()[0].vertices
    assert sorted(set(100 - corners[corners[:, 0] == 10, 1])) == pytest.approx([98.8, 99.2])
    assert drawing.numbers[-1] == ("cnn", "120,000", "10.0", "99.00", "98.80", "99.20")


def test_each_recipe_has_a_panel_up_to_a_limit():
    runs = [made_result(f"recipe-{i}", 0, 300, evaluated_on="validation") for i in range(MAX_PANELS + 2)]
    drawing = figures.learning_curves(table_of(*runs))
    assert len([axes for axes in drawing.figure.axes if axes.get_visible()]) == MAX_PANELS
    assert "The 2 least accurate" in drawing.caption
    at_once = {"images": [0], "seconds": [0.0], "accuracy": [0.9]}
    run = made_result("at-once", 0, 500, evaluated_on="validation", validation_curve=at_once)
    assert figures.learning_curves(table_of(run)) is None  # its scale is logarithmic


def test_errors_are_counted_for_each_digit_over_the_runs():
    labels = true_labels("full", "test")
    sevens, ones = np.flatnonzero(labels == 7)[:9], np.flatnonzero(labels == 1)[:1]
    table = table_of(made_result("cnn", 0, sevens), made_result("cnn", 1, [*sevens[:5], *ones]))
    drawing = figures.digit_errors(table)
    counts = ["0.0", "0.5", *["0.0"] * 5, "7.0", "0.0", "0.0"]
    assert [text.get_text() for text in drawing.figure.axes[0].texts] == counts
    assert drawing.numbers[1] == ("cnn", *counts)


def test_the_same_results_give_the_same_picture_whose_text_is_text(tmp_path):
    drawings = [figures.against_time(table_of(made_result("ours_$x^2$"))) for _ in range(2)]
    addresses = [figures.to_address(drawing.figure) for drawing in drawings]
    assert addresses[0] == addresses[1]
    assert "ours_$x^2$" in base64.b64decode(addresses[0].split(",")[1]).decode()
    figures.to_png(drawings[0].figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
