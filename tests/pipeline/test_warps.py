"""Warps: pixel by pixel those of DeepTrack and scipy."""

import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats

import mnist_tutorial as mt

N = 300
OUTSIDE = {"order": 1, "mode": "grid-constant"}


@pytest.fixture(scope="module")
def digits(mnist):
    """Images that are not square."""
    return np.float32(mnist.train.images[:N, :, 3:25] / 255)


def close(result, expected):
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


def one_by_one(images, make):
    """Evaluate a feature of DeepTrack for each image, made for it by `make(i)`."""
    return np.stack([make(i)(image[..., None])[..., 0] for i, image in enumerate(images)])


def test_affine_is_deeptracks_image_by_image(digits):
    rng = np.random.default_rng(0)
    drawn = {"scale": rng.uniform(0.6, 1.6, (N, 2)), "translate": rng.uniform(-6, 6, (N, 2))}
    drawn |= {"rotate": rng.uniform(-np.pi, np.pi, N), "shear": rng.uniform(-0.8, 0.8, N)}
    plain = {name: [tuple(v) if np.ndim(v) else v for v in values.tolist()] for name, values in drawn.items()}
    expected = one_by_one(digits, lambda i: dt.Affine(**OUTSIDE, **{name: values[i] for name, values in plain.items()}))
    close(mt.RandomAffine(**drawn)(digits), expected)


@pytest.mark.parametrize("mode", ["nearest", "mirror"])
def test_outside_is_what_scipy_says(mode, digits):
    paper, moved = digits[:100] + 0.2, {"mode": mode, "rotate": 0.5, "translate": (5.0, -3.0), "scale": 0.7}
    close(mt.RandomAffine(**moved)(paper), one_by_one(paper, lambda i: dt.Affine(order=1, **moved)))


def test_elastic_is_deeptracks_image_by_image(digits):
    def theirs(i):
        np.random.seed(i)
        noise.append(np.random.rand(2, *digits[i].shape) * 2 - 1)  # as DeepTrack draws it
        np.random.seed(i)
        return dt.ElasticTransformation(alpha=float(alpha[i]), sigma=float(sigma[i]), **OUTSIDE)

    rng, noise = np.random.default_rng(1), []
    alpha, sigma = rng.uniform(0, 60, N), rng.uniform(3, 7, N)
    expected = one_by_one(digits, theirs)
    close(mt.RandomElastic(alpha=alpha, sigma=sigma, noise=np.float32(noise))(digits), expected)


@pytest.mark.parametrize("kind", [np.float32, torch.tensor])
def test_noise_is_moved_to_the_device_of_the_images(kind):
    # The device "meta" computes shapes only, but refuses tensors of another device as a GPU does.
    images = torch.zeros(5, 28, 28, dtype=torch.uint8, device="meta")
    warped = mt.RandomElastic(alpha=torch.arange(5.0), noise=kind(np.zeros((5, 2, 28, 28))))(images)
    assert (warped.shape, warped.device.type) == (images.shape, "meta")


@pytest.mark.parametrize(
    ("feature", "shape", "message"),
    [
        (mt.RandomAffine(mode="wrap"), (1, 28, 28), "mode is 'wrap'; expected one of 'grid-constant', 'nearest'"),
        (mt.RandomAffine(), (3, 28, 1), "image is 28 x 1 pixels; expected at least 2 x 2"),
        (mt.RandomElastic(), (1, 28), "image is 1 x 28 pixels; expected at least 2 x 2"),
        (mt.RandomElastic(noise=np.zeros((5, 2, 9, 9))), (3, 9, 9), r"noise .* \(5, 2, 9, 9\); expected \(3"),
    ],
)
def test_what_cannot_be_warped_is_refused(feature, shape, message):
    with pytest.raises(ValueError, match=message):
        feature(np.zeros(shape, np.float32))


def test_the_noise_that_is_drawn_is_uniform(digits):
    images = np.repeat(digits[:1], 2000, axis=0)
    uniform = np.random.default_rng(0).uniform(-1, 1, (2000, 2, *images.shape[1:]))
    given, drawn = (mt.RandomElastic(40, 4, noise=noise, seed=1)(images) for noise in (uniform, None))
    error = np.sqrt((given.var(axis=0) + drawn.var(axis=0)) / len(images))
    assert (np.abs(given.mean(axis=0) - drawn.mean(axis=0)) <= 4.5 * error + 1e-4).all()  # of all pixels
    for pixel in given.var(axis=0).ravel().argsort()[-20:]:
        assert stats.ks_2samp(*(warped.reshape(2000, -1)[:, pixel] for warped in (given, drawn))).pvalue > 1e-3
