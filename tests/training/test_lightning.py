"""The arguments and callbacks of Lightning's trainer, each tried with `mt.trainer`: it works, or says why not."""

import inspect
import os
import re
from contextlib import nullcontext
from importlib.metadata import version

import deeplay as dl
import pytest
from conftest import ROOT, loader
from lightning.pytorch import Trainer, callbacks
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.utilities.exceptions import MisconfigurationException

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError

# What works and leaves no files: arguments with a value, and callbacks with their options.
WORKS = [
    {"accelerator": "cpu", "strategy": "auto", "devices": 1, "num_nodes": 1, "deterministic": True, "benchmark": True},
    {"fast_dev_run": True, "max_epochs": 1, "min_epochs": 1, "max_steps": 3, "min_steps": 3, "max_time": "00:01:00:00"},
    {"limit_train_batches": 2, "limit_val_batches": 1, "limit_test_batches": 1, "limit_predict_batches": 1},
    {"overfit_batches": 2, "val_check_interval": 0.5, "check_val_every_n_epoch": 2, "num_sanity_val_steps": 1},
    {"log_every_n_steps": 1, "enable_progress_bar": False, "enable_model_summary": True, "accumulate_grad_batches": 3},
    {"gradient_clip_val": 1.0, "gradient_clip_algorithm": "value", "inference_mode": False, "detect_anomaly": True},
    {"use_distributed_sampler": False, "profiler": "simple", "barebones": True, "plugins": [LightningEnvironment()]},
    {"sync_batchnorm": True, "reload_dataloaders_every_n_epochs": 1, "default_root_dir": "mine"},
    {"enable_autolog_hparams": False, "model_registry": "mine", "precision": None, "callbacks": None},
    *({"precision": kind} for kind in ("32-true", "64-true", "bf16-true", "bf16-mixed", "16-true", "16-mixed")),
    {"enable_progress_bar": None, "callbacks": (callbacks.Callback(), callbacks.EarlyStopping("val_loss"))},
    {"BasePredictionWriter": {}, "Callback": {}, "Checkpoint": {}, "EMAWeightAveraging": {}, "ModelSummary": {}},
    {"ProgressBar": {}, "RichModelSummary": {}, "RichProgressBar": {}, "SpikeDetection": {}, "TQDMProgressBar": {}},
    {"WeightAveraging": {}, "EarlyStopping": {"monitor": "val_loss"}, "LambdaCallback": {"on_fit_end": print}},
    {"LearningRateFinder": {"attr_name": "max_lr", "num_training_steps": 8}, "Timer": {"duration": "00:01:00:00"}},
    {"ModelPruning": {"pruning_fn": "l1_unstructured", "amount": 0.5}, "OnExceptionCheckpoint": {"dirpath": "mine"}},
    {"StochasticWeightAveraging": {"swa_lrs": 0.01}},
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
    ("BackboneFinetuning", {}, (AttributeError, "backbone")),  # deeplay's classifier has none either
    ("BaseFinetuning", {}, (NotImplementedError, "")),  # only a base class
    ("BatchSizeFinder", {}, (MisconfigurationException, "dataloaders passed directly")),
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
    if name == "gradient_clip_algorithm":
        arguments["gradient_clip_val"] = 1.0
    classifier = mt.classifier(dl.MultiLayerPerceptron(784, [], 10))
    before = mt.predict(classifier, digits)
    error, words = (None, None) if isinstance(outcome, str) else outcome
    batches = loader(digits, batch_size=64)  # four
    with pytest.raises(error, match=words) if error else nullcontext():
        mt.trainer(**arguments).fit(classifier, batches, batches)
    if error is None:
        assert (mt.predict(classifier, digits) != before).any()
        assert " ".join(os.listdir()) == outcome


def test_the_table_is_complete():
    [locked] = re.findall(r"^lightning==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    if version("lightning") != locked:
        pytest.skip("the table is that of the release in the lock")
    assert {name for name, _, _ in CASES} >= {*inspect.signature(Trainer).parameters, *callbacks.__all__}
