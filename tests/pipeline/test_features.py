"""What all features have in common: draws, seeds, scales, and the parameters that they take."""

import re

import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt

MICROSCOPE = {"NA": 0.7, "wavelength": 600e-9, "magnification": 40, "resolution": 6e-6}
FEATURES = {
    "affine": lambda **kw: mt.RandomAffine(rotate=mt.uniform(-1, 1), scale=(mt.uniform(0.7, 1.3), 1), **kw),
    "elastic": lambda **kw: mt.RandomElastic(alpha=mt.uniform(10, 50), sigma=mt.uniform(3, 6), **kw),
    "noise": lambda **kw: mt.GaussianNoise(mt.uniform(0.05, 0.3), **kw),
    "shot": lambda **kw: mt.ShotNoise(mt.uniform(3, 20), **kw),
    "blur": lambda **kw: mt.Blur(mt.uniform(0.5, 3), **kw),
    "contrast": lambda **kw: mt.Contrast(mt.uniform(0.2, 2), **kw),
    "brightness": lambda **kw: mt.Brightness(mt.uniform(0.2, 2), **kw),
    "erase": lambda **kw: mt.Erase(**kw),
    "stripe": lambda **kw: mt.Stripe(**kw),
    "microscope": lambda **kw: mt.Fluorescence(
        **MICROSCOPE, defocus=mt.uniform(-2e-6, 2e-6), aberrations={(2, 2): mt.normal(0, 1)}, **kw
    ),
    "camera": lambda **kw: mt.Camera(mt.uniform(100, 1000), **kw),
}


@pytest.fixture(scope="module")
def digits(mnist):
    return np.float32(mnist.train.images[:30] / 255)


@pytest.mark.parametrize("make", FEATURES.values(), ids=FEATURES)
def test_each_image_has_its_own_draw_which_the_seed_of_a_feature_or_of_numpy_repeats(make, digits):
    result = make()(np.repeat(digits[:1], 8, axis=0))
    assert (result.shape, result.dtype) == ((8, 28, 28), np.float32)
    assert len(np.unique(result, axis=0)) >= 6  # an erased border may be erased twice
    assert make()(digits[0]).shape == (28, 28)
    feature = make(seed=3)
    first = feature(digits)
    np.testing.assert_array_equal(make(seed=3)(digits), first)
    assert not np.array_equal(make(seed=4)(digits), first)
    assert not np.array_equal(feature.update()(digits), first)  # the stream goes on
    np.random.seed(5)
    drawn = make()(digits)
    np.random.seed(5)
    np.testing.assert_array_equal(make()(digits), drawn)


OTHERS = {"standardize": lambda seed: mt.Standardize(), "crop": lambda seed: np.random.seed(seed) or mt.RandomCrop(24)}


@pytest.mark.parametrize(("name", "make"), (FEATURES | OTHERS).items())
def test_tensors_stay_tensors_and_integers_are_scaled_to_between_0_and_1(name, make, mnist):
    images = mnist.test.images[:10]
    scaled = np.float32(images / 255)
    expected = make(seed=0)(scaled)
    result = make(seed=0)(torch.from_numpy(scaled))
    assert isinstance(result, torch.Tensor)
    np.testing.assert_allclose(result, expected, atol=1e-6)
    if name == "crop":  # which leaves the values as they are
        np.testing.assert_array_equal(make(seed=0)(images) / np.float32(255), expected)
    elif name != "camera":  # whose pixels are photons
        for integers in (images, torch.from_numpy(images.copy())):
            np.testing.assert_allclose(make(seed=0)(integers), expected, atol=2e-6)


def test_a_property_can_be_a_function_called_once_per_batch_or_a_field_of_the_source(digits, sample):
    same = np.repeat(digits[:1], 8, axis=0)
    turned = mt.RandomAffine(rotate=lambda: np.random.uniform(-1, 1))
    assert len(np.unique(turned(same), axis=0)) == 1
    assert not np.array_equal(turned.update()(same), turned.update()(same))
    source = mt.digit_source(sample.test)
    image = dt.Value(source.image) >> mt.RandomAffine(translate=source.label)
    item = source[np.arange(10)]
    for moved, original, label in zip(image(item), item["image"], item["label"], strict=True):
        np.testing.assert_allclose(moved[label:, label:], original[: 28 - label, : 28 - label] / 255, atol=1e-5)


class OnDevice(torch.Tensor):
    """A tensor that NumPy cannot read before it is on the processor, as one on a GPU."""

    def __array__(self, dtype=None):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def cpu(self):
        return self.as_subclass(torch.Tensor)


X, Y = [0.8, 1, 1.2], [1, 1.1, 0.9]
PARAMETERS = [
    (X, X, X),
    (mt.PerImage(lambda n, rng: np.linspace(0.8, 1.2, n)), X, X),
    ((0.7, X), [0.7] * 3, X),
    (np.transpose([X, Y]), X, Y),
    (torch.tensor(X, requires_grad=True), X, X),
    (torch.tensor([X, Y]).T.as_subclass(OnDevice), X, Y),
]


