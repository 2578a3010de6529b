import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch
from lightning import Callback, seed_everything

import mnist_tutorial as mt
from mnist_tutorial.device import has_bfloat16


def loaders(sample, batch_size=200):
    train, validation = mt.digit_source(sample.train), mt.digit_source(sample.test)
    made = []
    for source, shuffle in ((train, True), (validation, False)):
        image = dt.Value(source.image) >> mt.Standardize()
        dataset = mt.BatchDataset(image & dt.Value(source.label), source)
        made.append(mt.batch_loader(dataset, batch_size=batch_size, shuffle=shuffle))
    return made


def fit(sample, seed=0, epochs=2, template=None):
    seed_everything(seed, verbose=False)
    train, validation = loaders(sample)
    classifier = mt.classifier(template or mt.models.mlp(hidden=(32,)))
    trainer = mt.trainer(max_epochs=epochs, progress=False)
    trainer.fit(classifier, train, validation)
    return classifier, trainer


@pytest.fixture(scope="module")
def fitted(sample):
    return fit(sample)


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


def test_the_same_seed_repeats_exactly_and_another_does_not(sample):
    weights = [
        torch.cat([p.flatten() for p in fit(sample, seed, 1, mt.models.cnn((4, 6, 8)))[0].parameters()])
        for seed in (0, 0, 1)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_learning_rate_makes_one_cycle(sample):
    class Watch(Callback):
        def on_train_batch_end(self, trainer, *args):
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    rates = []
    train, _ = loaders(sample)
    classifier = mt.classifier(mt.models.mlp(hidden=(8,)), max_lr=0.02)
    mt.trainer(max_epochs=2, progress=False, callbacks=[Watch()]).fit(classifier, train)
    assert len(rates) == 40
    assert max(rates) == pytest.approx(0.02, rel=0.02)
    assert np.argmax(rates) == pytest.approx(0.3 * 40, abs=2)
    assert rates[-1] < rates[0] / 10 < 0.02 / 50


def test_a_template_can_be_changed_after_a_classifier_was_made_of_it():
    # deeplay ignores such a change silently if the template itself was handed over.
    template = mt.models.mlp(hidden=(8,))
    mt.classifier(template)
    template[..., "activation#:-1"].configure(torch.nn.GELU)
    assert "GELU" in str(mt.classifier(template).model)


def test_the_choices_of_a_user_go_before_ours():
    trainer = mt.trainer(max_epochs=3, precision="64-true", progress=False, limit_train_batches=5)
    assert trainer.precision == "64-true"
    assert trainer.limit_train_batches == 5
    optimizer = dl.AdamW(weight_decay=0.5)
    made = mt.classifier(mt.models.mlp(hidden=(8,)), optimizer=optimizer, label_smoothing=0.2)
    assert made.loss.label_smoothing == 0.2
    assert made.create_optimizer_with_params(made.optimizer, made.parameters()).defaults["weight_decay"] == 0.5


def test_bfloat16_is_used_only_where_the_processor_has_it():
    expected = "bf16-mixed" if has_bfloat16() else "32-true"
    assert mt.trainer(progress=False).precision == expected


def test_one_bar_of_one_line(sample, capsys):
    train, _ = loaders(sample)
    mt.trainer(max_epochs=2).fit(mt.classifier(mt.models.mlp(hidden=(8,))), train)
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.replace("\r", "\n").split("\n") if line.strip()]
    assert all(line.startswith("training:") for line in lines)
    assert "40/40" in lines[-1]


def test_a_small_cnn_learns_all_of_mnist_from_random_crops_in_a_tenth_of_an_epoch(mnist):
    seed_everything(0, verbose=False)
    source = mt.digit_source(mnist.train)
    image = dt.Value(source.image) >> mt.RandomCrop(24) >> mt.Standardize()
    loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), shuffle=True)
    classifier = mt.classifier(mt.models.cnn((8, 12, 16)))
    mt.trainer(max_epochs=-1, max_steps=50, progress=False).fit(classifier, loader)
    assert mt.evaluate(classifier, mnist.train.take(2000, seed=0)) > 0.93
