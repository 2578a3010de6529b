import copy
import gc
import weakref

import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial.device import accelerator


def test_a_source_holds_the_arrays_themselves_in_official_order(mnist):
    source = mt.digit_source(mnist.train)
    assert len(source) == 60_000
    np.testing.assert_array_equal(source[7]["image"], mnist.train.images[7])
    assert source[-1]["label"] == mnist.train.labels[-1]
    indices = np.array([3, 50_000, 7])
    np.testing.assert_array_equal(source[indices]["image"], mnist.train.images[indices])
    np.testing.assert_array_equal(source[indices]["index"], indices)
    assert np.shares_memory(source[np.s_[0]]["image"], mnist.train.images)
    item = mt.digit_source(mnist.test.take(50, seed=0))[10]
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
    assert len(mt.batch_loader(dataset, batch_size=300, drop_last=True)) == 13  # an argument of torch


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
    (image,) = mt.BatchDataset(dt.Value(dataset.source.image), dataset.source)[0]  # without Standardize
    assert (image.dtype, image.max()) == (torch.float32, 255)


def test_a_deep_copy_has_the_same_samples_and_draws_anew(sample):
    source = mt.digit_source(sample.train)
    image = dt.Value(source.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1))
    dataset = copy.deepcopy(mt.BatchDataset(image & dt.Value(source.label), source))
    for i in (5, 3999, 70):
        assert dataset[i][1] == sample.train.labels[i]
    assert not torch.equal(dataset[5][0], dataset[5][0])
    loader = copy.deepcopy(torch.utils.data.DataLoader(dataset, batch_size=1000))
    np.testing.assert_array_equal(torch.cat([labels for _, labels in loader]), sample.train.labels)


def test_a_pipeline_of_another_source_is_refused(sample):
    train, test = mt.digit_source(sample.train), mt.digit_source(sample.test)
    with pytest.raises(mt.MNISTError, match=r"another source; expected"):
        mt.BatchDataset(dt.Value(train.image) >> mt.Standardize() & dt.Value(train.label), test)
    both = dt.sources.Sources(train, test)  # DeepTrack's way to use one pipeline for several
    for source, split in ((train, sample.train), (test, sample.test)):
        dataset = mt.BatchDataset(dt.Value(both.label), source)
        assert [int(dataset[i][0]) for i in (3, 900)] == split.labels[[3, 900]].tolist()


def test_images_in_deeptracks_own_layout_fit_a_network(sample):
    source = dt.sources.Source(image=sample.train.images[..., None])
    image = dt.Value(source.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1)) >> mt.RandomCrop(24) >> mt.Standardize()
    (images,) = next(iter(mt.batch_loader(mt.BatchDataset(image, source), batch_size=28)))
    assert images.shape == (28, 1, 24, 24)


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


@pytest.mark.parametrize("seed", [0, None])
@pytest.mark.parametrize("workers", [0, 2, 4])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more than there are processors
def test_draws_differ_between_workers_and_epochs_and_repeat(workers, seed, sample):
    def epochs(loader_class):
        torch.manual_seed(0)  # what NumPy's generator follows in a worker
        np.random.seed(0)
        same = dt.sources.Source(image=np.repeat(sample.train.images[:1], 128, axis=0))
        image = dt.Value(same.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1), seed=seed)
        loader = loader_class(mt.BatchDataset(image, same), batch_size=16, num_workers=workers)
        return torch.cat([images for _ in range(2) for (images,) in loader])

    drawn = epochs(mt.batch_loader)
    assert len(np.unique(drawn, axis=0)) == 256
    assert torch.equal(epochs(dl.DataLoader), drawn)


def test_workers_repeat_the_draws_of_a_feature_with_a_seed_whatever_the_seed_of_torch(sample):
    def epoch(seed):
        image = dt.Value(source.image) >> mt.GaussianNoise(seed=seed)
        return torch.cat([x for (x,) in mt.batch_loader(mt.BatchDataset(image, source), 100, num_workers=2)])

    source = mt.digit_source(sample.test)
    first = epoch(1)
    torch.manual_seed(99)
    assert torch.equal(epoch(1), first)
    assert not torch.equal(epoch(2), first)


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
