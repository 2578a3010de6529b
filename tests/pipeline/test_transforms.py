"""Transforms: torchvision's numbers, and crops at places of equal probability."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from torchvision import transforms

import mnist_tutorial as mt


def test_standardize_is_torchvisions_to_tensor_and_normalize(mnist):
    theirs = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    ours = mt.Standardize()
    batch = ours(mnist.test.images[:50])
    for i in range(50):
        expected = theirs(mnist.test.images[i])[0].numpy()
        np.testing.assert_allclose(ours.update()(mnist.test.images[i]), expected, atol=2e-6)
        np.testing.assert_allclose(batch[i], expected, atol=2e-6)
    assert batch.dtype == np.float32


def test_standardized_mnist_has_mean_0_and_deviation_1(mnist):
    standardized = mt.Standardize()(mnist.train.images)
    assert abs(standardized.mean(dtype=np.float64)) < 1e-3
    assert abs(standardized.std(dtype=np.float64) - 1) < 1e-3


def test_floats_of_another_scale_are_standardized_with_numbers_of_that_scale(mnist):
    grey = np.float64(mnist.test.images[:100])
    for images in (grey, torch.tensor(grey)):
        standardized = mt.Standardize(mean=grey.mean(), std=grey.std())(images)
        np.testing.assert_allclose(standardized, (grey - grey.mean()) / grey.std(), atol=1e-5)
    np.testing.assert_allclose(mt.Standardize(mean=0, std=255)(grey), grey / 255, atol=1e-6)
    np.testing.assert_allclose(mt.Standardize(0.5, 0.25)(grey / 255), (grey / 255 - 0.5) / 0.25, atol=1e-6)


def test_the_properties_are_deeptracks():
    feature = mt.Standardize(mean=lambda: 0.25)
    assert feature.mean() == 0.25
    feature = mt.RandomCrop(size=lambda: int(np.random.choice([20, 24])))
    assert {feature.update()(np.zeros((28, 28))).shape[0] for _ in range(40)} == {20, 24}


@given(st.integers(1, 4), st.integers(3, 9), st.integers(3, 9), st.data())
def test_each_crop_is_a_window_of_its_image(batch, height, width, data):
    size = data.draw(st.integers(1, min(height, width)))
    images = np.arange(batch * height * width).reshape(batch, height, width)  # every pixel has a value of its own
    for image, crop in zip(images, mt.RandomCrop(size)(images), strict=True):
        row, column = np.argwhere(image == crop[0, 0])[0]
        np.testing.assert_array_equal(crop, image[row : row + size, column : column + size])


def test_positions_are_uniform_and_independent():
    np.random.seed(0)
    images = np.broadcast_to(np.arange(28 * 28).reshape(28, 28), (5000, 28, 28))
    corner = mt.RandomCrop(24)(images)[:, 0, 0]
    counts = np.bincount((corner // 28) * 5 + corner % 28, minlength=25)
    assert chisquare(counts, [200] * 25).pvalue > 1e-3


@pytest.mark.parametrize("feature", [mt.Standardize, mt.RandomCrop])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_tensor_stays_a_tensor_and_equals_the_array(feature, dtype):
    images = (np.random.rand(20, 30, 28) * (255 if dtype == np.uint8 else 1)).astype(dtype)
    np.random.seed(0)
    expected = feature()(images)
    np.random.seed(0)
    result = feature()(torch.from_numpy(images))
    assert result.numpy().dtype == expected.dtype
    np.testing.assert_allclose(result, expected, atol=1e-6)
