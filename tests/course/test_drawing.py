"""Drawings: what the canvas sees and reads, and the digits that are kept; what is not ours stays as it is."""

import json
import re
import threading

import numpy as np
import pytest
import torch
from skimage.morphology import skeletonize

import mnist_tutorial as mt
from mnist_tutorial.course.strokes import PEN, THIN, keep, picture, remove_last

LINE = [[[0.5, 0.1], [0.5, 0.9]]]
CROSS = [*LINE, [[0.1, 0.5], [0.9, 0.5]]]


@pytest.fixture
def file(empty_cache):
    """The file of the kept digits, in a folder that is there."""
    path = empty_cache / "checkpoints" / "drawings.json"
    path.parent.mkdir(parents=True)
    return path


def pixels(canvas):
    return np.frombuffer(canvas.image, np.uint8).reshape(28, 28)


def test_a_drawing_is_prepared_and_read_as_predict_does_and_nothing_else_changes(empty_cache):
    network = mt.classifier(mt.models.mlp(hidden=(8,))).train()
    canvas = mt.draw(network)
    for centre in (True, False):
        states = torch.get_rng_state(), np.random.get_state()[1].tolist()
        canvas.strokes, canvas.centre = LINE, centre
        assert torch.equal(torch.get_rng_state(), states[0])
        assert np.random.get_state()[1].tolist() == states[1]
        assert network.training
        image = mt.prepare(picture(LINE), centre)
        np.testing.assert_array_equal(pixels(canvas), image)
        logits = mt.predict(network, mt.Split(image[None], np.array([0]), np.array([0])))
        np.testing.assert_allclose(canvas.probabilities, np.exp(logits[0]) / np.exp(logits[0]).sum(), rtol=1e-5)
    canvas.strokes = []
    assert (canvas.image, canvas.probabilities) == (b"", [])
    assert canvas.has_box
    assert canvas.has_network
    unprepared = mt.draw(centre=False)
    assert not unprepared.has_box
    assert not unprepared.has_network


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


def test_without_anywidget_an_error_says_what_to_install(run_python):
    done = run_python("-c", "import sys; sys.modules['anywidget'] = None; import mnist_tutorial as mt; mt.draw()")
    assert re.search(r'MNISTError: .*anywidget.*pip install "mnist-tutorial\[lab\]"', done.stderr)


def test_without_kept_digits_there_are_twenty_that_look_like_mnist_once_they_are_prepared(empty_cache, mnist, capsys):
    """The label of the nearest of 10,000 digits: mostly right, and fewer of them if they are only made small."""
    known, right = mnist.train.images[:10_000].reshape(10_000, -1).astype(np.float32), []
    for centre in (True, False):
        mine = mt.my_digits(centre)
        assert len(capsys.readouterr().out.splitlines()) == 1
        assert np.bincount(mine.labels).tolist() == [2] * 10
        assert (mine.images.shape, mine.images.dtype) == ((20, 28, 28), np.uint8)
        assert mine.index.tolist() == list(range(20))
        nearest = ((known**2).sum(1) - 2 * mine.images.reshape(20, -1).astype(np.float32) @ known.T).argmin(1)
        right.append((mnist.train.labels[nearest] == mine.labels).sum())
    assert right[0] >= 16
    assert right[1] <= 12
    assert not empty_cache.exists()


def test_a_digit_that_was_kept_is_there_in_a_new_process(empty_cache, run_python):
    assert len(keep(1, LINE)) == 1
    program = f"from mnist_tutorial.course.strokes import keep; print(len(keep(4, {CROSS})))"
    assert run_python("-c", program, MNIST_TUTORIAL_CACHE=str(empty_cache)).stdout == "2\n"
    digits = mt.my_digits()
    assert digits.labels.tolist() == [1, 4]
    for image, strokes in zip(digits.images, [LINE, CROSS], strict=True):
        np.testing.assert_array_equal(image, mt.prepare(picture(strokes)))
    assert len(remove_last()) == 1
    assert mt.my_digits().labels.tolist() == [1]
    assert remove_last() == remove_last() == []
    assert len(mt.my_digits()) == 20


def test_digits_from_before_there_were_two_pens_stay_readable_beside_new_ones(file):
    file.write_text(json.dumps({"program": "mnist-tutorial", "digits": [{"label": 1, "strokes": LINE}]}))
    thin = [{"width": 0.04, "points": LINE[0]}]
    keep(7, thin)
    old, new = mt.my_digits(centre=False).images
    np.testing.assert_array_equal(old, mt.prepare(picture(LINE), centre=False))
    np.testing.assert_array_equal(new, mt.prepare(picture(thin), centre=False))


def test_two_notebooks_at_once_lose_no_digit(empty_cache):
    def notebook(label):
        for _ in range(20):
            keep(label, LINE)

    notebooks = [threading.Thread(target=notebook, args=(label,)) for label in range(4)]
    for thread in notebooks:
        thread.start()
    for thread in notebooks:
        thread.join()
    assert np.bincount(mt.my_digits().labels).tolist() == [20] * 4


OURS = '{"program": "mnist-tutorial", "digits": [{"label": 1, "strokes": [[[0.5, 0.5]]]}]}'
NOT_OURS = [OURS.replace("mnist-tutorial", "another"), OURS[:40]]


@pytest.mark.parametrize("text", NOT_OURS)
def test_a_file_that_is_not_ours_is_named_also_on_the_page_and_neither_read_nor_replaced(text, file):
    canvas = mt.draw()
    file.write_text(text)
    before = file.lstat()
    for action in (mt.my_digits, mt.draw, lambda: keep(1, LINE), remove_last):
        with pytest.raises(mt.MNISTError, match=rf"{file} .*expected .*move it"):
            action()
    canvas.request = {"id": "a", "action": "keep", "label": 1, "strokes": LINE}
    assert not canvas.answer["done"]
    assert str(file) in canvas.answer["message"]
    assert file.lstat()[:7] == before[:7]


def test_a_folder_that_cannot_be_written_is_named(empty_cache):
    empty_cache.write_text("a file where the folder belongs")
    with pytest.raises(mt.MNISTError, match="cannot be used"):
        keep(1, LINE)


def test_a_line_is_as_wide_as_its_pen_everywhere_and_ends_round():
    drawn = picture([[[0.2, 0.2], [0.5, 0.2], [0.5, 0.8]]])
    down, across = (drawn[:, 84] > 127).sum(), (drawn[168] > 127).sum()
    assert down == pytest.approx(across, abs=1)
    assert 255 > drawn[:, 84][drawn[:, 84] > 0].min() > 0  # smooth edges
    rows, columns = np.nonzero(picture([[[0.5, 0.5]]]) > 127)
    assert np.ptp(rows) == np.ptp(columns) == pytest.approx(down, abs=2)
    assert len(rows) == pytest.approx(np.pi / 4 * down**2, rel=0.1)
    for width in (THIN, PEN, 0.2):
        drawn = picture([{"width": width, "points": LINE[0]}])
        assert (drawn[140] > 127).sum() == pytest.approx(280 * width, abs=1)
    np.testing.assert_array_equal(picture([{"width": PEN, "points": LINE[0]}]), picture(LINE))


def width(image):
    """The area of the ink by the length of its skeleton, in pixels."""
    ink = image > 127
    return ink.sum() / skeletonize(ink).sum()


def test_prepared_drawings_have_lines_as_wide_as_those_of_mnist(sample, empty_cache):
    low, high = np.quantile([width(image) for image in sample.test.images], [0.25, 0.75])
    assert low < np.median([width(image) for image in mt.my_digits().images]) < high
