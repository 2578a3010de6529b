"""Checkpoints: what was trained survives its process."""

import nbformat
import numpy as np
import pytest
import torch
from conftest import APART, ROOT

import mnist_tutorial as mt
from mnist_tutorial.course.lesson import tags
from mnist_tutorial.errors import MNISTError


def test_weights_and_tables_are_restored_for_the_data_that_they_were_saved_for(empty_cache, sample, mnist):
    network, restored = torch.nn.Linear(784, 10), torch.nn.Linear(784, 10)
    mt.checkpoints.save("x", mnist, last=network.state_dict(), table=[("a", 1, 0.5)])
    with pytest.raises(MNISTError, match=r"no checkpoint 'x' for the variant 'sample'.*Run the notebook"):
        mt.checkpoints.load("x", sample)
    mt.checkpoints.save("x", sample, value=1)
    saved = mt.checkpoints.load("x", mnist)
    restored.load_state_dict(saved["last"])
    assert torch.equal(restored(torch.ones(784)), network(torch.ones(784)))
    assert saved["table"] == [("a", 1, 0.5)]


# Files with the name of a checkpoint that `save` has not written, or whose end is missing.
FOREIGN = {
    "cut off": lambda path: path.write_bytes(path.with_name("whole").read_bytes()[:100]),
    "text": lambda path: path.write_text("my notes"),
    "a program": lambda path: torch.save(torch.nn.Linear(2, 2), path),  # a pickle that would run code
    "somebody's weights": lambda path: torch.save({"weight": torch.ones(3)}, path),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("write", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_not_ours_is_refused_by_name_and_not_replaced(write, empty_cache, sample):
    path = mt.checkpoints.save("x", sample, value=1)
    path.rename(path.with_name("whole"))
    write(path)
    names, before = sorted(path.parent.iterdir()), path.lstat()
    for action in (mt.checkpoints.load, mt.checkpoints.save):
        with pytest.raises(MNISTError, match=rf"{path} is not a checkpoint.*; expected .*move it"):
            action("x", sample)
        assert sorted(path.parent.iterdir()) == names
        assert path.lstat()[:7] == before[:7]


@pytest.mark.parametrize("value", [lambda: 2, np.float64(0.5)])
def test_what_could_not_be_loaded_is_not_saved(value, empty_cache, sample):
    path = mt.checkpoints.save("x", sample, value=1)
    with pytest.raises(MNISTError, match=r"'x' cannot be kept .*; expected the state_dict"):
        mt.checkpoints.save("x", sample, value=value)
    assert mt.checkpoints.load("x", sample)["value"] == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../x", "", "x\0", "x" * 300])
def test_a_name_stays_in_the_folder_of_checkpoints(name, empty_cache, sample):
    for action in (mt.checkpoints.load, mt.checkpoints.save):
        with pytest.raises(MNISTError, match=r"name of the checkpoint is .*; expected"):
            action(name, sample)


def test_on_a_full_disk_the_older_checkpoint_stays(empty_cache, sample):
    resource = pytest.importorskip("resource")  # its limit on the size of files ends a write as a full disk does
    path = mt.checkpoints.save("x", sample, value=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
        with pytest.raises(MNISTError, match=r"cannot be written .*space.*MNIST_TUTORIAL_CACHE"):
            mt.checkpoints.save("x", sample, value=torch.ones(10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert mt.checkpoints.load("x", sample)["value"] == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_notebook_continues_from_a_checkpoint_and_trains_where_none_fits(
    empty_cache, no_network, sample, tmp_path, monkeypatch, capsys
):
    """The beginning of notebook 6, which finds the MLP, and a CNN of another size; on the sample."""
    monkeypatch.chdir(tmp_path)
    network = mt.models.mlp(hidden=(512, 512), dropout=0).create()
    mt.checkpoints.save("mlp", sample, last=network.state_dict())
    mt.checkpoints.save("cnn", sample, last=mt.models.cnn((4, 8, 8)).create().state_dict())
    cells = nbformat.read(ROOT / "notebooks/06_failures.ipynb", as_version=4).cells
    lesson = [cell.source for cell in cells if cell.cell_type == "code" and not APART & tags(cell)]
    end = next(i for i, cell in enumerate(lesson) if "mt.checkpoints.load" in cell)
    names = {}
    for cell in lesson[: end + 1]:
        exec(cell, names)
    printed = capsys.readouterr().out
    assert "MLP: trained on 20" in printed
    assert "CNN: no checkpoint that fits, so it is trained here" in printed
    restored = names["networks"]["MLP"].state_dict()
    assert all(torch.equal(weights, restored[name]) for name, weights in network.state_dict().items())
