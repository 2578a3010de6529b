import numpy as np
import pytest
import torch

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


@pytest.mark.parametrize("parameter", [np.arange(3), np.zeros((4, 3)), "large", {"x": 1, "y": 2}, (1, 2, 3), None])
def test_any_other_parameter_is_refused(parameter):
    with pytest.raises(
        ValueError, match=r"(?s)scale.* is .*expected a number, an array with one for each of the 4 images"
    ):
        pairs(parameter, 4, rng(), "scale")


class OnDevice(torch.Tensor):
    """A tensor that NumPy cannot read before it is on the processor, as one on a GPU."""

    def __array__(self, dtype=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def cpu(self):
        return self.as_subclass(torch.Tensor)


def test_a_parameter_can_be_a_tensor_on_an_accelerator():
    tensor = torch.arange(8.0).reshape(4, 2).as_subclass(OnDevice)
    x, y = pairs(tensor, 4, rng(), "scale")
    assert (x.tolist(), y.tolist()) == ([0, 2, 4, 6], [1, 3, 5, 7])
    assert values(torch.tensor(0.5, requires_grad=True), 4, rng(), "x").tolist() == [0.5]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("feature", "name", "value", "expected"),
    [
        (lambda: mt.RandomAffine(scale=0), "scale", "0", "other than 0"),
        (lambda: mt.RandomAffine(scale=(1, np.array([1, 0]))), r"scale \(y\)", "0", "other than 0"),
        (lambda: mt.RandomAffine(translate=(NAN, 0)), r"translate \(x\)", "nan", "a finite number"),
        (lambda: mt.RandomAffine(rotate=INF), "rotate", "inf", "a finite number"),
        (lambda: mt.RandomAffine(shear=mt.normal(NAN, 1)), "shear", "nan", "a finite number"),
        (lambda: mt.RandomElastic(alpha=NAN), "alpha", "nan", "a finite number"),
        (lambda: mt.RandomElastic(sigma=-1), "sigma", "-1", "at least 0"),
        (lambda: mt.GaussianNoise(sigma=-0.5), "sigma", "-0.5", "at least 0"),
        (lambda: mt.ShotNoise(snr=0), "snr", "0", "above 0"),
        (lambda: mt.ShotNoise(background=NAN), "background", "nan", "a finite number"),
        (lambda: mt.Blur(sigma=-1), "sigma", "-1", "at least 0"),
        (lambda: mt.Blur(sigma=INF), "sigma", "inf", "a finite number"),
        (lambda: mt.Contrast(-2), "factor", "-2", "at least 0"),
        (lambda: mt.Brightness(NAN), "factor", "nan", "at least 0"),
        (lambda: mt.Erase(height=-3), "height", "-3", "at least 0"),
        (lambda: mt.Erase(row=NAN), "row", "nan", "a finite number"),
        (lambda: mt.Stripe(width=NAN), "width", "nan", "at least 0"),
        (lambda: mt.Stripe(column=INF), "column", "inf", "a finite number"),
        (lambda: mt.Stripe(value=NAN), "value", "nan", "a finite number"),
        (lambda: mt.Standardize(mean=NAN), "mean", "nan", "a finite number"),
        (lambda: mt.Standardize(std=0), "std", "0", "above 0"),
        (lambda: mt.RandomCrop(2.5), "size", "2.5", "1 to 8"),
    ],
)
def test_a_value_out_of_range_is_refused(feature, name, value, expected):
    with pytest.raises(ValueError, match=f"^{name} is {value}; expected .*{expected}"):
        feature()(np.zeros((2, 8, 8), np.float32))
