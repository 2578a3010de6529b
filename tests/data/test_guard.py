import contextlib

import pytest

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.data import guard, reference

MNIST = mt.load("sample")  # as in a notebook

# How a recipe comes by digits or labels that it was not given, and what is said about it.
LOOKS = {
    "load": (lambda: mt.load(), "called load()"),
    "load the sample": (lambda: mt.load("sample"), "called load()"),
    "test digits loaded before": (lambda: MNIST.test, "used mnist.test"),
    "held-out digits among those loaded before": (lambda: MNIST.train, "used mnist.train"),
    "listing": (lambda: reference.listing("full", "test"), "called listing()"),
    "listing that is in memory": (lambda: reference.listing("sample", "train"), "called listing()"),
    "true labels": (lambda: true_labels("sample", "test"), "called true_labels()"),
}


@pytest.mark.parametrize(("look", "words"), LOOKS.values(), ids=LOOKS)
def test_a_look_is_refused_and_also_noted_if_the_error_is_caught(look, words):
    for catch in (contextlib.nullcontext(), contextlib.suppress(BaseException)):
        with pytest.raises(MNISTError, match="that it was not given: it ") as caught, guard.closed_mnist(), catch:
            look()
        assert words in str(caught.value)


def test_a_closed_block_within_another_opens_nothing_and_afterwards_all_is_open():
    def look():
        with guard.closed_mnist():
            pass
        return MNIST.test

    with pytest.raises(MNISTError, match="that it was not given"), guard.closed_mnist():
        look()
    assert len(MNIST.test) == 1_000


def test_digits_that_a_recipe_is_given_can_be_split():
    digits = MNIST.train
    with guard.closed_mnist():
        assert len(digits.hold_out(500, seed=0)[0]) == 3_500
