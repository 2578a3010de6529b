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


def test_nothing_published_stands_beside_the_sample():
    drawings = draw(table_of(made_result(variant="sample", wrong=10)), published())
    assert [drawing.key for drawing in drawings] == ["time", "parameters", "digits"]
    assert not any("ublished" in drawing.alt for drawing in drawings)


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


def test_panels_say_n_where_recipes_differ_in_it():
    runs = [made_result("a", seed, evaluated_on="validation") for seed in range(2)]
    drawing = learning_curves(table_of(*runs, made_result("b", evaluated_on="validation")))
    assert {axes.get_title(loc="left") for axes in drawing.figure.axes} == {"a (n = 2)", "b (n = 1)"}


@pytest.mark.parametrize("wrong", [20, 1_800, 4_400])
def test_each_panel_shows_where_its_recipe_ends(wrong):
    validation = {"images": [6_000, 60_000], "seconds": [1.0, 5.0], "accuracy": [0.1, 1 - wrong / 5_000]}
    weak = made_result("weak", 0, wrong, evaluated_on="validation", validation_curve=validation)
    drawing = learning_curves(table_of(weak, made_result("good", 0, 20, evaluated_on="validation")))
    for axes in drawing.figure.axes:
        [line] = axes.lines
        low, high = axes.get_ylim()
        assert low < line.get_ydata()[-1] < high


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


def test_digits_of_a_heat_map_can_be_read_on_their_cells():
    runs = [made_result(f"recipe-{i}", 0, int(20 * 1.8**i)) for i in range(8)]
    [axes] = digit_errors(table_of(*runs)).figure.axes
    axes.figure.draw_without_rendering()
    for text, cell in zip(axes.texts, axes.collections[0].get_facecolors()[:, :3], strict=True):
        linear = np.where(cell <= 0.04045, cell / 12.92, ((cell + 0.055) / 1.055) ** 2.4)  # as WCAG defines contrast
        luminance = linear @ [0.2126, 0.7152, 0.0722]
        contrast = 1.05 / (luminance + 0.05) if text.get_color() == "white" else (luminance + 0.05) / 0.05
        assert contrast > 4.4
