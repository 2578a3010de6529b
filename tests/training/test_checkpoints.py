"""Checkpoints: what was trained outlives its process."""

import signal
import subprocess
import sys

import nbformat
import pytest
import torch
from conftest import ROOT
from nbclient import NotebookClient

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError

KEEP_AND_DIE = """
import os, signal, torch
import mnist_tutorial as mt
network = torch.nn.Linear(784, 10)
torch.save(network(torch.ones(784)), "scores.pt")
mt.checkpoints.save("dying", mt.load("sample"), last=network.state_dict(), table=[("a", 1, 0.5)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_network_outlives_the_process_that_kept_it(empty_cache, sample, tmp_path):
    done = subprocess.run([sys.executable, "-c", KEEP_AND_DIE], cwd=tmp_path)
    assert done.returncode == -signal.SIGKILL
    kept = mt.checkpoints.load("dying", sample)
    network = torch.nn.Linear(784, 10)
    network.load_state_dict(kept["last"])
    assert torch.equal(network(torch.ones(784)), torch.load(tmp_path / "scores.pt"))
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


def code(name):
    return [cell for cell in nbformat.read(ROOT / "notebooks" / name, as_version=4).cells if cell.cell_type == "code"]


def test_a_new_kernel_goes_on_from_a_checkpoint_and_trains_where_there_is_none(
    empty_cache, no_network, sample, tmp_path
):
    """The second half of notebook 4, and the beginning of 6, which finds the MLP and no CNN; on the sample."""
    network = mt.models.mlp(hidden=(512, 512), dropout=0).create()
    row = ("a change", 1, 64, 1, 1.0, 0.5)
    mt.checkpoints.save("04_mlp", sample, last=network.state_dict(), table=[row, row])
    first_half, second_half = code("04_mlp.ipynb"), code("06_failures.ipynb")
    start = next(i for i, cell in enumerate(first_half) if "mt.checkpoints.load" in cell.source)
    end = next(i for i, cell in enumerate(second_half) if "mt.checkpoints.load" in cell.source)
    cells = [first_half[0], *first_half[start:], *second_half[: end + 2]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(output.get("text", "") for cell in cells for output in cell.outputs)
    assert "going on from the checkpoint of" in printed
    assert "MLP: the last network of 04_mlp" in printed
    assert "CNN: there is no checkpoint of 05_cnn, so it is trained here" in printed
