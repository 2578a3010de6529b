import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial.device import accelerator


def test_digits_and_batches_equal_the_arrays(mnist):
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


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_pipeline_on_a_device_gives_the_same_batches(device, sample):
    def batch(source):
        np.random.seed(0)
        image = dt.Value(source.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1)) >> mt.RandomCrop(24)
        dataset = mt.BatchDataset(image >> mt.Standardize() & dt.Value(source.label), source)
        return next(iter(mt.batch_loader(dataset, batch_size=50)))

    source = mt.digit_source(sample.test, device)
    if device == "cpu" or accelerator():
        assert isinstance(source[np.arange(3)]["image"], torch.Tensor)
        assert source[np.arange(3)]["image"].dtype == torch.uint8
    for result, expected in zip(batch(source), batch(mt.digit_source(sample.test)), strict=True):
        assert result.device.type == ((accelerator() or "cpu") if device == "auto" else device)
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result.cpu(), expected, atol=1e-5)


def test_auto_is_the_device_on_which_this_process_trains(sample, monkeypatch):
    # No machine of the tests has two GPUs, so the device is "meta", which computes shapes only.
    monkeypatch.setattr("mnist_tutorial.pipeline.source.training_device", lambda: "meta")
    assert mt.digit_source(sample.test, "auto")[0]["image"].device.type == "meta"


def test_digits_on_a_device_train_a_network(sample):
    source = mt.digit_source(sample.train, device="cpu")
    image = dt.Value(source.image) >> mt.RandomElastic(alpha=5) >> mt.Standardize()
    loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), batch_size=100, shuffle=True)
    classifier = mt.classifier(mt.models.mlp(hidden=(64,)), max_lr=1e-2)
    mt.trainer(max_epochs=2, progress=False).fit(classifier, loader)
    assert mt.evaluate(classifier, sample.test) > 0.8
