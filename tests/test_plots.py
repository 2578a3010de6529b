import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

import mnist_tutorial as mt


@pytest.fixture(autouse=True)
def nothing_global():
    before = dict(mpl.rcParams)
    yield
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def shown(figure):
    """The axes of a figure, once a notebook has shown it."""
    assert figure._repr_png_().startswith(b"\x89PNG")
    return figure.axes


def test_digits_are_drawn_as_they_are_with_their_titles(sample):
    figure = mt.plots.digits(sample.test.images[:12], titles=sample.test.labels[:12], columns=5, title="some")
    drawn = shown(figure)
    np.testing.assert_array_equal(drawn[3].images[0].get_array(), sample.test.images[3])
    assert [axes.get_title() for axes in drawn] == [str(label) for label in sample.test.labels[:12]]
    assert figure.get_suptitle() == "some"


def test_losses_and_accuracies_have_separate_axes():
    history = {
        "train_loss_epoch": {"value": [0.9, 0.6], "step": [10, 20]},
        "val_loss_epoch": {"value": [0.8, 0.7], "step": [10, 20]},
        "valMulticlassAccuracy_epoch": {"value": [0.9, 0.95], "step": [10, 20]},
    }
    steps = {"train_loss_step": {"value": np.linspace(1, 0.5, 20), "step": range(20)}}
    loss, accuracy = shown(mt.plots.learning_curves(history, steps))
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert len(loss.lines) == 3
    assert loss.lines[1].get_xdata().tolist() == [5, 15]  # the mean of an epoch belongs to its middle
    assert list(accuracy.lines[0].get_ydata()) == [0.9, 0.95]


def test_a_history_without_losses_is_refused():
    with pytest.raises(ValueError, match=r"^history has 'lr'; expected losses or accuracies"):
        mt.plots.learning_curves({"lr": {"value": [0.1], "step": [1]}})


def test_a_logarithmic_axis_has_numbers_as_people_write_them():
    history = {"train_loss_epoch": {"value": [0.2, 0.09], "step": [10, 20]}}
    (axes,) = shown(mt.plots.learning_curves(history))
    low, high = axes.get_ylim()
    labels = {at: label.get_text() for label, at in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)}
    assert [label for at, label in labels.items() if low < at < high] == ["0.09", "0.1", "0.2"]


def test_runs_have_a_point_each_and_a_line_for_their_mean():
    (axes,) = shown(mt.plots.runs({"a": [0.5, 0.75], "b": [0.9, 0.95, 0.99]}))
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [[37.5], [50, 25]]
    np.testing.assert_allclose(axes.lines[3].get_xdata(), [10, 5, 1])
    assert set(axes.lines[3].get_ydata()) == {1}


def test_the_confusion_matrix_is_scikit_learns():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 10, (2, 500))
    (axes,) = shown(mt.plots.confusion_matrix(labels, predictions))
    result = np.zeros((10, 10), int)
    for text in axes.texts:
        result[text.get_position()[::-1]] = int(text.get_text())
    np.testing.assert_array_equal(result, confusion_matrix(labels, predictions))
    assert f"{np.sum(labels != predictions)} mistakes" in axes.get_title()


def test_failures_are_the_mistakes_with_the_most_confident_first(sample):
    images, labels = sample.test.images[:6], np.arange(6)
    logits = 5.0 * np.eye(10)[:6]
    assert shown(mt.plots.failures(images, labels, logits)) == []
    logits[2] = 1e4 * np.eye(10)[7]  # 2 taken for 7, so surely that an exponential would overflow
    logits[4] = np.eye(10)[9]  # 4 taken for 9, doubtfully
    sure, doubtful = shown(mt.plots.failures(images, labels, logits))
    assert sure.get_title() == "2 → 7\n100 %"
    assert doubtful.get_title() == f"4 → 9\n{100 * np.exp(1) / (9 + np.exp(1)):.0f} %"
    np.testing.assert_array_equal(sure.images[0].get_array(), images[2])


def test_weights_have_one_colour_for_each_sign_and_white_for_zero():
    images = np.zeros((3, 4, 4))
    images[0, 0, :2] = 1, -0.5
    images[1] = 0.01 * images[0]  # each image has its own scale
    drawn = shown(mt.plots.weights(images, titles=["a", "b", "all zero"]))
    assert [axes.get_title() for axes in drawn] == ["a", "b", "all zero"]
    colours = [axes.images[0].to_rgba(image)[0, :3] for axes, image in zip(drawn, images, strict=True)]
    for plus, minus, zero in colours[:2]:
        assert plus[2] > plus[0]
        assert minus[0] > minus[2]
        assert (zero == 1).all()
    assert (colours[2] == 1).all()


def test_robustness_has_axes_for_each_corruption_and_a_curve_for_each_network():
    strengths = {"noise": [0, 0.5, 1], "blur": [0, 3]}
    curves = {f"network {i}": {"noise": [99 - i, 60, 20], "blur": [99, 30 + i]} for i in range(4)}
    noise, blur = shown(mt.plots.robustness(strengths, curves))
    assert [noise.get_xlabel(), blur.get_xlabel()] == list(strengths)
    assert [list(line.get_ydata()) for line in blur.lines] == [[99, 30], [99, 31], [99, 32], [99, 33]]
    assert [text.get_text() for text in noise.get_legend().texts] == list(curves)
