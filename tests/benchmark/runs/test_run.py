import time

import deeptrack as dt
import numpy as np
import pytest
import torch

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results.result import split_for
from mnist_tutorial.benchmark.runs.run import Run


def constant(network, split):
    return np.tile(np.eye(10)[network], (len(split), 1))


@pytest.fixture
def digits(sample):
    return split_for(sample, "validation")


def loop(batches, digit=3):
    def recipe(run):
        run.predict = constant
        for i in range(batches):
            run.step(100, torch.tensor(float(i)), digit)
        return digit

    return recipe


def test_the_validation_curve_has_the_accuracy_on_the_held_out_digits(digits):
    train, held_out = digits
    run = Run(train, 0, held_out)
    network, _ = run.train(loop(80))
    assert network == 3
    assert set(run.validation["accuracy"]) == {float(np.mean(held_out.labels == 3))}
    seen = run.validation["images"]
    assert seen[0] == 400  # a tenth of 3,667, rounded up to batches
    assert seen[-1] == 8_000
    assert len(seen) == len(set(seen)) > 15
    assert sorted(run.validation["seconds"]) == run.validation["seconds"]


def test_without_held_out_digits_there_is_no_validation_curve(digits):
    run = Run(digits[0], 0)
    run.train(loop(80))
    assert run.validation == {"images": [], "seconds": [], "accuracy": []}


def test_validation_is_not_on_the_clock(digits):
    spent = []

    def slow(network, split):
        start = time.perf_counter()
        sum(i * i for i in range(100_000))
        spent.append(time.perf_counter() - start)
        return constant(network, split)

    def recipe(run):
        run.predict = slow
        for _ in range(40):
            run.step(100, torch.tensor(1.0), 3)
        return 3

    _, clock = Run(digits[0], 0, digits[1]).train(recipe)
    assert len(spent) > 5
    assert clock.wall < sum(spent) / 2


def test_the_loss_curve_has_the_mean_loss_at_a_hundred_points(digits):
    run = Run(digits[0], 0)
    run.train(loop(250))
    curve = run.loss_curve()
    assert curve["images"][:2] == [300, 600]
    assert curve["loss"][:2] == [1, 4]  # of 0, 1, 2 and of 3, 4, 5
    assert curve["images"][-1] == 25_000
    assert len(curve["loss"]) == len(curve["images"]) <= 100


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
    losses = network.step_history["train_loss_step"]["value"]
    assert run.images == 2 * len(train)
    assert run.precision == "32-true"
    assert run.loss_curve()["loss"] == pytest.approx(losses, abs=1e-4)
    assert run.validation["images"][-1] == run.images
    assert run.validation["accuracy"][-1] == pytest.approx(mt.evaluate(network, held_out))
    assert run.validation["accuracy"][-1] > run.validation["accuracy"][0]
    assert network.training  # Lightning would go on training in eval mode


def test_a_network_never_sees_the_labels(digits):
    run = Run(digits[0], 0)
    run.predict = lambda network, split: np.eye(10)[split.labels]
    assert (run.scores(None, digits[1]).argmax(1) == 9).all()  # each label reads -1


def test_scores_that_are_not_finite_are_refused(digits):
    run = Run(digits[0], 0)
    run.predict = lambda network, split: np.where(split.index[:, None] % 2, np.nan, np.zeros((1, 10)))
    with pytest.raises(MNISTError, match=r"of 333 digits are NaN or infinite"):
        run.scores(None, digits[1])


def test_scores_of_a_wrong_shape_are_refused(digits):
    run = Run(digits[0], 0)
    run.predict = lambda network, split: split.labels
    with pytest.raises(MNISTError, match=r"shape \(333,\); expected \(333, 10\)"):
        run.scores(None, digits[1])


def look_by_load(run):
    return mt.load("full").test


def look_by_file(folder):
    def recipe(run):
        return (folder / "t10k-images-idx3-ubyte").read_bytes()

    return recipe


def test_a_recipe_that_opens_the_test_set_is_stopped(digits, mnist, idx_raw):
    for recipe in (look_by_load, look_by_file(idx_raw)):
        with pytest.raises(MNISTError, match="looked at the test set: it opened"):
            Run(digits[0], 0).train(recipe)
    look_by_load(None)  # after the training, it may be opened


def test_loading_all_of_mnist_counts_and_is_not_taken_for_a_damaged_cache(digits, capsys):
    with pytest.raises(MNISTError, match=r"it opened mnist-v1\.bin while training"):
        Run(digits, 0).train(lambda run: mt.load("full"))
    printed = capsys.readouterr()
    assert "damaged" not in printed.out + printed.err
    assert mt.load("full").variant == "full"


def test_training_files_and_other_files_can_be_opened(digits, idx_raw, tmp_path):
    def recipe(run):
        (tmp_path / "log.txt").write_text("mine")
        return (idx_raw / "train-labels-idx1-ubyte").read_bytes()

    network, _ = Run(digits[0], 0).train(recipe)
    assert len(network) == 60_008
