import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial.benchmark.speed import loading

BY_NAME = [loading.official, loading.image_folder, loading.torchvision_mnist, loading.tensors, loading.ours]


@pytest.mark.parametrize("route", BY_NAME)
def test_an_epoch_has_each_digit_once_with_its_label(route, sample, tmp_path):
    split = sample.train.take(300, seed=0)
    epoch, images = route(split, tmp_path)
    assert images == 300
    batches = list(epoch())
    assert [len(labels) for _, labels in batches] == [256, 44]
    pixels = torch.cat([batch for batch, _ in batches])
    labels = torch.cat([labels for _, labels in batches]).flatten()
    assert pixels.shape == (300, 1, 28, 28)
    assert pixels.dtype == torch.float32
    order = np.lexsort(split.images.reshape(300, -1).T)
    expected = mt.Standardize()(split.images)
    if route is loading.official:  # which stretches each image from 0 to 1
        expected = split.images / split.images.max(axis=(1, 2), keepdims=True)
    found = np.lexsort((pixels * 255).round().reshape(300, -1).numpy().T)
    if route is not loading.official:
        np.testing.assert_allclose(pixels[found, 0], expected[order], atol=1e-5)
        np.testing.assert_array_equal(labels[found], split.labels[order])
    else:
        np.testing.assert_allclose(pixels.sum(dim=(1, 2, 3)).sort().values, np.sort(expected.sum((1, 2))), rtol=1e-5)
        np.testing.assert_array_equal(np.bincount(labels.int()), np.bincount(split.labels))


def test_epochs_are_shuffled(sample, tmp_path):
    for route in BY_NAME:
        epoch, _ = route(sample.train.take(100, seed=0), tmp_path / route.__name__)
        first, second = (torch.cat([labels.flatten() for _, labels in epoch()]).tolist() for _ in range(2))
        assert first != second
        assert sorted(first) == sorted(second)


def test_the_routes_run(sample, tmp_path):
    for route in loading.routes(sample.train.take(100, seed=0), tmp_path):
        action, images = route.prepare()
        action()
        assert images == 100
