"""Preparation: real digits, enlarged and moved, come back; and what the preparation itself does to all of MNIST."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import mnist_tutorial as mt


def moved(image, factor, size, corner):
    """Enlarge a digit without its border, and put it somewhere into a larger picture."""
    rows, columns = (np.flatnonzero(image.any(axis)) for axis in (1, 0))
    ink = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    large = np.asarray(ink.resize((round(ink.width * factor), round(ink.height * factor)), Image.Resampling.BICUBIC))
    picture = np.zeros(size, np.uint8)
    picture[corner[0] : corner[0] + large.shape[0], corner[1] : corner[1] + large.shape[1]] = large
    return picture


def distances(images, others):
    images, others = (array.reshape(len(array), -1).astype(np.float32) for array in (images, others))
    return (images**2).sum(1)[:, None] + (others**2).sum(1) - 2 * images @ others.T


def test_mnist_is_prepared_already(mnist):
    """So the box of 20 pixels and the centre of 14 are those of MNIST's makers."""
    digits = mnist.test.images[:500]
    prepared = np.array([mt.prepare(image) for image in digits])
    different = np.abs(prepared.astype(int) - digits).max((1, 2)) > 255 - digits.max((1, 2))
    assert different.mean() < 0.01  # the few whose centre lies between two pixels, or whose box is smaller


@pytest.mark.parametrize("factor", [0.8, 3, 11.5])
def test_a_digit_that_was_scaled_and_moved_comes_back(mnist, factor):
    digits = mnist.test.images[:300]
    rng = np.random.default_rng(0)
    pictures = [moved(image, factor, (260, 400), rng.integers(0, (30, 170))) for image in digits]
    prepared = np.array([mt.prepare(picture) for picture in pictures])
    # Nearer to its own original than to any other digit, so to all that a classifier sees in it.
    assert np.mean(distances(prepared, digits).argmin(1) == np.arange(300)) > 0.95
    naive = np.array([mt.prepare(picture, centre=False) for picture in pictures])
    assert np.mean(distances(naive, digits).argmin(1) == np.arange(300)) < 0.5


def test_the_ink_fits_a_box_of_20_and_its_centre_of_mass_is_that_of_mnist(mnist, sample):
    prepared = np.array([mt.prepare(moved(image, 7, (200, 200), (5, 50))) for image in sample.test.images[:200]])
    for image in prepared:
        assert max(np.ptp(np.nonzero(image), axis=1)) + 1 == 20
        assert np.abs(np.subtract(ndimage.center_of_mass(image), 14)).max() <= 0.51
    middle = np.mean([ndimage.center_of_mass(image) for image in mnist.train.images[:2000]], axis=0)
    assert np.mean([ndimage.center_of_mass(image) for image in prepared], axis=0) == pytest.approx(middle, abs=0.1)


def test_no_ink_sticks_out_however_uneven_it_is():
    picture = np.zeros((100, 100))
    picture[:, :20] = 1
    picture[50, :] = 1  # its centre of mass is far to the left
    assert np.ptp(np.nonzero(mt.prepare(picture)), axis=1).tolist() == [19, 19]


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.uint16, np.float32, np.float64])
def test_any_range_of_values_gives_the_same_image(kind, centre, sample):
    picture = moved(sample.test.images[0], 4, (120, 90), (3, 2)) > 100
    for ink in (1, 3.0e-5) if kind is np.float64 else (1,):
        prepared = mt.prepare((picture * ink).astype(kind), centre)
        assert prepared.dtype == np.uint8
        assert prepared.shape == (28, 28)
        np.testing.assert_array_equal(prepared, mt.prepare(picture * np.uint8(255), centre))


@pytest.mark.parametrize("centre", [True, False])
def test_paper_stays_paper_and_a_dot_is_a_box(centre):
    assert not mt.prepare(np.zeros((50, 70)), centre).any()
    dot = np.zeros((28, 28), np.uint8)
    dot[3, 4] = 9
    assert (mt.prepare(dot, centre) == 255).sum() == (400 if centre else 1)


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        (np.zeros((28, 28, 3), np.uint8), r"\(28, 28, 3\)"),
        (np.zeros((0, 28)), r"\(0, 28\)"),
        (np.array([["ink"]]), "array of <U3"),
        (np.ones((2, 2), complex), "complex"),
        (np.array([[-1.0, 1]]), "negative"),
        (np.array([[np.nan, 1]]), "not finite"),
        (np.array([[np.inf, 1]]), "not finite"),
    ],
)
def test_what_is_no_grey_picture_is_refused_with_what_was_found(picture, found):
    with pytest.raises(mt.MNISTError, match=rf"{found}.*expected"):
        mt.prepare(picture)
