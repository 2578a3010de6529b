"""The microscope: images as DeepTrack's, and counts as the linear camera model says."""

import deeptrack as dt
import numpy as np
import pytest
from deeptrack.optical.scatterers import VolumeScatterer
from scipy import stats
from scipy.ndimage import center_of_mass

import mnist_tutorial as mt

PIXEL = 150e-9  # the distance of pixels on the sample, in metres
CAMERA = {"wavelength": 600e-9, "magnification": 40, "resolution": 6e-6}
MICROSCOPES = [
    {"NA": 0.7, "refractive_index_medium": 1.0, **CAMERA},
    {"NA": 1.4, "refractive_index_medium": 1.52, **CAMERA},
    {"NA": 0.5, **CAMERA},  # in water, the edge of this pupil lies on a pixel of the transform
]


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


@pytest.mark.parametrize("aberrations", [{}, {(2, 2): 1.0}, {(2, -2): -0.5, (3, 1): 1.5, (4, 0): 2.0}])
@pytest.mark.parametrize("depth", [0, 12, -7])
@pytest.mark.parametrize("optics", MICROSCOPES)
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


@pytest.mark.parametrize("optics", MICROSCOPES)
def test_the_image_of_a_point_is_deeptracks(optics):
    theirs = deeptracks(dt.PointParticle(position=(10, 12), z=4.5, intensity=1), optics, {}, (64, 64))
    emitted = np.zeros((64, 64))
    emitted[10, 12] = 1
    assert_same(mt.Fluorescence(**optics, defocus=4 * PIXEL)(emitted), theirs)


def test_a_batch_of_any_size_is_imaged_like_each_image_alone(sample):
    digits, depths = sample.train.images[:150], np.linspace(-2e-6, 2e-6, 150)
    optics = MICROSCOPES[0]
    alone = [mt.Fluorescence(**optics, defocus=z)(digit) for digit, z in zip(digits, depths, strict=True)]
    assert_same(mt.Fluorescence(**optics, defocus=depths)(digits), np.stack(alone))
    assert_same(mt.Fluorescence(**optics)(digits), np.stack([mt.Fluorescence(**optics)(digit) for digit in digits]))


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
        ({"NA": 0.001}, r"NA is 0\.001; expected more, or a larger image"),
    ],
)
def test_optics_that_cannot_be(optics, message):
    with pytest.raises(ValueError, match=message):
        mt.Fluorescence(**optics)(np.ones((2, 7, 7), np.float32))


def test_photons_are_distributed_like_deeptracks():
    image = np.full((100, 100), 0.25, np.float32)
    image[0, 0] = 1  # DeepTrack sets the ratio of signal to noise at the brightest pixel
    np.random.seed(0)
    theirs = dt.Poisson(snr=6)(image[..., None])[..., 0]
    ours = mt.Camera(photons=36, read_noise=0, seed=0)(image)
    assert stats.ks_2samp(ours.ravel(), theirs.ravel() * 36).pvalue > 1e-3


def test_mean_and_variance_are_those_of_the_linear_camera_model():
    image = np.full((200, 200), 0.5, np.float32)
    counts = mt.Camera(photons=200, background=20, read_noise=5, gain=2, offset=100, seed=0)(image)
    np.testing.assert_array_equal(counts, counts.round())
    assert counts.mean() == pytest.approx(100 + 2 * (100 + 20), rel=5e-3)
    assert counts.var() == pytest.approx(2**2 * (100 + 20 + 5**2) + 1 / 12, rel=0.03)


def test_a_camera_saturates_and_has_no_negative_counts():
    image = np.linspace(0, 1, 1000, dtype=np.float32).reshape(20, 50)
    counts = mt.Camera(photons=1000, read_noise=20, bits=8, seed=0)(image)
    assert counts.min() == 0
    assert (counts[10:] == 255).all()


def test_integers_are_refused_since_they_look_like_counts():
    with pytest.raises(ValueError, match=r"int.*expected intensities"):
        mt.Camera()(np.ones((8, 8), np.uint8))
