import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats

import mnist_tutorial as mt


def test_photons_are_distributed_like_deeptracks():
    image = np.full((100, 100), 0.25, np.float32)
    image[0, 0] = 1  # DeepTrack sets the ratio of signal to noise at the brightest pixel
    np.random.seed(0)
    theirs = dt.Poisson(snr=6)(image[..., None])[..., 0]
    ours = mt.Camera(photons=36, read_noise=0, seed=0)(image)
    assert stats.ks_2samp(ours.ravel(), theirs.ravel() * 36).pvalue > 1e-3
    counted = np.bincount(ours.ravel().astype(int), minlength=20)[3:19]
    expected = stats.poisson(9).pmf(range(3, 19))
    assert stats.chisquare(counted, expected * counted.sum() / expected.sum()).pvalue > 1e-3


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
    assert counts.max() == 255
    assert (counts[10:] == 255).all()


def test_each_image_has_its_own_exposure_and_a_seed_repeats_it():
    stack = np.ones((3, 50, 50), np.float32)
    camera = {"photons": np.array([0, 10, 1000]), "read_noise": 0, "seed": 0}
    counts = mt.Camera(**camera)(torch.from_numpy(stack)).numpy()
    np.testing.assert_allclose(counts.mean(axis=(1, 2)), [0, 10, 1000], rtol=0.03)
    np.testing.assert_array_equal(mt.Camera(**camera)(stack), counts)
    drawn = mt.Camera(photons=mt.uniform(100, 1000), seed=0)(np.ones((8, 9, 9), np.float32))
    assert len(np.unique(drawn, axis=0)) == 8


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        ({"photons": -1}, "photons is -1; expected .* at least 0"),
        ({"read_noise": np.nan}, "read_noise is nan"),
        ({"photons": np.ones(3)}, "photons is"),
        ({"bits": 0}, "bits is 0; expected .* 1 to 24"),
        ({"bits": 7.5}, "bits is 7.5"),
    ],
)
def test_cameras_that_cannot_be(camera, message):
    with pytest.raises(ValueError, match=message):
        mt.Camera(**camera)(np.ones((2, 8, 8), np.float32))


@pytest.mark.parametrize("image", [np.ones((8, 8), np.uint8), torch.ones(8, 8, dtype=torch.int64)], ids=type)
def test_integers_are_refused_since_they_look_like_counts(image):
    with pytest.raises(ValueError, match=r"int.*expected intensities"):
        mt.Camera()(image)
