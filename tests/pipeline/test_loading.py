"""Loading: what a loader yields, how often the pipeline is evaluated, and what worker processes draw."""

import copy
import operator
import socket
from functools import reduce

import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch
from deeptrack.sources import Source

import mnist_tutorial as mt
from mnist_tutorial.device import accelerator
from mnist_tutorial.errors import MNISTError


def test_a_source_holds_the_arrays_themselves_in_official_order(mnist):
    source = mt.digit_source(mnist.train)
    assert len(source) == 60_000
    indices = np.array([3, 50_000, 7])
    np.testing.assert_array_equal(source[indices]["image"], mnist.train.images[indices])
    np.testing.assert_array_equal(source[indices]["index"], indices)
    assert np.shares_memory(source[0]["image"], mnist.train.images)


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_a_pipeline_on_a_device_gives_the_same_batches(device, sample):
    def batch(source):
        np.random.seed(0)
        image = dt.Value(source.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1)) >> mt.RandomCrop(24)
        dataset = mt.BatchDataset(image >> mt.Standardize() & dt.Value(source.label), source)
        return next(iter(mt.batch_loader(dataset, batch_size=50)))

    source = mt.digit_source(sample.test, device)
    if device == "cpu" or accelerator():
        assert source[np.arange(3)]["image"].dtype == torch.uint8
    for result, expected in zip(batch(source), batch(mt.digit_source(sample.test)), strict=True):
        assert result.device.type == ((accelerator() or "cpu") if device == "auto" else device)
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result.cpu(), expected, atol=1e-5)


def made(split, *features):
    """Make a dataset of a split whose images pass through features."""
    source = mt.digit_source(split)
    image = reduce(operator.rshift, features, dt.Value(source.image))
    return mt.BatchDataset(image & dt.Value(source.label), source)


def test_a_batch_fits_a_network_and_its_loss_and_each_sample_is_its_part(sample):
    dataset = made(sample.train, mt.Standardize())
    images, labels = next(iter(mt.batch_loader(dataset, batch_size=100)))
    assert images.shape == (100, 1, 28, 28)
    assert (images.dtype, labels.dtype) == (torch.float32, torch.long)
    np.testing.assert_array_equal(labels, sample.train.labels[:100])
    np.testing.assert_allclose(images[:, 0], mt.Standardize()(sample.train.images[:100]))
    torch.nn.functional.cross_entropy(torch.zeros(100, 10), labels)
    assert isinstance(dataset, dt.pytorch.Dataset)
    assert len(dataset) == 4000
    assert all(torch.equal(part, whole[17]) for part, whole in zip(dataset[17], (images, labels), strict=True))
    image, _ = made(sample.train)[0]  # without Standardize
    assert (image.dtype, image.max()) == (torch.float32, 255)


@pytest.mark.parametrize("loader", [mt.batch_loader, dl.DataLoader])
def test_the_pipeline_is_evaluated_once_per_batch_with_any_loader(loader, sample):
    evaluations = []
    count = dt.Lambda(lambda: lambda image: evaluations.append(len(image)) or image)
    batches = list(loader(made(sample.train, count, mt.Standardize()), batch_size=300, drop_last=True))
    assert evaluations == [300] * 13
    for i, (images, labels) in enumerate(batches):
        part = slice(300 * i, 300 * i + 300)
        np.testing.assert_array_equal(labels, sample.train.labels[part])
        np.testing.assert_allclose(images[:, 0], mt.Standardize()(sample.train.images[part]))


def test_a_deep_copy_has_the_same_samples_and_draws_anew(sample):
    dataset = made(sample.train, mt.RandomAffine(rotate=mt.uniform(-1, 1)))
    loader = copy.deepcopy(torch.utils.data.DataLoader(dataset, batch_size=1000))
    np.testing.assert_array_equal(torch.cat([labels for _, labels in loader]), sample.train.labels)
    assert not torch.equal(loader.dataset[5][0], loader.dataset[5][0])


