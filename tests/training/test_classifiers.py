"""Classifiers: they learn, repeat, and follow one cycle, whatever interrupts a training."""

from dataclasses import replace

import deeplay as dl
import numpy as np
import pytest
import torch
from conftest import loader
from lightning import seed_everything
from lightning.pytorch.callbacks import LambdaCallback, LearningRateFinder
from torch import nn

import mnist_tutorial as mt
from mnist_tutorial.training.classifiers import OneCycleClassifier


def fit(batches, validation=None, classifier=None, **kwargs):
    classifier = mt.classifier(mt.models.mlp(hidden=(8,))) if classifier is None else classifier
    trainer = mt.trainer(progress=False, **kwargs)
    trainer.fit(classifier, batches, validation)
    return classifier, trainer


def test_it_learns_and_the_history_has_losses_and_validation_accuracy(batches, sample):
    seed_everything(0, verbose=False)
    classifier, trainer = fit(batches, loader(sample.test), mt.classifier(mt.models.mlp(hidden=(32,))))
    assert mt.evaluate(classifier, sample.test) > 0.85
    history = trainer.history.history
    assert len(history["train_loss_epoch"]["value"]) == 2
    [(name, accuracy)] = ((name, curve["value"]) for name, curve in history.items() if "Accuracy" in name)
    assert name.startswith("val")
    assert accuracy[-1] == pytest.approx(mt.evaluate(classifier, sample.test), abs=0.005)
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


def watch(rates):
    """Collect the learning rate of each step in a list."""
    return LambdaCallback(
        on_train_batch_end=lambda trainer, *_: rates.append(trainer.optimizers[0].param_groups[0]["lr"])
    )


PEAKS = [(None, 0.02, 0.02), (dl.SGD(lr=0.5), None, 0.5), (dl.SGD(lr=0.5), 0.2, 0.2), (dl.AdamW(), None, 0.01)]


@pytest.mark.parametrize(("optimizer", "max_lr", "peak"), PEAKS)
def test_the_learning_rate_makes_one_cycle_whose_peak_is_the_optimizers_or_ours(optimizer, max_lr, peak, batches):
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), max_lr, optimizer)
    rates = []
    fit(batches, classifier=classifier, callbacks=watch(rates))
    assert len(rates) == 40
    assert max(rates) == pytest.approx(peak, rel=0.02)
    assert np.argmax(rates) == pytest.approx(0.3 * 40, abs=2)
    assert rates[-1] < rates[0] / 10 < peak / 50


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_finished_training_goes_on_with_a_cycle_of_its_own(checkpoint, batches, tmp_path):
    classifier, trainer = fit(batches, max_epochs=1)
    path = tmp_path / "finished.ckpt" if checkpoint else None
    if checkpoint:
        trainer.save_checkpoint(path)
        classifier, trainer = mt.classifier(mt.models.mlp(hidden=(8,))), mt.trainer(progress=False)
    trainer.fit_loop.max_epochs = 3
    trainer.callbacks.append(watch(rates := []))
    trainer.fit(classifier, batches, ckpt_path=path)
    assert trainer.global_step == 60
    assert len(rates) == 40
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert rates[-1] < 1e-4


def test_a_training_that_was_interrupted_ends_its_cycle(batches, tmp_path):
    def fitted_rates(**kwargs):
        trainer = mt.trainer(max_epochs=3, progress=False, callbacks=watch(rates := []))
        trainer.fit(mt.classifier(mt.models.mlp(hidden=(8,))), batches, **kwargs)
        return rates

    def stop(trainer, _):
        trainer.save_checkpoint(path)
        trainer.should_stop = True

    path = tmp_path / "interrupted.ckpt"
    fit(batches, max_epochs=3, callbacks=LambdaCallback(on_train_epoch_end=stop))
    assert fitted_rates(ckpt_path=path) == pytest.approx(fitted_rates()[20:])


def test_the_rate_that_a_callback_finds_is_the_peak(batches):
    finder = LearningRateFinder(attr_name="max_lr", num_training_steps=30, early_stop_threshold=None)
    classifier, _ = fit(batches, max_epochs=1, callbacks=[finder, watch(rates := [])])
    assert classifier.max_lr == finder.optimal_lr.suggestion() != 0.01
    assert max(rates) == pytest.approx(classifier.max_lr, rel=0.02)


