import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats
from scipy.ndimage import gaussian_filter1d
from sklearn.neural_network import MLPClassifier

import mnist_tutorial as mt
from mnist_tutorial.pipeline.warps import smoothing

N = 300


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
    "all": lambda rng: {
        "scale": rng.uniform(0.8, 1.2, (N, 2)),
        "translate": rng.uniform(-2, 2, (N, 2)),
        "rotate": rng.uniform(-0.35, 0.35, N),
        "shear": rng.uniform(-0.35, 0.35, N),
    },
}


@pytest.mark.parametrize("kind", AFFINE)
def test_affine_is_deeptracks_image_by_image(kind, digits):
    drawn = AFFINE[kind](np.random.default_rng(0))
    n = N if kind == "all" else 100
    plain = {name: [tuple(map(float, v)) if np.ndim(v) else float(v) for v in of] for name, of in drawn.items()}
    expected = one_by_one(
        digits[:n],
        lambda i: dt.Affine(order=1, mode="grid-constant", **{name: of[i] for name, of in plain.items()}),
    )
    close(mt.RandomAffine(**{name: of[:n] for name, of in drawn.items()})(digits[:n]), expected)


def test_an_image_in_deeptracks_own_layout_is_warped_as_there(digits):
    image = digits[3][..., None]  # (28, 28, 1)
    drawn = {"rotate": 0.4, "scale": (1.2, 0.8), "translate": (3, -2)}
    close(mt.RandomAffine(**drawn)(image), dt.Affine(order=1, mode="grid-constant", **drawn)(image))


@pytest.mark.parametrize("mode", ["nearest", "mirror"])
def test_outside_is_what_scipy_says(mode, digits):
    expected = one_by_one(
        digits[:100] + 0.2, lambda i: dt.Affine(order=1, mode=mode, rotate=0.5, translate=(5.0, -3.0), scale=0.7)
    )
    close(mt.RandomAffine(rotate=0.5, translate=(5, -3), scale=0.7, mode=mode)(digits[:100] + 0.2), expected)


def test_elastic_is_deeptracks_image_by_image(digits):
    rng = np.random.default_rng(1)
    alpha, sigma = rng.uniform(0, 60, N), rng.uniform(3, 7, N)
    noise, expected = [], []
    for i, image in enumerate(digits):
        np.random.seed(i)
        noise.append([np.random.rand(28, 28) * 2 - 1 for _ in range(2)])  # as DeepTrack draws it
        np.random.seed(i)
        feature = dt.ElasticTransformation(alpha=float(alpha[i]), sigma=float(sigma[i]), order=1, mode="grid-constant")
        expected.append(feature(image[..., None])[..., 0])
    close(mt.RandomElastic(alpha=alpha, sigma=sigma, noise=np.float32(noise))(digits), np.stack(expected))


def test_images_need_not_be_square():
    image = np.random.default_rng(0).random((20, 33), dtype=np.float32)
    np.random.seed(0)
    noise = np.float32([np.random.rand(20, 33) * 2 - 1 for _ in range(2)])
    np.random.seed(0)
    expected = dt.ElasticTransformation(alpha=30.0, sigma=3.0, order=1, mode="grid-constant")(image[..., None])
    close(mt.RandomElastic(alpha=30, sigma=3, noise=noise[None])(image), expected[..., 0])
    feature = dt.Affine(rotate=0.4, scale=(1.2, 0.8), translate=(3, -2), order=1, mode="grid-constant")
    close(mt.RandomAffine(rotate=0.4, scale=(1.2, 0.8), translate=(3, -2))(image), feature(image))


@pytest.mark.parametrize("mode", ["constant", "reflect"])
@pytest.mark.parametrize("size", [28, 5])
def test_smoothing_is_scipys_filter(mode, size):
    sigma = torch.tensor([0.0, 0.3, 1.0, 4.0, 7.3])
    matrices = smoothing(size, sigma, mode)
    for width, matrix in zip(sigma.tolist(), matrices, strict=True):
        expected = gaussian_filter1d(np.eye(size), width, axis=0, mode=mode) if width else np.eye(size)
        np.testing.assert_allclose(matrix, expected, atol=1e-6)


