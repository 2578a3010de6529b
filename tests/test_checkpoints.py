"""Checkpoints: what was trained outlives its process."""

import signal
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from nbclient import NotebookClient

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError

TRAIN_AND_DIE = """
import os, signal
import numpy as np
import mnist_tutorial as mt
mnist = mt.load("sample")
classifier = mt.classifier(mt.models.mlp(hidden=(32,)))
np.save("logits.npy", mt.predict(classifier, mnist.test))
mt.checkpoints.save("dying", mnist, last=classifier.model.state_dict(), table=[("a", 1, 0.5)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_network_outlives_the_process_that_trained_it(empty_cache, sample, tmp_path):
    done = subprocess.run([sys.executable, "-c", TRAIN_AND_DIE], cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    kept = mt.checkpoints.load("dying", sample)
    network = mt.models.mlp(hidden=(32,)).create()
    network.load_state_dict(kept["last"])
    assert np.array_equal(mt.predict(network, sample.test), np.load(tmp_path / "logits.npy"))
    assert kept["table"] == [("a", 1, 0.5)]


def test_what_is_not_there_or_broken_is_told_with_what_to_run(empty_cache, sample):
    with pytest.raises(MNISTError, match=r"no checkpoint 'x' for the variant 'sample'.*Run the notebook from its top"):
        mt.checkpoints.load("x", sample)
    path = mt.checkpoints.save("x", sample, value=1)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MNISTError, match=r"cannot be read.*Delete it"):
        mt.checkpoints.load("x", sample)


def test_full_and_sample_have_checkpoints_of_their_own(empty_cache, sample, mnist):
    mt.checkpoints.save("x", sample, value=1)
    mt.checkpoints.save("x", mnist, value=2)
    assert [mt.checkpoints.load("x", data)["value"] for data in (sample, mnist)] == [1, 2]


def test_the_second_half_of_a_notebook_runs_in_a_new_kernel(mnist, tmp_path, monkeypatch):
    """The set-up, then everything from the checkpoint on, but for what is claimed of a trained network."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(next(mt.cache.cache_folder().glob("mnist-v1*"))))
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(cache))
    network = mt.models.mlp(hidden=(512, 512), dropout=0).create()
    row = ("a change", 1, 64, 1, 1.0, 0.5)
    mt.checkpoints.save("04_mlp", mnist, last=network.state_dict(), table=[row, row])
    notebook = nbformat.read(ROOT / "notebooks/04_mlp.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    first = next(i for i, cell in enumerate(cells) if "mt.checkpoints.load" in cell.source)
    notebook.cells = [cells[0], *(cell for cell in cells[first:] if "mt.checks." not in cell.source)]
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(output.get("text", "") for output in notebook.cells[1].outputs)
    assert "checkpoint" in printed
