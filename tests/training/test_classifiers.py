import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch
from lightning import Callback, seed_everything

import mnist_tutorial as mt
from mnist_tutorial.training.classifiers import OneCycleClassifier


def loader(split, shuffle=True):
    source = mt.digit_source(split)
    image = dt.Value(source.image) >> mt.Standardize()
    dataset = mt.BatchDataset(image & dt.Value(source.label), source)
    return mt.batch_loader(dataset, batch_size=200, shuffle=shuffle)


@pytest.fixture(scope="module")
def batches(sample):
    """The sample in 20 mini-batches."""
    return loader(sample.train)


def fit(batches, validation=None, classifier=None, **kwargs):
    classifier = classifier or mt.classifier(mt.models.mlp(hidden=(8,)))
    trainer = mt.trainer(progress=False, **kwargs)
    trainer.fit(classifier, batches, validation)
    return classifier, trainer


@pytest.fixture(scope="module")
def fitted(batches, sample):
    seed_everything(0, verbose=False)
    return fit(batches, loader(sample.test, shuffle=False), mt.classifier(mt.models.mlp(hidden=(32,))))


def test_it_learns(fitted, sample):
    classifier, _ = fitted
    assert mt.evaluate(classifier, sample.test) > 0.85


def test_the_history_has_losses_and_validation_accuracy(fitted, sample):
    classifier, trainer = fitted
    history = trainer.history.history
    assert len(history["train_loss_epoch"]["value"]) == 2
    (accuracy,) = (curve["value"] for name, curve in history.items() if "Accuracy" in name)
    assert accuracy[-1] == pytest.approx(mt.evaluate(classifier, sample.test), abs=0.005)
    assert not any("train" in name and "Accuracy" in name for name in history)
    steps = classifier.step_history["train_loss_step"]
    assert steps["step"] == list(range(1, 41))
    assert np.mean(steps["value"][20:]) == pytest.approx(history["train_loss_epoch"]["value"][1], rel=1e-5)


def test_the_same_seed_repeats_exactly_and_another_does_not(batches):
    weights = []
    for seed in (0, 0, 1):
        seed_everything(seed, verbose=False)
        classifier = mt.classifier(mt.models.cnn((4, 6, 8)))
        fit(batches, classifier=classifier, max_epochs=1, limit_train_batches=6)
        weights.append(torch.cat([parameters.flatten() for parameters in classifier.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


class Rates(Callback):
    """Collects the learning rate of each step."""

    def __init__(self):
        self.rates = []

    def on_train_batch_end(self, trainer, *args):
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])


def test_the_learning_rate_makes_one_cycle(batches):
    fit(batches, classifier=mt.classifier(mt.models.mlp(hidden=(8,)), max_lr=0.02), callbacks=[callback := Rates()])
    rates = callback.rates
    assert len(rates) == 40
    assert max(rates) == pytest.approx(0.02, rel=0.02)
    assert np.argmax(rates) == pytest.approx(0.3 * 40, abs=2)
    assert rates[-1] < rates[0] / 10 < 0.02 / 50


def test_a_template_can_be_changed_after_a_classifier_is_made_from_it():
    # deeplay ignores such a change silently if the template itself was handed over.
    template = mt.models.mlp(hidden=(8,))
    mt.classifier(template)
    template[..., "activation#:-1"].configure(torch.nn.GELU)
    assert "GELU" in str(mt.classifier(template).model)


@pytest.mark.parametrize(
    ("arguments", "peak"),
    [
        ({"optimizer": dl.SGD(lr=0.5)}, 0.5),
        ({"optimizer": dl.SGD(lr=0.5), "max_lr": 0.2}, 0.2),
        ({"optimizer": dl.AdamW(weight_decay=0.1)}, 0.01),
        ({}, 0.01),
    ],
)
def test_the_learning_rate_of_an_optimizer_is_the_peak_unless_another_is_given(arguments, peak, batches):
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), **arguments)
    fit(batches, classifier=classifier, max_epochs=1, callbacks=[callback := Rates()])
    assert max(callback.rates) == pytest.approx(peak, rel=0.02)


def test_the_choices_of_a_user_override_ours_and_stay_as_they_are():
    optimizer = dl.AdamW(weight_decay=0.5)
    before = optimizer.kwargs
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), 0.2, optimizer=optimizer, label_smoothing=0.2)
    assert classifier.loss.label_smoothing == 0.2
    created = classifier.create_optimizer_with_params(classifier.optimizer, classifier.parameters())
    assert created.defaults["weight_decay"] == 0.5
    assert optimizer.kwargs == before


class Stop(Callback):
    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        trainer.should_stop = batch_idx == 6


@pytest.mark.parametrize("end", [{"max_epochs": -1, "max_steps": 7}, {"max_epochs": 1, "callbacks": [Stop()]}])
def test_a_training_that_ends_inside_an_epoch_has_a_history(end, batches):
    classifier, trainer = fit(batches, **end)
    steps = classifier.step_history["train_loss_step"]["value"]
    assert len(steps) == 7
    assert trainer.history.history["train_loss_epoch"]["value"] == [pytest.approx(np.mean(steps), rel=1e-5)]
    assert len(mt.plots.learning_curves(trainer.history.history).axes) == 1


class Blank(OneCycleClassifier):
    """A classifier that trains on blank images, with two losses."""

    def train_preprocess(self, batch):
        images, labels = batch
        return torch.zeros_like(images), labels

    def compute_loss(self, logits, labels):
        assert len(logits.unique(dim=0)) == 1
        return {"entropy": self.loss(logits, labels), "size": logits.square().mean()}


def test_a_subclass_can_preprocess_and_have_several_losses_as_in_deeplay(batches):
    network = dl.MultiLayerPerceptron(784, [8], 10)
    classifier, trainer = fit(batches, classifier=Blank(network, 0.01, optimizer=dl.Adam()).create(), max_epochs=1)
    assert set(trainer.history.history) == {"train_entropy_epoch", "train_size_epoch"}
    for name in ("entropy", "size"):
        steps = classifier.step_history[f"train_{name}_step"]["value"]
        assert len(steps) == 20
        assert trainer.history.history[f"train_{name}_epoch"]["value"] == [
            pytest.approx(np.mean(steps), rel=0.01)
        ]  # bfloat16


def test_a_small_cnn_learns_all_of_mnist_from_random_crops_in_a_tenth_of_an_epoch(mnist):
    seed_everything(0, verbose=False)
    source = mt.digit_source(mnist.train)
    image = dt.Value(source.image) >> mt.RandomCrop(24) >> mt.Standardize()
    batches = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), shuffle=True)
    classifier = mt.classifier(mt.models.cnn((8, 12, 16)))
    mt.trainer(max_epochs=-1, max_steps=50, progress=False).fit(classifier, batches)
    assert mt.evaluate(classifier, mnist.train.take(2000, seed=0)) > 0.93
