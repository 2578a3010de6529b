import json
import time

import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.benchmark.splits import split_for


def constant(network, split):
    return np.tile(np.eye(10)[network], (len(split), 1))


@pytest.fixture
def digits(sample):
    return split_for(sample, "validation")


def loop(batches, predict=constant):
    """Make a recipe that trains nothing: it knows but one digit."""

    def recipe(run):
        run.predict = predict
        for i in range(batches):
            run.step(100, torch.tensor(float(i)), 3)
        return 3

    return recipe


def test_the_validation_curve_has_the_accuracy_on_the_held_out_digits_and_is_not_on_the_clock(digits):
    def slow(network, split):
        start = time.perf_counter()
        sum(i * i for i in range(100_000))
        spent.append(time.perf_counter() - start)
        return constant(network, split)

    train, held_out = digits
    run, spent = Run(train, 0, held_out), []
    network, clock = run.train(loop(80, slow))
    assert network == 3
    assert set(run.validation["accuracy"]) == {float(np.mean(held_out.labels == 3))}
    seen = run.validation["images"]
    assert (seen[0], seen[-1]) == (400, 8_000)  # from a tenth of 3,667, rounded up to batches
    assert len(seen) == len(set(seen)) > 15
    assert sorted(run.validation["seconds"]) == run.validation["seconds"]
    assert clock.wall < sum(spent) / 2


def test_the_loss_curve_has_the_mean_loss_at_a_hundred_points(digits):
    run = Run(digits[0], 0)
    run.train(loop(250))
    assert run.validation == {"images": [], "seconds": [], "accuracy": []}  # without held-out digits
    curve = run.loss_curve()
    assert curve["images"] == [*range(300, 25_000, 300), 25_000]
    assert curve["loss"][:2] == [1, 4]  # of 0, 1, 2 and of 3, 4, 5
    assert len(curve["loss"]) == len(curve["images"])


def test_a_trainer_reports_through_the_callback(digits):
    train, held_out = digits
    run = Run(train, 0, held_out)

    def recipe(run):
        source = mt.digit_source(run.digits)
        pixels = dt.Value(source.image) >> mt.Standardize()
        dataset = mt.BatchDataset(pixels & dt.Value(source.label), source)
        network = mt.classifier(mt.models.mlp(hidden=(16,)))
        trainer = mt.trainer(max_epochs=2, progress=False, callbacks=[run.callback()], precision="32-true")
        trainer.fit(network, mt.batch_loader(dataset, batch_size=256, shuffle=True))
        return network

    network, _ = run.train(recipe)
    losses, accuracies = network.step_history["train_loss_step"]["value"], run.validation["accuracy"]
    assert run.precision == "32-true"
    assert run.loss_curve()["loss"] == pytest.approx(losses, abs=1e-4)
    assert run.images == run.validation["images"][-1] == 2 * len(train)
    assert accuracies[-1] == pytest.approx(mt.evaluate(network, held_out))
    assert accuracies[-1] > accuracies[0]
    assert network.training  # Lightning would go on training in eval mode


def test_a_network_sees_only_images_and_no_labels_positions_or_other_digits(digits):
    run, seen = Run(digits[0], 0), []
    run.predict = lambda network, split: seen.append(split) or np.zeros((len(split), 10))
    run.scores(None, digits[1])
    assert set(seen[0].labels) == set(seen[0].index) == {-1}
    np.testing.assert_array_equal(seen[0].images, digits[1].images)
    assert not np.shares_memory(seen[0].images, digits[1].images)


def giving(scores, network="a network"):
    """Make a recipe that returns `network`, and has these scores."""

    def recipe(run):
        run.predict = lambda network, split: scores(len(split))
        return network

    return recipe


# What students get wrong, and what is said about it.
FAULTS = {
    "no return": (lambda run: None, "the recipe returned nothing; expected the trained network"),
    "the weights": (lambda run: {"weight": 1}, "returned a dict; expected the trained network, a torch.nn.Module"),
    "predict without return": (giving(lambda n: None), "scores are of type NoneType"),
    "text": (giving(lambda n: np.full((n, 10), "7")), "dtype <U1; expected real numbers"),
    "digits": (giving(lambda n: np.zeros(n)), r"shape \(333,\) and dtype float64; expected .* \(333, 10\)"),
    "NaN": (giving(lambda n: np.where(np.arange(n)[:, None], np.zeros((n, 10)), np.nan)), "of 1 of 333 digits are"),
    "looks while it trains": (lambda run: mt.load("sample"), r"it was not given: it called load\(\)"),
    "looks while it predicts": (giving(lambda n: mt.load("sample").test), r"it was not given: it called load\(\)"),
}


@pytest.mark.parametrize(("recipe", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_said_in_a_sentence(recipe, words, digits):
    run = Run(digits[0], 0)
    with pytest.raises(MNISTError, match=words):
        run.scores(run.train(recipe)[0], digits[1])


def test_numbers_of_a_step_may_be_those_of_any_library(digits):
    run = Run(digits[0], 0)
    for images, loss in (np.int64(64), 0.5), (torch.tensor(64), np.float32(0.5)), (64, torch.tensor(0.5)):
        run.step(images, loss)
    assert json.dumps(run.loss_curve()) == '{"images": [64, 128, 192], "loss": [0.5, 0.5, 0.5]}'
