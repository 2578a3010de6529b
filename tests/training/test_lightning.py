"""Arguments and callbacks of Lightning's trainer that ours get along with: each works, or says why not."""

import inspect
import os
from contextlib import nullcontext

import deeplay as dl
import pytest
from conftest import loader
from lightning.pytorch import Trainer, callbacks
from lightning.pytorch.loggers import CSVLogger

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError

# What works and leaves no files: arguments and callbacks that ours have to get along with.
WORKS = [
    {"accelerator": "cpu", "deterministic": True, "fast_dev_run": True, "max_steps": 3, "max_time": "00:01:00:00"},
    {"limit_train_batches": 2, "overfit_batches": 2, "val_check_interval": 0.5, "num_sanity_val_steps": 1},
    {"enable_progress_bar": False, "enable_model_summary": True, "accumulate_grad_batches": 3, "barebones": True},
    {"gradient_clip_val": 1.0, "detect_anomaly": True, "sync_batchnorm": True, "precision": None, "callbacks": None},
    *({"precision": kind} for kind in ("32-true", "64-true", "bf16-true", "bf16-mixed", "16-true", "16-mixed")),
    {"enable_progress_bar": None, "callbacks": (callbacks.Callback(), callbacks.EarlyStopping("val_loss"))},
    {"EMAWeightAveraging": {}, "WeightAveraging": {}, "StochasticWeightAveraging": {"swa_lrs": 0.01}},
    {"RichModelSummary": {}, "RichProgressBar": {}, "TQDMProgressBar": {}, "SpikeDetection": {}},
    {"LearningRateFinder": {"attr_name": "max_lr", "num_training_steps": 8}, "Timer": {"duration": "00:01:00:00"}},
    {"ModelPruning": {"pruning_fn": "l1_unstructured", "amount": 0.5}, "OnExceptionCheckpoint": {"dirpath": "mine"}},
]
# What leaves a folder, and what is refused, with a word of the message.
OTHERS = [
    ("logger", None, "lightning_logs"),
    ("logger", True, "lightning_logs"),
    ("logger", CSVLogger("mine"), "mine"),
    ("enable_checkpointing", None, "checkpoints"),
    ("enable_checkpointing", True, "checkpoints"),
    ("DeviceStatsMonitor", {}, "lightning_logs"),
    ("LearningRateMonitor", {}, "lightning_logs"),
    ("ModelCheckpoint", {}, "checkpoints"),
    ("ModelCheckpoint", {"dirpath": "mine", "monitor": "val_loss"}, "mine"),
    ("ThroughputMonitor", {"batch_size_fn": len}, "lightning_logs"),
    ("max_epochs", -1, (MNISTError, "one cycle")),
    ("GradientAccumulationScheduler", {"scheduling": {1: 2}}, (MNISTError, "one cycle")),
]
CASES = [(name, value, "") for names in WORKS for name, value in names.items()] + OTHERS


@pytest.fixture(scope="module")
def digits(sample):
    return sample.train.take(256, seed=0)


@pytest.mark.filterwarnings("ignore")  # what Lightning thinks of so short a training
@pytest.mark.parametrize(("name", "value", "outcome"), CASES)
def test_it_works_or_says_why_not(name, value, outcome, digits, monkeypatch, tmp_path):
    if name not in {*inspect.signature(Trainer).parameters, *callbacks.__all__}:
        pytest.skip("another release of Lightning")
    monkeypatch.chdir(tmp_path)
    arguments = {"callbacks": getattr(callbacks, name)(**value)} if name in callbacks.__all__ else {name: value}
    classifier = mt.classifier(dl.MultiLayerPerceptron(784, [], 10))
    before = mt.predict(classifier, digits)
    error, words = (None, None) if isinstance(outcome, str) else outcome
    batches = loader(digits, batch_size=64)  # four
    with pytest.raises(error, match=words) if error else nullcontext():
        mt.trainer(**arguments).fit(classifier, batches, batches)
    if error is None:
        assert (mt.predict(classifier, digits) != before).any()
        assert " ".join(os.listdir()) == outcome
