"""Fields: objects as they were, at places of equal probability, without overlap."""

import deeptrack as dt
import numpy as np
import pytest
import torch
from scipy import stats

import mnist_tutorial as mt


def box(image):
    (top, left), (bottom, right) = np.argwhere(image).min(axis=0), np.argwhere(image).max(axis=0) + 1
    return slice(top, bottom), slice(left, right)


def test_objects_are_moved_as_they_are_a_seed_repeats_it_and_tensors_stay_tensors(sample):
    digits = sample.train.images[:200]
    np.random.seed(0)
    fields = mt.Field(64)(digits)
    assert (fields.shape, fields.dtype) == ((200, 64, 64), np.uint8)
    for digit, field in zip(digits, fields, strict=True):
        np.testing.assert_array_equal(field[box(field)], digit[box(digit)])
    np.random.seed(0)
    again = mt.Field(64)(torch.tensor(digits))
    assert isinstance(again, torch.Tensor)
    np.testing.assert_array_equal(again.numpy(), fields)
    assert mt.Field(40)(digits[0]).shape == (40, 40)


def test_every_place_is_as_likely():
    np.random.seed(0)
    dots = np.pad(np.ones((2000, 1, 1), np.float32), ((0, 0), (3, 5), (5, 3)))
    counted = mt.Field((10, 20))(dots).sum(axis=0).ravel()
    assert stats.chisquare(counted, [10] * 200).pvalue > 1e-3


@pytest.mark.parametrize(("size", "count", "gap"), [(64, 3, 2), (96, 9, 1)])  # the second is crowded
def test_boxes_of_objects_keep_a_gap(size, count, gap, sample):
    np.random.seed(0)
    digits = sample.train.images[:450]
    planes = mt.Field(size, gap)(digits.reshape(-1, count, 28, 28))
    np.testing.assert_array_equal(planes.sum(axis=(2, 3)).ravel(), digits.sum(axis=(1, 2)))
    covered = np.zeros((len(planes), size, size), int)
    for plane in np.moveaxis(planes, 1, 0):
        for field, image in zip(covered, plane, strict=True):
            rows, columns = box(image)
            field[rows.start : rows.stop + gap, columns.start : columns.stop + gap] += 1
    assert covered.max() == 1


def test_an_object_that_leaves_no_room_is_moved():
    np.random.seed(0)
    planes = mt.Field((5, 11), gap=0)(np.ones((50, 2, 5, 5), np.uint8))  # no room beside an object in the middle
    assert planes.sum(axis=1).max() == 1


def test_one_draw_serves_the_image_and_the_masks_of_a_dataset(sample):
    source = dt.sources.Source(image=sample.train.images[:60].reshape(20, 3, 28, 28), label=np.arange(20))
    planes = dt.Value(source.image) >> mt.Field(72)
    field = planes >> dt.Lambda(lambda: lambda planes: planes.sum(axis=1, dtype=np.float32))
    masks = planes >> dt.Lambda(lambda: lambda planes: planes > 0)
    for image, mask in mt.batch_loader(mt.BatchDataset(field & masks, source), batch_size=10):
        np.testing.assert_array_equal(image[:, 0] > 0, mask.any(axis=1))


@pytest.mark.parametrize(
    ("objects", "size", "message"),
    [
        (np.array([np.ones((5, 5)), np.zeros((5, 5))]), 64, "object 1 has no pixel above 0"),
        (np.pad(np.ones((20, 20, 1)), ((4, 4), (4, 4), (0, 0))), 64, "object 0 .* each of 28 objects of 28 x 1"),
        (np.ones((2, 5, 5)), 4, "5 x 5 pixels; expected at most 4 x 4"),
        (np.ones((2, 9, 5, 5)), 15, "no places were found for 9 objects"),
        (np.ones(5), 15, r"shape \(5,\)"),
    ],
)
def test_what_has_no_place(objects, size, message):
    with pytest.raises(ValueError, match=message):
        mt.Field(size)(objects)
