import deeptrack as dt
import numpy as np
import pytest
import torch
from lightning import seed_everything
from sklearn.metrics import accuracy_score

import mnist_tutorial as mt


@pytest.fixture(scope="module")
def classifier(sample):
    """A classifier that has seen the sample once."""
    seed_everything(0, verbose=False)
    source = mt.digit_source(sample.train)
    image = dt.Value(source.image) >> mt.Standardize()
    loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), shuffle=True)
    made = mt.classifier(mt.models.mlp(hidden=(32,)))
    mt.trainer(max_epochs=1, progress=False).fit(made, loader)
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
