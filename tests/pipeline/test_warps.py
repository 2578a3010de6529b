"""Warps: pixel by pixel those of DeepTrack and scipy, and distributed as DeepTrack's."""

import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats
from scipy.ndimage import gaussian_filter1d

import mnist_tutorial as mt
from mnist_tutorial.pipeline.warps import smoothing

N = 300
OUTSIDE = {"order": 1, "mode": "grid-constant"}


@pytest.fixture(scope="module")
def digits(mnist):
    return np.float32(mnist.train.images[:N] / 255)


def close(result, expected):
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


def one_by_one(images, make):
    """Evaluate a feature of DeepTrack for each image, made for it by `make(i)`."""
    return np.stack([make(i)(image[..., None])[..., 0] for i, image in enumerate(images)])


AFFINE = {
    "scale": lambda rng: {"scale": rng.uniform(0.6, 1.6, (N, 2))},
    "translate": lambda rng: {"translate": rng.uniform(-6, 6, (N, 2))},
    "rotate": lambda rng: {"rotate": rng.uniform(-np.pi, np.pi, N)},
    "shear": lambda rng: {"shear": rng.uniform(-0.8, 0.8, N)},
}
AFFINE["all"] = lambda rng: {
    name: values for kind in ("scale", "translate", "rotate", "shear") for name, values in AFFINE[kind](rng).items()
}


@pytest.mark.parametrize("draw", AFFINE.values(), ids=AFFINE)
def test_affine_is_deeptracks_image_by_image(draw, digits):
    drawn = draw(np.random.default_rng(0))
    plain = {name: [tuple(map(float, v)) if np.ndim(v) else float(v) for v in of] for name, of in drawn.items()}
    expected = one_by_one(digits, lambda i: dt.Affine(**OUTSIDE, **{name: of[i] for name, of in plain.items()}))
    close(mt.RandomAffine(**drawn)(digits), expected)


@pytest.mark.parametrize("mode", ["nearest", "mirror"])
def test_outside_is_what_scipy_says(mode, digits):
    paper, moved = digits[:100] + 0.2, {"mode": mode, "rotate": 0.5, "translate": (5.0, -3.0), "scale": 0.7}
    close(mt.RandomAffine(**moved)(paper), one_by_one(paper, lambda i: dt.Affine(order=1, **moved)))


def test_elastic_is_deeptracks_image_by_image(digits):
    rng = np.random.default_rng(1)
    alpha, sigma = rng.uniform(0, 60, N), rng.uniform(3, 7, N)
    noise, expected = [], []
    for i, image in enumerate(digits):
        np.random.seed(i)
        noise.append([np.random.rand(28, 28) * 2 - 1 for _ in range(2)])  # as DeepTrack draws it
        np.random.seed(i)
        feature = dt.ElasticTransformation(alpha=float(alpha[i]), sigma=float(sigma[i]), **OUTSIDE)
        expected.append(feature(image[..., None])[..., 0])
    close(mt.RandomElastic(alpha=alpha, sigma=sigma, noise=np.float32(noise))(digits), np.stack(expected))


def test_images_need_not_be_square():
    image = np.random.default_rng(0).random((20, 33), dtype=np.float32)
    np.random.seed(0)
    noise = np.float32([np.random.rand(20, 33) * 2 - 1 for _ in range(2)])
    np.random.seed(0)
    expected = dt.ElasticTransformation(alpha=30.0, sigma=3.0, **OUTSIDE)(image[..., None])
    close(mt.RandomElastic(alpha=30, sigma=3, noise=noise[None])(image), expected[..., 0])
    drawn = {"rotate": 0.4, "scale": (1.2, 0.8), "translate": (3, -2)}
    for layout in (image, image[..., None]):  # the second is DeepTrack's own
        close(mt.RandomAffine(**drawn)(layout), dt.Affine(**OUTSIDE, **drawn)(layout))


@pytest.mark.parametrize("mode", ["constant", "reflect"])
@pytest.mark.parametrize("size", [28, 5])
def test_smoothing_is_scipys_filter(mode, size):
    sigma = torch.tensor([0.0, 0.3, 1.0, 4.0, 7.3])
    matrices = smoothing(size, sigma, mode)
    for width, matrix in zip(sigma.tolist(), matrices, strict=True):
        expected = gaussian_filter1d(np.eye(size), width, axis=0, mode=mode) if width else np.eye(size)
        np.testing.assert_allclose(matrix, expected, atol=1e-6)


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


DRAWN = {"rotate": (-0.35, 0.35), "shear": (-0.35, 0.35), "scale": (0.8, 1.2), "translate": (-2, 2), "elastic": None}
DRAWS = 2000


def moments(images):
    row, column = np.mgrid[:28, :28]
    ink = images.sum(axis=(1, 2))
    centre = [(images * place).sum(axis=(1, 2)) / ink for place in (row, column)]
    offsets = [place - middle[:, None, None] for place, middle in zip((row, column), centre, strict=True)]
    second = [(images * a * b).sum(axis=(1, 2)) / ink for a in offsets for b in offsets]
    return np.round([ink, *centre, *second], 3)


@pytest.mark.parametrize(("name", "limits"), DRAWN.items())
def test_augmented_images_are_distributed_like_deeptracks(name, limits, digits):
    def pair(draw):
        return (draw, sum(limits) / 2) if name in ("scale", "translate") else draw

    if limits:
        ours = mt.RandomAffine(**{name: pair(mt.uniform(*limits))}, seed=1)
        theirs = dt.Affine(**{name: pair(lambda: np.random.uniform(*limits))}, **OUTSIDE)
    else:
        ours = mt.RandomElastic(alpha=40, sigma=4, seed=1)
        theirs = dt.ElasticTransformation(alpha=40.0, sigma=4.0, **OUTSIDE)
    np.random.seed(0)
    a = np.stack([theirs.update()(digits[0][..., None])[..., 0] for _ in range(DRAWS)])
    b = ours(np.repeat(digits[:1], DRAWS, axis=0))
    for theirs, ours in zip(moments(a), moments(b), strict=True):
        assert stats.ks_2samp(theirs, ours).pvalue > 1e-3
    error = np.sqrt((a.var(axis=0) + b.var(axis=0)) / DRAWS)
    assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) <= 4.5 * error + 1e-4).all()  # of 784 pixels
