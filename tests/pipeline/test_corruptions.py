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


CHANGES = [
    (mt.Blur, lambda image, sigma: dt.GaussianBlur(sigma=sigma, channel_axis=None)(image.numpy()), 5),
    (mt.Contrast, lambda image, factor: functional.adjust_contrast(image[None], factor)[0], 2),
    (mt.Brightness, lambda image, factor: functional.adjust_brightness(image[None], factor)[0], 2),
]


@pytest.mark.parametrize(("feature", "theirs", "largest"), CHANGES)
@pytest.mark.parametrize("window", [slice(0, 28), slice(12, 17)], ids=str)  # the second is smaller than a blur's filter
def test_blur_is_deeptracks_and_contrast_and_brightness_are_torchvisions(feature, theirs, largest, window, digits):
    images, values = digits[:50, window, window], np.linspace(0, largest, 50)
    result = feature(values)(images)
    for image, changed, value in zip(images, result, values, strict=True):
        np.testing.assert_allclose(changed, theirs(torch.from_numpy(image), float(value)), atol=1e-5)


def test_erase_paints_a_rectangle_and_nothing_else(digits):
    result = mt.Erase(6, 4, value=0.5, seed=0)(digits)
    for image, erased in zip(digits.copy(), result, strict=True):
        painted = np.argwhere(erased == 0.5)
        (top, left), (bottom, right) = painted.min(axis=0), painted.max(axis=0) + 1
        assert (bottom - top <= 6, right - left <= 4) == (True, True)
        image[top:bottom, left:right] = 0.5
        np.testing.assert_array_equal(erased, image)


def test_a_stripe_goes_from_top_to_bottom(digits):
    result = mt.Stripe(3, column=np.linspace(0.2, 0.8, 500), value=1.0)(digits * 0.9)
    columns = (result == 1).all(axis=1)
    assert set(columns.sum(axis=1)) == {3}
    assert columns[0].argmax() < columns[-1].argmax()
