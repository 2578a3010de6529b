import numpy as np
import torch
from sklearn.decomposition import PCA

from mnist_tutorial.benchmark import Run, load_recipe
from mnist_tutorial.benchmark.recipes.whitening import NOISE, whitening_filters
from mnist_tutorial.pipeline import Standardize


def patches_of(images):
    return np.lib.stride_tricks.sliding_window_view(Standardize()(images), (5, 5), axis=(1, 2)).reshape(-1, 25)


def test_the_filters_are_the_largest_principal_components_scaled_to_equal_variance(sample):
    images = sample.train.images[:200]
    filters = whitening_filters(images, channels=16).reshape(16, 25).numpy()
    pca = PCA(n_components=8).fit(patches_of(images))
    expected = pca.components_ / np.sqrt(pca.explained_variance_ + NOISE)[:, None]
    for component in expected:  # whose sign is arbitrary
        assert np.abs(filters - component).max(1).min() < 1e-3
        assert np.abs(filters + component).max(1).min() < 1e-3


def test_training_leaves_the_first_layer_as_it_is(sample):
    digits = sample.train.take(500, seed=0)
    network, _ = Run(digits, seed=0).train(load_recipe("cnn-1s").function)
    first = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    assert torch.equal(first.weight, whitening_filters(digits.images, len(first.weight)))
