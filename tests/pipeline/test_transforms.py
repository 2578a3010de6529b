"""Transforms: torchvision's numbers, and crops at places of equal probability."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare
from torchvision import transforms

import mnist_tutorial as mt


def test_standardize_is_torchvisions_to_tensor_and_normalize(mnist):
    theirs = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    digits, ours = mnist.test.images[:50], mt.Standardize()
    batch = ours(digits)
    assert batch.dtype == np.float32
    for digit, standardized in zip(digits, batch, strict=True):
        np.testing.assert_allclose(standardized, theirs(digit)[0], atol=2e-6)
        np.testing.assert_array_equal(ours.update()(digit), standardized)


def test_floats_of_another_scale_are_standardized_with_numbers_of_that_scale(mnist):
    grey = np.float64(mnist.test.images[:100])
    for images in (grey, torch.tensor(grey)):
        standardized = mt.Standardize(mean=grey.mean(), std=grey.std())(images)
        np.testing.assert_allclose(standardized, (grey - grey.mean()) / grey.std(), atol=1e-5)
    np.testing.assert_allclose(mt.Standardize(0.5, 0.25)(grey / 255), (grey / 255 - 0.5) / 0.25, atol=1e-6)


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