def test_any_size_of_image_works():
    # Particles that DeepTrack simulates, 64 x 64: nothing here depends on digits.
    particle = dt.PointParticle(position=lambda: np.random.uniform(20, 44, 2), intensity=1)
    optics = dt.Fluorescence(output_region=(0, 0, 64, 64), resolution=1e-6, magnification=5, wavelength=680e-9, NA=0.7)
    simulated = optics(particle)
    images = np.float32([simulated.update()()[..., 0] for _ in range(20)])
    images /= images.max()
    rng = np.random.default_rng(0)
    angle = rng.uniform(-3, 3, 20)
    expected = one_by_one(images, lambda i: dt.Affine(order=1, mode="grid-constant", rotate=float(angle[i])))
    close(mt.RandomAffine(rotate=angle)(images), expected)
    assert mt.RandomElastic()(images[:, :50]).shape == (20, 50, 64)


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
        (
            mt.RandomElastic(noise=np.zeros((5, 2, 9, 9))),
            (3, 9, 9),
            r"noise has the shape \(5, 2, 9, 9\); expected \(3",
        ),
    ],
)
def test_what_cannot_be_warped_is_refused(feature, shape, message):
    with pytest.raises(ValueError, match=message):
        feature(np.zeros(shape, np.float32))


# The middle of a distribution, and how far it reaches to either side; or a value.
DRAWN = {
    "rotate": (0.0, 0.35),
    "shear": (0.0, 0.35),
    "scale": (1.0, 0.2),
    "translate": (0.0, 2.0),
    "alpha": (40.0, None),
    "sigma": (4.0, None),
}
DRAWS = 2000


@pytest.fixture(scope="module", params=DRAWN)
def drawn(request, digits):
    """The same digit, augmented many times by DeepTrack, and a function that does so with our range times a factor."""
    name, (middle, reach) = request.param, DRAWN[request.param]

    def affine(kind, draw, **kwargs):
        return kind(**{name: (draw, middle) if name in ("scale", "translate") else draw}, **kwargs)

    def ours(factor):
        if reach is None:
            feature = mt.RandomElastic(**{"alpha": 40, "sigma": 4, name: middle * factor}, seed=1)
        else:
            feature = affine(mt.RandomAffine, mt.uniform(middle - reach * factor, middle + reach * factor), seed=1)
        return feature(np.repeat(digits[:1], DRAWS, axis=0)).round(4)

    outside = {"order": 1, "mode": "grid-constant"}
    if reach is None:
        theirs = dt.ElasticTransformation(alpha=40.0, sigma=4.0, **outside)
    else:
        theirs = affine(dt.Affine, lambda: np.random.uniform(middle - reach, middle + reach), **outside)
    np.random.seed(0)
    images = np.stack([theirs.update()(digits[0][..., None])[..., 0] for _ in range(DRAWS)])
    return images.round(4), ours  # DeepTrack computes in float64; the last bits must not distinguish the two


def moments(images):
    row, column = np.mgrid[:28, :28]
    ink = images.sum(axis=(1, 2))
    centre = [(images * place).sum(axis=(1, 2)) / ink for place in (row, column)]
    offsets = [place - middle[:, None, None] for place, middle in zip((row, column), centre, strict=True)]
    second = [(images * a * b).sum(axis=(1, 2)) / ink for a in offsets for b in offsets]
    return np.round([ink, *centre, *second], 3)


def test_augmented_images_are_distributed_like_deeptracks(drawn):
    theirs, ours = drawn
    for a, b in zip(moments(theirs), moments(ours(1)), strict=True):
        assert stats.ks_2samp(a, b).pvalue > 1e-3
    error = np.sqrt((theirs.var(axis=0) + ours(1).var(axis=0)) / DRAWS)
    assert (np.abs(theirs.mean(axis=0) - ours(1).mean(axis=0)) <= 4.5 * error + 1e-6).all()  # of 784 pixels


def classified(a, b):
    """Train a small network to distinguish two sets of images; count its correct answers on held-out images."""
    images = np.concatenate([a, b], dtype=np.float32).reshape(2 * DRAWS, -1)
    labels = np.repeat([0, 1], DRAWS)
    order = np.random.default_rng(0).permutation(2 * DRAWS)
    train, test = order[:2400], order[2400:]
    network = MLPClassifier((128,), max_iter=20, random_state=0, alpha=0.1, learning_rate_init=2e-3)
    network.fit(images[train], labels[train])
    return round(network.score(images[test], labels[test]) * len(test)), len(test)


@pytest.mark.full
def test_a_network_cannot_distinguish_them_from_deeptracks_unless_one_parameter_is_off_by_a_fifth(drawn):
    theirs, ours = drawn
    low, high = mt.stats.wilson_interval(*classified(theirs, ours(1)), confidence=0.999)
    assert low < 0.5 < high
    low, _ = mt.stats.wilson_interval(*classified(theirs, ours(1.2)), confidence=0.95)
    assert low > 0.5
