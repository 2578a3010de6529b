import numpy as np
import pytest

from mnist_tutorial.benchmark import Run, load_recipe, recipe_names
from mnist_tutorial.benchmark.execute import seed_everything

# Too short to learn from 500 digits: one or two steps, or an epoch of plain SGD.
SHORT = {"cnn-1s", "cnn-6s", "microscope-classify", "microscope-restore", "mlp-crash-course", "train-mnist-fast"}
DIGITS = {"pytorch-examples": 128}  # its 14 epochs of a large network take 6 seconds with 500
PARAMETERS = {"train-mnist-fast": 215_194, "cnn-tiny": 1_914}  # as published; as its docstring says


@pytest.mark.parametrize("name", recipe_names())
def test_each_recipe_trains_and_predicts(name, sample):
    seed_everything(0)
    run, split = Run(sample.train.take(DIGITS.get(name, 500), seed=0), seed=0), sample.test.take(100, seed=0)
    network, _ = run.train(load_recipe(name).function)
    scores = run.scores(network, split)  # of the right shape, and finite
    assert np.isfinite(run.loss_curve()["loss"]).all()
    if name in PARAMETERS:
        assert sum(p.numel() for p in network.parameters()) == PARAMETERS[name]
    if name not in SHORT:
        assert np.mean(scores.argmax(1) == split.labels) > 0.3  # chance: 0.1


@pytest.mark.parametrize("name", ["microscope-classify", "microscope-restore"])
def test_a_microscope_shows_all_networks_the_same_images(name, sample):
    seed_everything(0)
    run, split = Run(sample.train.take(300, seed=0), seed=0), sample.test.take(50, seed=0)
    network, _ = run.train(load_recipe(name).function)
    once = run.scores(network, split)
    np.random.seed(1)
    assert np.array_equal(run.scores(network, split), once)
    assert np.ptp(once, axis=0).min() > 0  # and not the same answer to all
