"""Evaluation: the predictions of a network and its accuracy, as torch and scikit-learn compute them."""

import deeptrack as dt
import numpy as np
import pytest
import torch
from conftest import loader
from lightning import seed_everything
from sklearn.metrics import accuracy_score

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError


@pytest.fixture(scope="module")
def classifier(sample):
    """A classifier that has seen the sample once."""
    seed_everything(0, verbose=False)
    made = mt.classifier(mt.models.mlp(hidden=(32,)))
    mt.trainer(max_epochs=1, progress=False).fit(made, loader(sample.train, shuffle=True))
    return made


def test_predict_uses_eval_mode_and_restores_the_mode(classifier, sample):
    classifier.train()
    logits = mt.predict(classifier, sample.test)
    assert classifier.training
    assert all(module.training for module in classifier.model.modules())
    images = torch.from_numpy(mt.Standardize()(sample.test.images))[:, None]
    with torch.no_grad():
        expected = classifier.model.eval()(images).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_evaluate_is_the_accuracy_of_scikit_learn(classifier, sample):
    predicted = mt.predict(classifier, sample.test, batch_size=77).argmax(1)
    assert mt.evaluate(classifier, sample.test) == accuracy_score(sample.test.labels, predicted)


def test_predict_can_prepare_images_differently(classifier, sample):
    negative = mt.Standardize() >> dt.Lambda(lambda: lambda image: -image)
    assert mt.evaluate(classifier, sample.test, features=negative) < mt.evaluate(classifier, sample.test)


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_arrays_and_tensors_are_as_good_as_a_split(kind, classifier, sample):
    images, labels = kind(sample.test.images), kind(sample.test.labels)
    np.testing.assert_array_equal(mt.predict(classifier, images), mt.predict(classifier, sample.test))
    assert mt.evaluate(classifier, (images, labels)) == mt.evaluate(classifier, sample.test)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda network, images, labels: mt.predict(network, images[0]), r"\(N, H, W\)"),
        (lambda network, images, labels: mt.evaluate(network, images), "pair"),
        (lambda network, images, labels: mt.evaluate(network, images, labels), "pair"),
        (lambda network, images, labels: mt.evaluate(network, (images, np.eye(10)[labels])), r"labels \(1000, 10\)"),
        (lambda network, images, labels: mt.evaluate(network, (images, labels[:9])), r"labels \(9,\)"),
    ],
)
def test_other_arrays_are_refused(action, expected, classifier, sample):
    with pytest.raises(MNISTError, match=expected):
        action(classifier, sample.test.images, sample.test.labels)


def test_a_network_without_weights_predicts(sample):
    assert mt.predict(torch.nn.Flatten(), sample.test).shape == (1000, 784)