@pytest.mark.parametrize("optimizer", [None, dl.SGD(lr=0.1, fused=True)])
def test_gradients_are_clipped_in_mixed_precision(optimizer, batches):
    def look(trainer, module, _):
        norms.extend(float(weights.grad.norm()) for weights in module.parameters() if weights.grad is not None)

    torch.manual_seed(0)
    norms, callback = [], LambdaCallback(on_before_zero_grad=look)
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), optimizer=optimizer)
    fit(batches, None, classifier, precision="bf16-mixed", gradient_clip_val=1e-3, max_epochs=1, callbacks=callback)
    assert 0 < max(norms) < 1.1e-3


VOLUME = nn.Unflatten(1, (1, 1)), nn.Conv3d(1, 2, 3, padding=1), nn.Flatten(), nn.LazyLinear(26)  # weights of five axes
NETWORKS = [nn.Sequential(nn.Flatten(), nn.Linear(784, 26)), nn.Sequential(*VOLUME)]
NETWORKS += [dl.MultiLayerPerceptron(None, [8], 26), dl.MultiLayerPerceptron(784, [8], 26).create()]


@pytest.mark.parametrize("network", NETWORKS)
def test_any_network_learns_any_number_of_classes(network, sample):
    letters = replace(sample.test, labels=sample.test.index % 26)
    batches, classifier = loader(letters, shuffle=True), mt.classifier(network)
    _, trainer = fit(batches, loader(letters), classifier, precision="32-true")  # the same numbers as below
    accuracy = trainer.history.history["valMulticlassAccuracy_epoch"]["value"][-1]
    assert accuracy == pytest.approx(mt.evaluate(classifier, letters))
    assert mt.predict(classifier, letters).shape == (1000, 26)
    if not isinstance(network, dl.DeeplayModule):
        assert classifier.model is network


@pytest.mark.filterwarnings("ignore")  # what torch thinks of its own modules
def test_a_compiled_classifier_learns(batches, sample):
    compiled = torch.compile(mt.classifier(dl.MultiLayerPerceptron(784, [], 10)), backend="aot_eager")  # needs no C++
    classifier, _ = fit(batches, None, compiled, max_epochs=1)
    assert mt.evaluate(classifier, sample.test) > 0.7
    assert len(classifier.step_history["train_loss_step"]["value"]) == 20


def test_a_template_can_be_changed_after_a_classifier_is_made_from_it():
    # deeplay ignores such a change silently if the template itself was handed over.
    template = mt.models.mlp(hidden=(8,))
    mt.classifier(template)
    template[..., "activation#:-1"].configure(torch.nn.GELU)
    assert "GELU" in str(mt.classifier(template).model)


def test_the_choices_of_a_user_override_ours_and_stay_as_they_are():
    optimizer = dl.AdamW(weight_decay=0.5)
    before = optimizer.kwargs
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), 0.2, optimizer=optimizer, label_smoothing=0.2)
    assert classifier.loss.label_smoothing == 0.2
    created = classifier.create_optimizer_with_params(classifier.optimizer, classifier.parameters())
    assert created.defaults["weight_decay"] == 0.5
    assert optimizer.kwargs == before


def test_a_training_that_ends_inside_an_epoch_has_a_history(batches):
    classifier, trainer = fit(batches, max_epochs=-1, max_steps=7)
    steps = classifier.step_history["train_loss_step"]["value"]
    assert len(steps) == 7
    assert trainer.history.history["train_loss_epoch"]["value"] == [pytest.approx(np.mean(steps), rel=1e-5)]
    assert len(mt.plots.learning_curves(trainer.history.history).axes) == 1


class Blank(OneCycleClassifier):
    """A classifier that trains on blank images, with two losses."""

    def train_preprocess(self, batch):
        return torch.zeros_like(batch[0]), batch[1]

    def compute_loss(self, logits, labels):
        assert len(logits.unique(dim=0)) == 1
        return {"entropy": self.loss(logits, labels), "size": logits.square().mean()}


def test_a_subclass_can_preprocess_and_have_several_losses_as_in_deeplay(batches):
    made = Blank(dl.MultiLayerPerceptron(784, [8], 10), 0.01, optimizer=dl.Adam()).create()
    classifier, trainer = fit(batches, classifier=made, max_epochs=1)
    assert set(trainer.history.history) == {"train_entropy_epoch", "train_size_epoch"}
    for name, curve in trainer.history.history.items():
        steps = classifier.step_history[name.replace("epoch", "step")]["value"]
        assert len(steps) == 20
        assert curve["value"] == [pytest.approx(np.mean(steps), rel=0.01)]  # bfloat16
