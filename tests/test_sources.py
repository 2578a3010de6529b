import deeptrack as dt
import numpy as np

import mnist_tutorial as mt


def test_one_digit_and_a_batch_are_those_of_the_arrays(mnist):
    source = mt.digit_source(mnist.train)
    assert len(source) == 60_000
    np.testing.assert_array_equal(source[7]["image"], mnist.train.images[7])
    assert source[-1]["label"] == mnist.train.labels[-1]
    indices = np.array([3, 50_000, 7])
    np.testing.assert_array_equal(source[indices]["image"], mnist.train.images[indices])
    np.testing.assert_array_equal(source[indices]["index"], indices)


def test_the_arrays_are_not_copied(mnist):
    source = mt.digit_source(mnist.train)
    assert np.shares_memory(source[np.s_[0]]["image"], mnist.train.images)


def test_a_pipeline_works_on_a_batch_as_on_single_digits(sample):
    source = mt.digit_source(sample.train)
    pipeline = (dt.Value(source.image) / 255) & dt.Value(source.label)
    images, labels = pipeline(source[np.arange(5)])
    for i in range(5):
        image, label = pipeline(source[i])
        np.testing.assert_array_equal(images[i], image)
        assert labels[i] == label


def test_the_index_leads_back_to_the_official_position(mnist):
    held = mnist.test.take(50, seed=0)
    item = mt.digit_source(held)[10]
    np.testing.assert_array_equal(item["image"], mnist.test.images[item["index"]])
