"""Checkpoints: what was trained survives its process."""

import os
import signal

import nbformat
import pytest
import torch
from conftest import ROOT
from nbclient import NotebookClient

import mnist_tutorial as mt
from mnist_tutorial.errors import MNISTError


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a forked process starts at once, and only POSIX has them")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child uses no threads
def test_a_network_survives_the_process_that_saved_it(empty_cache, sample):
    network = torch.nn.Linear(784, 10)
    child = os.fork()
    if not child:
        mt.checkpoints.save("network", sample, last=network.state_dict(), table=[("a", 1, 0.5)])
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    saved = mt.checkpoints.load("network", sample)
    restored = torch.nn.Linear(784, 10)
    restored.load_state_dict(saved["last"])
    assert torch.equal(restored(torch.ones(784)), network(torch.ones(784)))
    assert saved["table"] == [("a", 1, 0.5)]


def test_a_missing_or_damaged_checkpoint_is_refused_with_what_to_run(empty_cache, sample):
    with pytest.raises(MNISTError, match=r"no checkpoint 'x' for the variant 'sample'.*Run the notebook"):
        mt.checkpoints.load("x", sample)
    path = mt.checkpoints.save("x", sample, value=1)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(MNISTError, match=r"cannot be read.*Delete it"):
        mt.checkpoints.load("x", sample)


def test_a_failed_save_leaves_the_older_checkpoint(empty_cache, sample):
    path = mt.checkpoints.save("x", sample, value=1)
    with pytest.raises(Exception, match="pickle"):
        mt.checkpoints.save("x", sample, value=lambda: 2)
    assert mt.checkpoints.load("x", sample)["value"] == 1
    assert list(path.parent.iterdir()) == [path]


def test_full_and_sample_have_separate_checkpoints(empty_cache, sample, mnist):
    mt.checkpoints.save("x", sample, value=1)
    mt.checkpoints.save("x", mnist, value=2)
    assert [mt.checkpoints.load("x", data)["value"] for data in (sample, mnist)] == [1, 2]


def code(name):
    return [cell for cell in nbformat.read(ROOT / "notebooks" / name, as_version=4).cells if cell.cell_type == "code"]


def test_a_new_kernel_continues_from_a_checkpoint_and_trains_if_there_is_none(
    empty_cache, no_network, sample, tmp_path
):
    """The second half of notebook 4, and the beginning of 6, which finds the MLP but no CNN; on the sample."""
    network = mt.models.mlp(hidden=(512, 512), dropout=0).create()
    row = ("a change", 1, 64, 1, 1.0, 0.5)
    mt.checkpoints.save("04_mlp", sample, last=network.state_dict(), table=[row, row])
    first_half, second_half = code("04_mlp.ipynb"), code("06_failures.ipynb")
    start = next(i for i, cell in enumerate(first_half) if "mt.checkpoints.load" in cell.source)
    end = next(i for i, cell in enumerate(second_half) if "mt.checkpoints.load" in cell.source)
    cells = [first_half[0], *first_half[start:], *second_half[: end + 2]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in cells for output in cell.outputs]
    printed = "".join(output.get("text", "") for output in outputs)
    bars = [output.data["text/plain"] for output in outputs if "data" in output and "training:" in str(output.data)]
    assert "going on from the checkpoint of" in printed
    assert "MLP: the last network of 04_mlp" in printed
    assert "CNN: there is no checkpoint of 05_cnn, so it is trained here" in printed
    assert bars  # a notebook shows the progress, although its stderr is no terminal
