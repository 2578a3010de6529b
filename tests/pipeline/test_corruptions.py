"""Corruptions: those of DeepTrack, torchvision and scipy."""

import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import functional

import mnist_tutorial as mt


@pytest.fixture(scope="module")
def digits(mnist):
    return np.float32(mnist.train.images[:500] / 255)


def test_gaussian_noise_has_the_requested_deviation_in_each_image():
    sigma = np.array([0.01, 0.1, 1.0])
    noise = mt.GaussianNoise(sigma, seed=0)(np.zeros((3, 100, 100), np.float32))
    for image, deviation in zip(noise, sigma, strict=True):
        assert stats.kstest(image.ravel() / deviation, "norm").pvalue > 1e-3


def test_shot_noise_is_distributed_like_deeptracks_in_each_image(digits):
    # One image bright and one dark: DeepTrack's feature for each, and ours for both at once.
    images = np.stack([digits[0], digits[1] * 0.2])
    many = np.repeat(images, 400, axis=0)
    ours = mt.ShotNoise(snr=8, seed=0)(many).reshape(2, 400, 28, 28)
    for image, result in zip(images, ours, strict=True):
        np.random.seed(0)
        theirs = np.stack([dt.Poisson(snr=8)(image[..., None])[..., 0] for _ in range(400)])
        for row, column in np.argwhere(image > 0.5 * image.max())[::20]:
            assert stats.ks_2samp(result[:, row, column], theirs[:, row, column]).pvalue > 1e-4
        bright = np.unravel_index(image.argmax(), image.shape)
        assert result[:, *bright].mean() / result[:, *bright].std() == pytest.approx(8 / image.max() ** 0.5, rel=0.15)
    assert not mt.ShotNoise(snr=5)(np.zeros((2, 28, 28), np.float32)).any()  # no light, no noise


def test_blur_is_deeptracks(digits):
    sigma = np.random.default_rng(0).uniform(0.3, 5, 50)
    result = mt.Blur(sigma)(digits[:50])
    for image, blurred, width in zip(digits, result, sigma, strict=False):
        expected = dt.GaussianBlur(sigma=float(width), channel_axis=None)(image)
        np.testing.assert_allclose(blurred, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("feature", "theirs"),
    [(mt.Contrast, functional.adjust_contrast), (mt.Brightness, functional.adjust_brightness)],
)
def test_contrast_and_brightness_are_torchvisions(feature, theirs, digits):
    factors = np.linspace(0, 2, 20)
    result = feature(factors)(digits[:20])
    for image, changed, factor in zip(digits, result, factors, strict=False):
        expected = theirs(torch.from_numpy(image)[None], float(factor))[0]
        np.testing.assert_allclose(changed, expected, atol=1e-5)


def test_erase_paints_a_rectangle_and_nothing_else(digits):
    result = mt.Erase(6, 4, value=0.5, seed=0)(digits)
    for image, erased in zip(digits, result, strict=True):
        painted = np.argwhere(erased == 0.5)
        (top, left), (bottom, right) = painted.min(axis=0), painted.max(axis=0) + 1
        assert bottom - top <= 6
        assert right - left <= 4
        expected = image.copy()
        expected[top:bottom, left:right] = 0.5
        np.testing.assert_array_equal(erased, expected)


def test_a_stripe_goes_from_top_to_bottom(digits):
    result = mt.Stripe(3, column=np.linspace(0.2, 0.8, 500), value=1.0)(digits * 0.9)
    columns = (result == 1).all(axis=1)
    assert set(columns.sum(axis=1)) == {3}
    assert columns[0].argmax() < columns[-1].argmax()
