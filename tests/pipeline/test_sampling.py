import numpy as np
import pytest

import mnist_tutorial as mt
from mnist_tutorial.pipeline.sampling import PerImage, pairs, values


def rng():
    return np.random.default_rng(0)


def test_uniform_and_normal_are_numpys():
    np.testing.assert_array_equal(mt.uniform(-1, 2).draw(9, rng()), rng().uniform(-1, 2, 9))
    np.testing.assert_array_equal(mt.normal(3, 0.5).draw(9, rng()), rng().normal(3, 0.5, 9))


def test_a_number_is_for_all_and_an_array_for_each():
    np.testing.assert_array_equal(values(0.5, 4, rng(), "x"), np.float32([0.5]))
    np.testing.assert_array_equal(values(np.arange(4), 4, rng(), "x"), np.float32([0, 1, 2, 3]))
    assert len(set(values(PerImage(lambda n, rng: rng.random(n)), 4, rng(), "x"))) == 4


def test_a_pair_is_x_and_y_and_a_single_value_both():
    x, y = pairs((1, mt.uniform(2, 3)), 5, rng(), "scale")
    assert x.tolist() == [1]
    assert len(y) == 5
    assert ((y >= 2) & (y < 3)).all()
    x, y = pairs(mt.uniform(0, 1), 5, rng(), "scale")
    np.testing.assert_array_equal(x, y)  # one draw, so that a digit keeps its shape
    x, y = pairs(np.arange(10).reshape(5, 2), 5, rng(), "scale")
    np.testing.assert_array_equal(x, [0, 2, 4, 6, 8])
    np.testing.assert_array_equal(y, [1, 3, 5, 7, 9])


@pytest.mark.parametrize("given", [np.arange(3), np.zeros((4, 3)), "large", {"x": 1, "y": 2}, (1, 2, 3), None])
def test_anything_else_is_refused_with_what_is_expected(given):
    with pytest.raises(
        ValueError, match=r"(?s)scale.* is .*expected a number, an array with one for each of the 4 images"
    ):
        pairs(given, 4, rng(), "scale")
