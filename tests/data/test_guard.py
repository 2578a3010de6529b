"""The guard: a recipe that looks at other digits than its own is refused, even if it catches the error."""

import contextlib

import pytest

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.data import guard, reference

MNIST = mt.load("sample")  # as in a notebook

# How a recipe comes by digits or labels that it was not given, and what is said about it.
LOOKS = {
    "called load()": lambda: mt.load("sample"),
    "used mnist.test": lambda: MNIST.test,
    "used mnist.train": lambda: MNIST.train,
    "called listing()": lambda: reference.listing("sample", "train"),
    "called true_labels()": lambda: true_labels("sample", "test"),
}


@pytest.mark.parametrize("words", LOOKS)
def test_a_look_is_refused_and_also_noted_if_the_error_is_caught(words):
    def look():
        with guard.closed_mnist():  # a block within another opens nothing
            pass
        LOOKS[words]()

    for catch in (contextlib.nullcontext(), contextlib.suppress(BaseException)):
        with pytest.raises(MNISTError, match="not given: it ") as caught, guard.closed_mnist(), catch:
            look()
        assert words in str(caught.value)
    assert len(MNIST.test) == 1_000  # afterwards all is open


def test_digits_that_a_recipe_is_given_can_be_split():
    digits = MNIST.train
    with guard.closed_mnist():
        assert len(digits.hold_out(500, seed=0)[0]) == 3_500
