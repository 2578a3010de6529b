import pytest
from conftest import made_result

from mnist_tutorial.benchmark.report.aggregate import aggregate
from mnist_tutorial.benchmark.report.literature import published
from mnist_tutorial.benchmark.report.published_plot import published_plot


@pytest.fixture(scope="module")
def drawing():
    [table] = aggregate([made_result("cnn", 0, 50), made_result("cnn", 1, 52), made_result("linear", 0, 780)])
    return published_plot(table, published())


def test_all_that_is_published_and_all_recipes_are_dots(drawing):
    [axes] = drawing.figure.axes
    dots = [line.get_xdata()[0] for line in axes.lines]
    assert len(dots) == 2 + len(published())
    assert pytest.approx(99.49) in dots
    assert {one.accuracy for one in published()} <= set(dots)


def test_variants_of_one_model_share_a_line_with_their_source(drawing):
    [axes] = drawing.figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:2] == ["cnn", "linear"]
    assert names.count("LeNet-5") == 1
    place = dict(zip(names, axes.get_yticks(), strict=True))["LeNet-5"]
    assert len([line for line in axes.lines if line.get_ydata()[0] == place]) == 3
    assert [text.get_text() for text in axes.texts if text.get_position()[1] == place] == ["LeCun 1998"]


def test_the_text_has_the_numbers(drawing):
    assert f"2 recipes and {len(published())} published results" in drawing.alt
    assert "Best in this report: cnn: 99.49 %" in drawing.alt
    best = max(published(), key=lambda one: one.accuracy)
    assert f"Best published: {best.model}, {best.accuracy:g} % ({best.source}; best case" in drawing.alt
    assert "linear: 92.20 %" in drawing.alt


def test_without_either_there_is_no_figure():
    [table] = aggregate([made_result(evaluated_on="validation")])
    assert published_plot(table, published()) is None
    [table] = aggregate([made_result()])
    assert published_plot(table, ()) is None
