import deeptrack as dt
import numpy as np
import pytest
import torch
from deeptrack.optical.scatterers import VolumeScatterer
from scipy.ndimage import center_of_mass

import mnist_tutorial as mt

PIXEL = 150e-9  # the distance of pixels on the sample, in metres
MICROSCOPES = {
    "NA 0.7": {"NA": 0.7, "wavelength": 600e-9, "magnification": 40, "resolution": 6e-6},
    "NA 1.2": {"NA": 1.2, "wavelength": 500e-9, "magnification": 60, "resolution": 9e-6},
    "NA 1.4 in oil": {"NA": 1.4, "wavelength": 660e-9, "magnification": 20, "resolution": 3e-6}
    | {"refractive_index_medium": 1.52},
    # The edge of this pupil lies on a pixel of the transform.
    "NA 0.5": {"NA": 0.5, "wavelength": 600e-9, "magnification": 40, "resolution": 6e-6},
    "NA 0.3": {"NA": 0.3, "wavelength": 450e-9, "magnification": 10, "resolution": 1.5e-6},
}
ABERRATIONS = {"none": {}, "astigmatism": {(2, 2): 1.0}, "three": {(2, -2): -0.5, (3, 1): 1.5, (4, 0): 2.0}}


class Ink(VolumeScatterer):
    def __init__(self, ink, **kwargs):
        super().__init__(ink=ink, **kwargs)

    def get(self, image, ink, **kwargs):
        return ink[..., None]


def deeptracks(sample, optics, aberrations, shape):
    pupil = None
    if aberrations:
        n, m = zip(*aberrations, strict=True)
        pupil = dt.Zernike(n=list(n), m=list(m), coefficient=list(aberrations.values()))
    image = dt.Fluorescence(**optics, output_region=(0, 0, *shape), pupil=pupil)(sample).update()()
    return np.asarray(image)[..., 0]


def assert_same(ours, theirs):
    assert np.abs(ours - theirs).max() < 1e-5 * theirs.max()


@pytest.fixture(scope="module")
def ink(sample):
    field = np.zeros((64, 48), np.float32)
    field[20:48, 5:33] = sample.train.images[0] / 255
    return field


@pytest.mark.parametrize("aberrations", ABERRATIONS.values(), ids=list(ABERRATIONS))
@pytest.mark.parametrize("depth", [0, 12, -7])
@pytest.mark.parametrize("optics", MICROSCOPES.values(), ids=list(MICROSCOPES))
def test_the_image_of_a_volume_is_deeptracks(optics, depth, aberrations, ink):
    # DeepTrack rounds the depth down to whole pixels; half a pixel keeps rounding errors away from the step.
    sample = Ink(ink, position=center_of_mass(ink), z=depth + 0.5, intensity=1)
    theirs = deeptracks(sample, optics, aberrations, ink.shape)
    microscope = {"defocus": depth * PIXEL, "aberrations": aberrations}
    assert_same(mt.Fluorescence(**optics, **microscope)(ink), theirs)
    stack = np.stack([np.zeros_like(ink), ink])
    microscope["defocus"] = np.array([1e-6, depth * PIXEL])  # not the same for all images
    both = mt.Fluorescence(**optics, **microscope)(stack)
    assert_same(both[1], theirs)
    assert not both[0].any()


@pytest.mark.parametrize("optics", MICROSCOPES.values(), ids=list(MICROSCOPES))
def test_the_image_of_points_is_deeptracks(optics):
    points = [(10, 12), (30, 31), (50, 7)]
    sample = [dt.PointParticle(position=place, z=4.5, intensity=1) for place in points]
    theirs = deeptracks(sample[0] & sample[1] & sample[2], optics, {}, (64, 64))
    emitted = np.zeros((64, 64))
    emitted[tuple(np.transpose(points))] = 1
    assert_same(mt.Fluorescence(**optics, defocus=4 * PIXEL)(emitted), theirs)


def test_each_image_has_a_focus_of_its_own_and_a_seed_repeats_it(ink):
    stack = np.repeat(ink[None], 8, axis=0)
    draws = {"defocus": mt.uniform(-2e-6, 2e-6), "aberrations": {(2, 2): mt.normal(0, 1)}}
    images = mt.Fluorescence(resolution=2e-6, seed=0, **draws)(stack)
    assert len(np.unique(images, axis=0)) == 8
    np.testing.assert_array_equal(mt.Fluorescence(resolution=2e-6, seed=0, **draws)(stack), images)


def test_a_batch_of_any_size_is_imaged_like_each_image_alone(sample):
    digits, depths = sample.train.images[:150], np.linspace(-2e-6, 2e-6, 150)
    optics = MICROSCOPES["NA 0.7"]
    alone = [mt.Fluorescence(**optics, defocus=z)(digit) for digit, z in zip(digits, depths, strict=True)]
    assert_same(mt.Fluorescence(**optics, defocus=depths)(digits), np.stack(alone))
    assert_same(mt.Fluorescence(**optics)(digits), np.stack([mt.Fluorescence(**optics)(digit) for digit in digits]))


def test_light_is_kept_but_what_leaves_the_field():
    point = np.zeros((64, 64))
    point[32, 32] = 1
    sharp, blurred = (mt.Fluorescence(resolution=2e-6, defocus=z)(point) for z in (0, 2e-6))
    assert blurred.max() < 0.5 * sharp.max()
    assert blurred.sum() == pytest.approx(sharp.sum(), rel=0.02)


def test_a_tensor_gives_a_tensor_and_integers_count_from_0_to_1(ink):
    microscope = mt.Fluorescence(resolution=2e-6)
    image = microscope(torch.from_numpy(ink))
    np.testing.assert_allclose(image.numpy(), microscope(ink), atol=1e-7)
    np.testing.assert_allclose(microscope(np.uint8(ink * 255 + 0.5)), microscope(ink), atol=1e-6)


@pytest.mark.parametrize(
    ("optics", "message"),
    [
        ({"NA": 1.4}, "NA is 1.4; .* refractive index"),
        ({"NA": 0}, "NA is 0; .* above 0"),
        ({"wavelength": float("nan")}, "wavelength is nan"),
        ({"resolution": 1}, "resolution / magnification is 0.1 m; expected at most"),
        ({"defocus": "far"}, "defocus is 'far'"),
        ({"aberrations": {(2, 2): np.ones(3)}}, r"aberrations\[\(2, 2\)\] is"),
        ({"aberrations": {(2, 1): 1.0}}, r"aberrations has \(2, 1\)"),
    ],
)
def test_optics_that_cannot_be(optics, message, ink):
    with pytest.raises(ValueError, match=message):
        mt.Fluorescence(**optics)(np.stack([ink, ink]))


def test_a_spot_far_wider_than_the_image():
    with pytest.raises(ValueError, match=r"NA is 0\.001; expected more, or a larger image"):
        mt.Fluorescence(NA=0.001)(np.ones((7, 7), np.float32))


def test_a_stack_of_another_shape():
    with pytest.raises(ValueError, match=r"expected .H, W. or .B, H, W."):
        mt.Fluorescence()(np.zeros((2, 3, 64, 64), np.float32))
