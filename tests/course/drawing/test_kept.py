"""Kept digits: they survive kernels, crashes and each other; what is not ours stays as it is."""

import json
import os
import threading

import numpy as np
import pytest

import mnist_tutorial as mt
from mnist_tutorial.course.drawing import kept
from mnist_tutorial.course.drawing.strokes import picture

LINE = [[[0.5, 0.1], [0.5, 0.9]]]
CROSS = [*LINE, [[0.1, 0.5], [0.9, 0.5]]]


def test_without_kept_digits_there_are_twenty_and_a_line_that_says_so(empty_cache, capsys):
    digits = mt.my_digits()
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert np.bincount(digits.labels).tolist() == [2] * 10
    assert digits.images.shape == (20, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.labels.dtype == digits.index.dtype == np.int64
    assert digits.index.tolist() == list(range(20))
    np.testing.assert_array_equal(digits.images, mt.my_digits().images)
    assert not empty_cache.exists()


def test_the_twenty_look_like_mnist_once_they_are_prepared(empty_cache, mnist):
    """The label of the nearest of 10,000 digits: mostly right, and fewer of them if they are only made small."""
    known = mnist.train.images[:10_000].reshape(10_000, -1).astype(np.float32)
    right = []
    for centre in (True, False):
        mine = mt.my_digits(centre)
        images = mine.images.reshape(20, -1).astype(np.float32)
        nearest = ((known**2).sum(1) - 2 * images @ known.T).argmin(1)
        right.append((mnist.train.labels[nearest] == mine.labels).sum())
    assert right[0] >= 16
    assert right[1] <= 12


def test_a_digit_that_was_kept_is_there_in_a_new_process(empty_cache, run_python):
    assert len(kept.keep(1, LINE)) == 1
    program = f"from mnist_tutorial.course.drawing import kept; print(len(kept.keep(4, {CROSS})))"
    assert run_python("-c", program, MNIST_TUTORIAL_CACHE=str(empty_cache)).stdout == "2\n"
    digits = mt.my_digits()
    assert digits.labels.tolist() == [1, 4]
    for image, strokes in zip(digits.images, [LINE, CROSS], strict=True):
        np.testing.assert_array_equal(image, mt.prepare(picture(strokes)))
    assert len(kept.remove_last()) == 1
    assert mt.my_digits().labels.tolist() == [1]
    assert kept.remove_last() == kept.remove_last() == []
    assert len(mt.my_digits()) == 20


def test_digits_from_before_there_were_two_pens_stay_readable_beside_new_ones(empty_cache):
    path = empty_cache / "checkpoints" / "drawings.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"program": "mnist-tutorial", "digits": [{"label": 1, "strokes": LINE}]}))
    thin = [{"width": 0.04, "points": LINE[0]}]
    kept.keep(7, thin)
    old, new = mt.my_digits(centre=False).images
    np.testing.assert_array_equal(old, mt.prepare(picture(LINE), centre=False))
    np.testing.assert_array_equal(new, mt.prepare(picture(thin), centre=False))
    assert new.sum() < 0.9 * old.sum()


def test_two_notebooks_at_once_lose_no_digit(empty_cache):
    def notebook(label):
        for _ in range(20):
            kept.keep(label, LINE)

    notebooks = [threading.Thread(target=notebook, args=(label,)) for label in range(4)]
    for thread in notebooks:
        thread.start()
    for thread in notebooks:
        thread.join()
    assert np.bincount(mt.my_digits().labels).tolist() == [20] * 4


KINDS = {
    "another program's": lambda path: path.write_text('{"program": "another", "digits": []}'),
    "cut off": lambda path: path.write_bytes(path.with_name("whole").read_bytes()[:40]),
    "outside": lambda path: path.write_text(
        '{"program": "mnist-tutorial", "digits": [{"label": 1, "strokes": [[[2, 0]]]}]}'
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_ours_is_named_and_neither_read_nor_replaced(kind, empty_cache):
    kept.keep(1, LINE)
    path = empty_cache / "checkpoints" / "drawings.json"
    path.rename(path.with_name("whole"))
    KINDS[kind](path)
    before = path.lstat()
    actions = [mt.my_digits, mt.draw, lambda: kept.keep(1, LINE), kept.remove_last]
    for action in actions:
        with pytest.raises(mt.MNISTError, match=rf"{path} .*expected .*move it"):
            action()
        assert path.lstat()[:7] == before[:7]


def test_a_folder_that_cannot_be_written_is_named(empty_cache, monkeypatch):
    empty_cache.write_text("a file where the folder belongs")
    with pytest.raises(mt.MNISTError, match="cannot be used"):
        kept.keep(1, LINE)


@pytest.mark.parametrize(("label", "strokes"), [(10, LINE), (1, []), (1, [[[2, 2]]])])
def test_what_could_not_be_read_again_is_not_kept(label, strokes, empty_cache):
    with pytest.raises(mt.MNISTError, match=r"cannot be kept as .*; expected"):
        kept.keep(label, strokes)
    assert not os.path.exists(empty_cache)
