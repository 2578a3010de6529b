import base64
from itertools import combinations

import numpy as np
import pytest
from conftest import made_result
from matplotlib.text import Text

from mnist_tutorial.benchmark.report import figures
from mnist_tutorial.benchmark.report.figures import MAX_ROWS, draw, scatter
from mnist_tutorial.benchmark.report.table import published
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


def names(drawing):
    return {text.get_text() for text in drawing.figure.axes[0].texts}


@pytest.mark.filterwarnings("error")
def test_all_are_drawn_where_there_are_runs_of_both_kinds():
    drawings = draw(table_of(made_result(wrong=0), made_result(evaluated_on="validation", wrong=0)), published())
    assert [drawing.key for drawing in drawings] == ["seconds", "parameters", "learning"]
    for drawing in drawings:
        figures.to_address(drawing.figure)
    assert [drawing.key for drawing in draw(table_of(made_result(parameters=None)))] == ["seconds"]
    assert [drawing.key for drawing in draw(table_of(made_result(evaluated_on="validation")))] == ["learning"]


def test_each_recipe_is_a_mark_at_its_cost_and_mean_accuracy_with_its_name_beside_published_ones(table):
    assert marks(scatter(table, "seconds")) == {(1.1, 99.05), (40.0, 99.66), (9.0, 96.88)}
    assert names(scatter(table, "seconds")) == {"quick", "best", "neighbours"}
    assert marks(scatter(table, "parameters")) == {(72_362, 99.05), (70_794, 99.66)}
    drawing = scatter(table, "seconds", published())
    assert (0.762, 99.041) in marks(drawing)
    assert "train_mnist_fast\nGTX 1660 Ti" in names(drawing)
    assert (1936, 99.1) in marks(scatter(table, "parameters", published()))


def test_names_cover_neither_each_other_nor_a_mark_and_those_without_room_are_counted():
    spread = [made_result(f"recipe-{i}", 0, 60 + 3 * i, wall=5 + i) for i in range(30)]
    crowd = [made_result(f"same-{i}", 0, 40 + i // 9, wall=20 + i / 10) for i in range(60)]
    for runs in (spread, crowd):
        drawing = scatter(table_of(*runs), "seconds", published())
        drawing.figure.draw_without_rendering()
        [axes] = drawing.figure.axes
        boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the line to the mark
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        points = [axes.transData.transform(line.get_xydata()[0]) for line in axes.lines if len(line.get_xdata()) == 1]
        assert not any(box.contains(*point) for box in boxes for point in points)
        assert drawing.remark.startswith(f"{len(points) - len(boxes)} marks" if len(points) > len(boxes) else "")
        beside = names(scatter(table_of(runs[0]), "seconds", published()))
        assert names(drawing) <= {run.recipe for run in runs} | beside


def test_machines_have_marks_and_contended_recipes_are_hollow_as_the_legend_says():
    here, busy = made_result("cnn", wall=5.0), made_result("busy", wrong=60, other_cpu_seconds=90.0)
    there = made_result("cnn", wall=0.5, machine=here.machine | {"device": "a GPU"})
    figure = scatter(table_of(here, busy, there), "seconds").figure
    lines = {line.get_label()[:6]: line for line in figure.axes[0].lines if len(line.get_xdata()) == 1}
    assert {name: line.get_marker() for name, line in lines.items()} == {"A: CPU": "o", "B: a G": "s", "hollow": "o"}
    assert [name for name, line in lines.items() if line.get_mfc() == "none"] == ["hollow"]
    assert len(figure.legends[0].get_texts()) == 3


def test_a_perfect_recipe_has_its_place_and_a_tenth_of_the_errors_is_always_as_far():
    table = table_of(made_result("perfect", wrong=0), made_result("good", wrong=10), made_result("fair", wrong=100))
    drawing = scatter(table, "seconds")
    [axes] = drawing.figure.axes
    assert axes.get_yscale() == "log"
    low, high = sorted(axes.get_ylim())
    assert all(low < line.get_ydata()[0] < high for line in axes.lines if len(line.get_ydata()) == 1)
    drawing.figure.draw_without_rendering()
    assert {"99", "99.9"} <= {label.get_text() for label in axes.get_yticklabels()}


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
    assert "2" in drawing.remark


def test_each_recipe_has_a_panel_up_to_a_limit_and_a_line_in_the_table():
    runs = [made_result(f"recipe-{i}", 0, 300, evaluated_on="validation") for i in range(MAX_ROWS + 2)]
    drawing = figures.learning_curves(table_of(*runs))
    assert len(drawing.figure.axes) == MAX_ROWS
    assert "The 2 least accurate" in drawing.remark
    assert len(drawing.numbers) == 1 + 3 * (MAX_ROWS + 2)
    at_once = {"images": [0], "seconds": [0.0], "accuracy": [0.9]}
    run = made_result("at-once", 0, 500, evaluated_on="validation", validation_curve=at_once)
    assert figures.learning_curves(table_of(run)) is None  # its scale is logarithmic


def test_the_same_results_give_the_same_picture_whose_text_is_text():
    addresses = [figures.to_address(scatter(table_of(made_result("ours_$x^2$")), "seconds").figure) for _ in range(2)]
    assert addresses[0] == addresses[1]
    assert "ours_$x^2$" in base64.b64decode(addresses[0].split(",")[1]).decode()
