import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.figures import MAX_PANELS, digit_errors, draw, learning_curves
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.results.splits import true_labels


def table_of(*results):
    [table] = aggregate(results)
    return table


def test_all_five_are_drawn_where_there_are_runs_of_both_kinds():
    table = table_of(made_result(), made_result(evaluated_on="validation"))
    keys = [drawing.key for drawing in draw(table, published())]
    assert keys == ["time", "parameters", "learning", "digits", "published"]
    assert [drawing.key for drawing in draw(table_of(made_result(parameters=None)))] == ["time", "digits"]
    assert [drawing.key for drawing in draw(table_of(made_result(evaluated_on="validation")))] == ["learning"]


def test_a_learning_curve_is_the_mean_with_a_band_from_worst_to_best():
    runs = [made_result("cnn", seed, wrong, evaluated_on="validation") for seed, wrong in enumerate((40, 60))]
    drawing = learning_curves(table_of(*runs))
    [axes] = drawing.figure.axes
    [line] = axes.lines
    assert list(line.get_xdata()) == [1, 5, 10]
    assert line.get_ydata() == pytest.approx([95, 98.5, 99])
    [band] = axes.collections
    corners = band.get_paths()[0].vertices
    assert sorted(set(corners[corners[:, 0] == 10, 1])) == pytest.approx([98.8, 99.2])
    assert "cnn: 99.00 % after 10.0 s, 99 % after 10.0 s" in drawing.alt
    assert "(n = 2)" in drawing.caption


def test_each_recipe_has_a_panel_up_to_a_limit():
    runs = [made_result(f"recipe-{i}", 0, 300, evaluated_on="validation") for i in range(MAX_PANELS + 2)]
    drawing = learning_curves(table_of(*runs))
    assert len([axes for axes in drawing.figure.axes if axes.get_visible()]) == MAX_PANELS
    assert "The 2 least accurate" in drawing.caption
    assert "never 99 %" in drawing.alt
    four = learning_curves(table_of(*runs[:4]))
    assert [axes.get_title(loc="left") for axes in four.figure.axes if axes.get_visible()] == [
        *["recipe-0", "recipe-1", "recipe-2", "recipe-3"]
    ]


def test_a_recipe_that_takes_no_time_has_no_panel():
    at_once = {"images": [0], "seconds": [0.0], "accuracy": [0.9]}
    run = made_result("at-once", 0, 500, evaluated_on="validation", validation_curve=at_once)
    assert learning_curves(table_of(run)) is None  # its scale is logarithmic


def test_errors_are_counted_for_each_digit_over_the_runs():
    labels = true_labels("full", "test")
    sevens, ones = np.flatnonzero(labels == 7)[:9], np.flatnonzero(labels == 1)[:1]
    drawing = digit_errors(table_of(made_result("cnn", 0, sevens), made_result("cnn", 1, [*sevens[:5], *ones])))
    [axes] = drawing.figure.axes
    assert [text.get_text() for text in axes.texts] == ["0.0", "0.5", *["0.0"] * 5, "7.0", "0.0", "0.0"]
    assert "cnn: most for 7 (7.0), fewest for 0 (0.0)" in drawing.alt