def test_a_pipeline_of_another_source_is_refused(sample):
    train, test = mt.digit_source(sample.train), mt.digit_source(sample.test)
    with pytest.raises(mt.MNISTError, match=r"another source; expected"):
        mt.BatchDataset(dt.Value(train.image) >> mt.Standardize() & dt.Value(train.label), test)
    both = dt.sources.Sources(train, test)  # DeepTrack's way to use one pipeline for several
    for source, split in ((train, sample.train), (test, sample.test)):
        dataset = mt.BatchDataset(dt.Value(both.label), source)
        assert [int(dataset[i][0]) for i in (3, 900)] == split.labels[[3, 900]].tolist()


def test_masks_stay_classes_and_pictures_in_any_layout_become_floats(sample):
    images = sample.test.images
    masks = (images > 127).astype(np.int64)
    pictures = {"images": images, "layout": images[..., None], "bits": images > 127, "deep": images.astype(np.uint16)}
    source = Source(masks=masks, planes=masks[:, None], **pictures)
    fields = [dt.Value(getattr(source, name)) for name in ("masks", "planes", *pictures)]
    dataset = mt.BatchDataset(reduce(operator.and_, fields), source)
    masks, planes, *pictures = next(iter(mt.batch_loader(dataset, 2)))
    assert masks.shape == (2, 28, 28)
    assert (masks.dtype, planes.dtype) == (torch.long, torch.long)
    assert {tensor.shape for tensor in (planes, *pictures)} == {(2, 1, 28, 28)}
    assert {tensor.dtype for tensor in pictures} == {torch.float32}
    torch.nn.functional.cross_entropy(torch.zeros(2, 2, 28, 28), masks)


def half(image):
    return image / 2


def test_workers_that_start_afresh_yield_the_same_batches(sample):
    dataset = made(sample.test, mt.Standardize(), dt.Lambda(lambda: lambda image: half(image)))
    loader = mt.batch_loader(dataset, batch_size=500, num_workers=1, multiprocessing_context="spawn")
    for batch, expected in zip(loader, mt.batch_loader(dataset, batch_size=500), strict=True):
        assert all(torch.equal(x, y) for x, y in zip(batch, expected, strict=True))


def test_a_pipeline_that_no_worker_can_have_is_refused(sample):
    with socket.socket() as held:
        dataset = made(sample.test, dt.Lambda(lambda: lambda image: image + held.fileno()))
        loader = mt.batch_loader(dataset, num_workers=1, multiprocessing_context="spawn")
        with pytest.raises(MNISTError, match="num_workers=0"):
            iter(loader)


def test_shuffled_epochs_see_each_digit_once_in_a_new_order(sample):
    source = mt.digit_source(sample.train)
    positions = mt.BatchDataset(dt.Value(source.index), source)
    loader, again = (mt.batch_loader(positions, batch_size=256, shuffle=True, seed=0) for _ in range(2))
    first, second, repeated = (torch.cat([index for (index,) in each]).tolist() for each in (loader, loader, again))
    assert sorted(first) == sorted(second) == sample.train.index.tolist()
    assert first == repeated != second


@pytest.mark.parametrize("seed", [0, None])
@pytest.mark.parametrize("workers", [0, 2])
def test_draws_differ_between_workers_and_epochs_and_repeat(workers, seed, sample):
    def epochs(loader_class, global_seed):
        torch.manual_seed(global_seed)  # what NumPy's generator follows in a worker
        np.random.seed(global_seed)
        same = dt.sources.Source(image=np.repeat(sample.train.images[:1], 128, axis=0))
        image = dt.Value(same.image) >> mt.RandomAffine(rotate=mt.uniform(-1, 1), seed=seed)
        loader = loader_class(mt.BatchDataset(image, same), batch_size=16, num_workers=workers)
        return torch.cat([images for _ in range(2) for (images,) in loader])

    drawn = epochs(mt.batch_loader, 0)
    assert len(np.unique(drawn, axis=0)) == 256
    assert torch.equal(epochs(dl.DataLoader, 0), drawn)
    assert torch.equal(epochs(mt.batch_loader, 1), drawn) == (seed is not None)


def test_a_dataset_does_not_reset_other_pipelines_of_its_source(sample):
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