@pytest.mark.parametrize(("parameter", "x", "y"), PARAMETERS, ids=lambda value: type(value).__name__)
def test_a_parameter_is_one_for_all_images_one_for_each_or_a_pair(parameter, x, y, digits):
    expected = [mt.RandomAffine(scale=pair)(image) for image, pair in zip(digits, zip(x, y, strict=True), strict=False)]
    np.testing.assert_allclose(mt.RandomAffine(scale=parameter)(digits[:3]), np.stack(expected), atol=1e-6)


@pytest.mark.parametrize("parameter", [np.arange(3), np.zeros((4, 3)), "large", (1, 2, 3), None])
def test_any_other_parameter_is_refused(parameter, digits):
    with pytest.raises(ValueError, match=r"(?s)^scale is .*expected a number, .* for each of the 4 images"):
        mt.RandomAffine(scale=parameter)(digits[:4])


NAN, INF = float("nan"), float("inf")
REFUSED = {
    "scale is 0; .* other than 0": lambda: mt.RandomAffine(scale=0),
    r"scale \(y\) is 0; .* other than 0": lambda: mt.RandomAffine(scale=(1, np.array([1, 0]))),
    r"translate \(x\) is nan; .* a finite number": lambda: mt.RandomAffine(translate=(NAN, 0)),
    "shear is nan; .* a finite number": lambda: mt.RandomAffine(shear=mt.normal(NAN, 1)),
    "sigma is -1; .* at least 0": lambda: mt.RandomElastic(sigma=-1),
    "sigma is -0.5; .* at least 0": lambda: mt.GaussianNoise(sigma=-0.5),
    "snr is 0; .* above 0": lambda: mt.ShotNoise(snr=0),
    "sigma is inf; .* a finite number": lambda: mt.Blur(sigma=INF),
    "factor is -2; .* at least 0": lambda: mt.Contrast(-2),
    "height is -3; .* at least 0": lambda: mt.Erase(height=-3),
    "value is nan; .* a finite number": lambda: mt.Stripe(value=NAN),
    "photons is -1; .* at least 0": lambda: mt.Camera(photons=-1),
    "bits is 7.5; .* 1 to 24": lambda: mt.Camera(bits=7.5),
    "std is 0; .* above 0": lambda: mt.Standardize(std=0),
    "size is 2.5; .* 1 to 8": lambda: mt.RandomCrop(2.5),
}


@pytest.mark.parametrize(("message", "make"), REFUSED.items())
def test_a_value_out_of_range_is_refused(message, make):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()(np.zeros((2, 8, 8), np.float32))


@pytest.mark.parametrize("shape", [(2, 3, 28, 28), (28, 28, 3), (9, 28, 28, 3)])
@pytest.mark.parametrize("make", FEATURES.values(), ids=FEATURES)
def test_an_image_with_several_channels_is_refused(make, shape):
    with pytest.raises(ValueError, match=rf"shape {re.escape(str(shape))}.* expected .*\(B, H, W\)"):
        make()(np.zeros(shape, np.float32))


@pytest.mark.parametrize("make", (FEATURES | OTHERS).values(), ids=FEATURES | OTHERS)
def test_the_channel_of_deeptracks_own_layout_is_kept(make, digits):
    for images in (digits[0], digits[:1], digits[:28]):  # 28 images of 28 x 28 are a batch
        expected = make(seed=1)(images)
        np.testing.assert_array_equal(make(seed=1)(images[..., None]), expected[..., None])
        np.testing.assert_array_equal(make(seed=1)(torch.tensor(images[..., None])), expected[..., None])


GREY = [
    lambda images: images.astype(np.int64),  # as in a CSV file
    lambda images: images.astype(np.float64),
    lambda images: torch.tensor(images).long(),
    lambda images: torch.tensor(images).float(),
    lambda images: images / 255 + 0j,
]


@pytest.mark.parametrize("convert", GREY)
def test_grey_values_of_unknown_scale_are_refused(convert, mnist):
    faintest = mnist.train.images[[np.argmin(mnist.train.images.mean((1, 2)))]]
    for make in (FEATURES | {"standardize": OTHERS["standardize"]}).values():
        for images in (mnist.test.images[:30], faintest):
            feature = make(seed=0)
            if not isinstance(feature, mt.Camera):  # which takes no integers
                feature(images)
            with pytest.raises(ValueError, match=r"^image is of \S*(int|float|complex)\d+.*; expected .*floats"):
                feature.update()(convert(images))


def test_floats_may_leave_the_range_from_0_to_1_as_noise_and_standardized_images_do(digits):
    noisy = mt.GaussianNoise(1.0, seed=0)(digits)
    assert noisy.max() > 4
    for images in (noisy, 1 - noisy, mt.ShotNoise(1, seed=0)(digits), mt.Standardize()(digits)):
        for make in [*FEATURES.values(), OTHERS["standardize"]]:
            assert make(seed=0)(images).shape == images.shape


@pytest.mark.parametrize("make", [lambda: mt.Standardize(0, 1), mt.RandomAffine])
def test_bool_uint8_and_uint16_fill_their_range(make, digits):
    for largest, dtype in ((1, bool), (255, np.uint8), (65535, np.uint16)):
        images = (largest * digits).round().astype(dtype)
        for kind in (np.asarray, torch.tensor):
            np.testing.assert_allclose(make()(kind(images)), images / largest, atol=1e-5)
