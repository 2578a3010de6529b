import base64
import html
import io
import re

import deeplay as dl
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image, ImageSequence
from scipy.signal import correlate2d
from scipy.special import expit

import mnist_tutorial as mt
from mnist_tutorial.diagrams import descent, functions, networks, windows

MOVING = {"convolution", "gradient_descent"}


@pytest.mark.parametrize("name", mt.diagrams.__all__)
def test_a_drawing_is_a_picture_with_a_text_in_each_form_that_a_notebook_shows(name):
    before = dict(mpl.rcParams)
    drawing = getattr(mt.diagrams, name)()
    kind = "image/gif" if name in MOVING else "image/png"
    data, metadata = drawing._repr_mimebundle_()
    assert base64.b64decode(data[kind]) == drawing.data
    assert metadata[kind]["alt"] == drawing.alt == data["text/plain"]
    assert html.unescape(re.search(r'alt="([^"]+)"', data["text/html"])[1]) == drawing.alt
    assert len(drawing.alt.split()) > 20
    assert len(drawing.data) < 500_000  # twice in a notebook, and in base64
    with Image.open(io.BytesIO(drawing.data)) as image:
        image.verify()
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", sorted(MOVING))
def test_an_animation_moves_begins_with_a_whole_picture_and_has_a_white_ground(name):
    with Image.open(io.BytesIO(getattr(mt.diagrams, name)().data)) as image:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    assert 10 <= len(frames) <= 30
    ink = [(frame < 250).sum() for frame in frames]
    assert ink[0] > ink[1]  # all is drawn, where only the first frame is shown
    assert ink[-1] > ink[1]
    assert all(frame[0, 0] == 255 for frame in frames)


def test_the_map_of_the_convolution_is_right():
    image, kernel, result = windows.convolution_numbers()
    np.testing.assert_array_equal(result, correlate2d(image, kernel, mode="valid"))


def test_the_window_says_its_sum_in_numbers():
    window = np.array([[1, 0, 0], [0, 0, 0], [0, 2, 0]])
    kernel = np.array([[3, 1, 1], [0, 0, 0], [-1, -1, -1]])
    assert windows._sum(window, kernel) == "1·3 + 2·(−1) = 1"


def test_pooling_keeps_maxima_and_means():
    values, largest, means = windows.pooling_numbers()
    for row, column in np.ndindex(2, 2):
        square = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert (largest[row, column], means[row, column]) == (square.max(), square.mean())


def test_the_ball_does_gradient_descent():
    w, step = np.array([2.0, -1.5]), 1e-6
    gradient = ((w + step) ** 2 / 2 - (w - step) ** 2 / 2) / (2 * step)
    np.testing.assert_allclose(gradient, w)
    for rate in descent.LEARNING_RATES.values():
        path = descent.descend(rate)
        np.testing.assert_allclose(np.diff(path), -rate * path[:-1])
    small, right, large = (abs(descent.descend(rate)) for rate in descent.LEARNING_RATES.values())
    assert right[-1] < 0.01 < 1 < small[-1] < small[0] < large[-1] < 4  # 4: the end of the picture


def test_slopes_are_those_of_the_functions():
    z, curves = functions.activation_curves()
    np.testing.assert_allclose(curves["sigmoid"][0], expit(z))
    for value, slope in curves.values():
        smooth = np.abs(z) > 0.05  # the ReLU has no slope at 0
        np.testing.assert_allclose(np.gradient(value, z)[smooth], slope[smooth], atol=2e-3)


def test_a_neuron_adds_up_what_is_drawn():
    inputs, weights, bias, total, output = networks.neuron_numbers()
    assert total == pytest.approx(sum(x * w for x, w in zip(inputs, weights, strict=True)) + bias)
    assert output == pytest.approx(expit(total))
    alt = mt.diagrams.neuron().alt
    assert f"z = {total:.2f}" in alt
    assert f"a = {output:.2f}" in alt


def test_layers_count_weights_and_biases():
    alt = mt.diagrams.layers((784, 32, 32, 10)).alt
    network = dl.MultiLayerPerceptron(784, [32, 32], 10).create()
    assert f"{sum(p.numel() for p in network.parameters()):,} weights" in alt
    assert "784 inputs, 32 hidden neurons, 32 hidden neurons, 10 outputs" in alt
    assert mt.diagrams.layers((3, 2)).data != mt.diagrams.layers((3, 4)).data


@pytest.mark.parametrize("sizes", [(784,), (784, 0)])
def test_layers_need_two_sizes(sizes):
    with pytest.raises(ValueError, match=r"sizes is \[784.*expected at least two"):
        mt.diagrams.layers(sizes)
