from dataclasses import replace

import numpy as np
import pytest
from conftest import made_result

import mnist_tutorial as mt
from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.benchmark.execute import Training, _training
from mnist_tutorial.benchmark.files import read, write
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.benchmark.splits import SPLITS, split_for, true_labels


@pytest.mark.parametrize("evaluated_on", SPLITS)
@pytest.mark.parametrize("variant", ["full", "sample"])
def test_the_labels_are_known_without_mnist(request, variant, evaluated_on):
    mnist = request.getfixturevalue({"full": "mnist"}.get(variant, variant))
    _, other = split_for(mnist, evaluated_on)
    np.testing.assert_array_equal(true_labels(variant, evaluated_on), other.labels)


def test_the_held_out_digits_are_fixed_stratified_and_not_trained_on(mnist):
    train, held_out = split_for(mnist, "validation")
    assert (len(train), len(held_out)) == (55_000, 5_000)
    assert not set(train.index) & set(held_out.index)
    shares = np.bincount(held_out.labels) / np.bincount(mnist.train.labels)
    np.testing.assert_allclose(shares, 1 / 12, atol=2e-4)
    np.testing.assert_array_equal(split_for(mnist, "validation")[1].index, held_out.index)
    assert split_for(mnist, "test") == (mnist.train, mnist.test)  # for the test, all training digits are trained on


def test_the_accuracy_is_that_of_the_digits_evaluated_on():
    assert made_result(evaluated_on="validation", wrong=5).accuracy == 0.999
    assert replace(made_result(), validation_accuracy=0.1).accuracy == 0.995


def test_a_recipe_that_takes_no_time_can_be_read(tmp_path):
    training = _training(Training(Run(mt.load("sample").train, 0), None, Time(1e-7, 0.0, 0.0), 0.0, {}))
    assert read(write(made_result(**training), tmp_path)).wall > 0
