import gc
import weakref

import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt


class Count(dt.Feature):
    """Counts how often the pipeline is evaluated."""

    evaluated = 0

    def get(self, image, **kwargs):
        Count.evaluated += 1
        return image


@pytest.fixture
def dataset(sample):
    source = mt.digit_source(sample.train)
    Count.evaluated = 0
    image = dt.Value(source.image) >> Count() >> mt.Standardize()
    return mt.BatchDataset(image & dt.Value(source.label), source)


def test_a_batch_fits_a_network_and_its_loss(dataset, sample):
    images, labels = next(iter(mt.batch_loader(dataset, batch_size=100)))
    assert images.shape == (100, 1, 28, 28)
    assert images.dtype == torch.float32
    assert labels.shape == (100,)
    assert labels.dtype == torch.long
    np.testing.assert_array_equal(labels, sample.train.labels[:100])
    np.testing.assert_allclose(images[:, 0], mt.Standardize()(sample.train.images[:100]))
    torch.nn.functional.cross_entropy(torch.zeros(100, 10), labels)


def test_the_pipeline_is_evaluated_once_per_batch(dataset):
    assert len(list(mt.batch_loader(dataset, batch_size=256))) == 16
    assert Count.evaluated == 16


def test_the_loader_of_torch_and_deeplay_yields_the_same_batches_at_the_same_cost(dataset):
    theirs = list(dl.DataLoader(dataset, batch_size=256))
    assert Count.evaluated == 16
    for (a, b), (c, d) in zip(theirs, mt.batch_loader(dataset, batch_size=256), strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


def test_a_single_sample_equals_its_part_of_a_batch(dataset):
    assert isinstance(dataset, dt.pytorch.Dataset)
    assert len(dataset) == 4000
    image, label = dataset[17]
    images, labels = dataset.__getitems__([3, 17]).tensors
    assert torch.equal(image, images[1])
    assert torch.equal(label, labels[1])
    assert image.shape == (1, 28, 28)
    assert label.ndim == 0


def test_shuffled_epochs_see_each_digit_once_in_a_new_order(dataset, sample):
    source = dataset.source
    positions = mt.BatchDataset(dt.Value(source.index), source)
    loader = mt.batch_loader(positions, batch_size=256, shuffle=True, seed=0)
    first, second = (torch.cat([index for (index,) in loader]).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == sample.train.index.tolist()
    assert first != second
    again = mt.batch_loader(positions, batch_size=256, shuffle=True, seed=0)
    assert torch.cat([index for (index,) in again]).tolist() == first


def test_random_features_draw_anew_in_each_epoch(sample):
    source = mt.digit_source(sample.train)
    dataset = mt.BatchDataset(dt.Value(source.image) >> mt.RandomCrop(24), source)
    loader = mt.batch_loader(dataset, batch_size=64)
    (first,), (second,) = next(iter(loader)), next(iter(loader))
    assert first.shape == (64, 1, 24, 24)
    assert not torch.equal(first, second)


def test_random_properties_of_deeptrack_are_drawn_once_per_batch(sample):
    drawn = []
    source = mt.digit_source(sample.train)
    image = dt.Value(source.image) >> mt.Standardize(mean=lambda: drawn.append(0.1) or 0.1)
    assert len(list(mt.batch_loader(mt.BatchDataset(image, source), batch_size=1000))) == len(drawn) == 4


def test_a_dataset_neither_resets_nor_keeps_alive_other_pipelines_of_its_source(sample):
    source = mt.digit_source(sample.train)
    rotation = mt.RandomAffine(rotate=lambda: np.random.uniform(-1, 1))
    shared = dt.Value(source.image)
    other = shared >> rotation
    dataset = mt.BatchDataset(shared >> mt.Standardize(), source)
    other(source[np.arange(3)])
    angle = rotation.rotate()
    dataset.__getitems__([5, 6])
    assert rotation.rotate() == angle  # DeepTrack's update() of either pipeline would draw it anew
    assert other.update()
    assert rotation.rotate() != angle
    other, rotation = weakref.ref(other), weakref.ref(rotation)
    gc.collect()
    assert other() is rotation() is None
    assert dataset[0][0].shape == (1, 28, 28)


def test_a_pipeline_without_standardize_yields_floats_too(sample):
    source = mt.digit_source(sample.train)
    (image,) = mt.BatchDataset(dt.Value(source.image), source)[0]
    assert image.dtype == torch.float32
    assert image.max() == 255


def test_the_loader_takes_the_arguments_of_torch(dataset):
    assert len(mt.batch_loader(dataset, batch_size=300, drop_last=True)) == 13
    assert mt.batch_loader(dataset).num_workers == 0


def test_it_can_be_subclassed(sample):
    class Negative(mt.BatchDataset):
        def _as_tensor(self, x):
            return -super()._as_tensor(x)

    source = mt.digit_source(sample.train)
    images, _ = next(iter(mt.batch_loader(Negative(dt.Value(source.image) & dt.Value(source.label), source))))
    assert images.min() == -255
