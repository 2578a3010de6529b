"""The canvas as its page sees it: traits that are set, and traits that answer."""

import sys

import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial.course.drawing.strokes import picture

LINE = [[[0.1, 0.1], [0.15, 0.3]]]


@pytest.fixture(scope="module")
def network():
    return mt.classifier(mt.models.mlp(hidden=(8,)))


def pixels(canvas):
    return np.frombuffer(canvas.image, np.uint8).reshape(28, 28)


def test_a_drawing_is_prepared_and_read_as_predict_does(empty_cache, network):
    canvas = mt.draw(network)
    for centre in (True, False):
        canvas.strokes, canvas.centre = LINE, centre
        image = mt.prepare(picture(LINE), centre)
        np.testing.assert_array_equal(pixels(canvas), image)
        logits = mt.predict(network, mt.Split(image[None], np.array([0]), np.array([0])))
        np.testing.assert_allclose(canvas.probabilities, np.exp(logits[0]) / np.exp(logits[0]).sum(), rtol=1e-5)
    canvas.strokes = []
    assert (canvas.image, canvas.probabilities) == (b"", [])


def test_drawings_as_they_are_come_without_a_box_that_prepares_them(empty_cache):
    assert mt.draw().has_box
    canvas = mt.draw(centre=False)
    assert not canvas.has_box
    assert not canvas.has_network
    canvas.strokes = LINE
    np.testing.assert_array_equal(pixels(canvas), mt.prepare(picture(LINE), centre=False))
    assert canvas.probabilities == []


def test_a_drawing_leaves_the_random_numbers_and_the_network_as_they_were(empty_cache, network):
    network.train()
    canvas = mt.draw(network)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist()
    canvas.strokes = LINE
    assert canvas.probabilities
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert network.training


def diverged():
    network = mt.models.mlp(hidden=(8,)).create()
    torch.nn.init.constant_(next(network.parameters()), torch.nan)
    return network


@pytest.mark.parametrize(
    ("network", "words"), [(lambda: torch.nn.Linear(3, 3), "RuntimeError"), (diverged, "not finite")]
)
def test_what_is_wrong_with_a_network_is_shown_and_the_image_all_the_same(network, words, empty_cache):
    canvas = mt.draw(network())
    canvas.strokes = LINE
    assert words in canvas.message
    assert canvas.probabilities == []
    assert pixels(canvas).any()
    canvas.strokes = []
    assert canvas.message == ""


def test_each_canvas_counts_what_any_of_them_keeps(empty_cache):
    canvas, other = mt.draw(), mt.draw()
    canvas.strokes = LINE
    canvas.request = {"id": "a", "action": "keep", "label": 1, "strokes": LINE}
    assert canvas.answer["id"] == "a"
    assert canvas.answer["done"]
    assert canvas.count == other.count == mt.draw().count == 1
    assert canvas.kept == mt.draw().kept == [{"label": 1, "strokes": LINE}]
    assert mt.my_digits().labels.tolist() == [1]
    assert other.strokes == []
    other.request = {"id": "b", "action": "remove"}
    assert canvas.count == other.count == 0


def test_a_page_hears_why_a_digit_cannot_be_kept(empty_cache):
    canvas = mt.draw()
    path = empty_cache / "checkpoints" / "drawings.json"
    path.parent.mkdir(parents=True)
    path.write_text("my notes")
    canvas.request = {"id": "a", "action": "keep", "label": 1, "strokes": LINE}
    assert not canvas.answer["done"]
    assert str(path) in canvas.answer["message"]
    assert path.read_text() == "my notes"


def test_without_anywidget_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "mnist_tutorial.course.drawing.canvas", raising=False)
    with pytest.raises(mt.MNISTError, match=r'anywidget.*pip install "mnist-tutorial\[lab\]"'):
        mt.draw()
