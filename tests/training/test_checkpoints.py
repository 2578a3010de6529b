"""Checkpoints: what was trained survives its process."""

import os
import pickle
import shutil
import signal
import sys
from itertools import count

import nbformat
import numpy as np
import pytest
import torch
from conftest import ROOT
from crashes import crash

import mnist_tutorial as mt
from mnist_tutorial.course.lesson import APART, tags
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


def test_a_missing_checkpoint_is_an_error_with_what_to_run(empty_cache, sample):
    with pytest.raises(MNISTError, match=r"no checkpoint 'x' for the variant 'sample'.*Run the notebook"):
        mt.checkpoints.load("x", sample)


class Program:
    """What a pickle can do when it is loaded: here, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


# Files with the name of a checkpoint that `save` has not written, or whose end is missing.
FOREIGN = {
    "cut off": lambda path: path.write_bytes(path.with_name("whole").read_bytes()[:100]),
    "empty": lambda path: path.touch(),
    "text": lambda path: path.write_text("my notes"),
    "a program": lambda path: path.write_bytes(pickle.dumps(Program(path.with_name("made by a program")))),
    "a program of torch": lambda path: torch.save(Program(path.with_name("made by a program")), path),
    "somebody's weights": lambda path: torch.save({"weight": torch.ones(3)}, path),
    "somebody's tensor": lambda path: torch.save(torch.ones(3), path),
    "enormous": lambda path: (path.touch(), os.truncate(path, 2**36)),
    "folder": lambda path: path.mkdir(),
    "pipe": lambda path: os.mkfifo(path),
    "link": lambda path: path.symlink_to("whole"),
    "dangling link": lambda path: path.symlink_to("nothing"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_not_ours_is_refused_by_name_and_neither_run_nor_replaced(kind, empty_cache, sample):
    path = mt.checkpoints.save("x", sample, value=1)
    path.rename(path.with_name("whole"))
    FOREIGN[kind](path)
    names, before = sorted(path.parent.iterdir()), path.lstat()
    for action in (mt.checkpoints.load, mt.checkpoints.save):
        with pytest.raises(MNISTError, match=rf"{path} is not a checkpoint .*; expected .*move it"):
            action("x", sample)
        assert sorted(path.parent.iterdir()) == names
        assert path.lstat()[:7] == before[:7]


@pytest.mark.parametrize("value", [lambda: 2, np.float64(0.5), object()])
def test_what_could_not_be_loaded_is_not_saved(value, empty_cache, sample):
    path = mt.checkpoints.save("x", sample, value=1)
    with pytest.raises(MNISTError, match=r"'x' cannot be kept .*; expected the state_dict"):
        mt.checkpoints.save("x", sample, value=value)
    assert mt.checkpoints.load("x", sample)["value"] == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "x\0", "x" * 300])
def test_a_name_stays_in_the_folder_of_checkpoints(name, empty_cache, sample):
    for action in (mt.checkpoints.load, mt.checkpoints.save):
        with pytest.raises(MNISTError, match=r"name of the checkpoint is .*; expected"):
            action(name, sample)


# A death is played in this process, and Python 3.12.1 crashes when it collects what torch then leaves behind.
KILLED = pytest.param("killed", marks=pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="Python 3.12 crashes"))


@pytest.mark.parametrize("how", [KILLED, "failed"])
def test_wherever_a_save_ends_the_older_checkpoint_or_the_new_one_is_there(how, empty_cache, sample):
    for older in (None, 1):
        for n in count(1):
            shutil.rmtree(empty_cache, ignore_errors=True)
            if older:
                mt.checkpoints.save("x", sample, value=older)
            end = crash(lambda: mt.checkpoints.save("x", sample, value=2), empty_cache, n, how)
            if end is None:
                break
            assert end in {"killed": ["killed"], "failed": ["done", "refused"]}[how]
            if older:
                assert mt.checkpoints.load("x", sample)["value"] in (1, 2)
            path = mt.checkpoints.save("x", sample, value=3)
            assert mt.checkpoints.load("x", sample)["value"] == 3
            others = [other for other in path.parent.rglob("*") if other != path and other.is_file()]
            assert len(others) <= (how == "killed")  # which leaves an unfinished file
        assert n > 2


def test_full_and_sample_have_separate_checkpoints(empty_cache, sample, mnist):
    mt.checkpoints.save("x", sample, value=1)
    mt.checkpoints.save("x", mnist, value=2)
    assert [mt.checkpoints.load("x", data)["value"] for data in (sample, mnist)] == [1, 2]


def code(name):
    """The cells of a notebook, without its exercises."""
    cells = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code" and not APART & tags(cell)]


def test_a_notebook_continues_from_a_checkpoint_and_trains_where_none_fits(
    empty_cache, no_network, sample, tmp_path, monkeypatch, capsys
):
    """The beginning of notebook 6, which finds the MLP, and a CNN of another size; on the sample."""
    monkeypatch.chdir(tmp_path)
    network = mt.models.mlp(hidden=(512, 512), dropout=0).create()
    mt.checkpoints.save("mlp", sample, last=network.state_dict())
    mt.checkpoints.save("cnn", sample, last=mt.models.cnn((4, 8, 8)).create().state_dict())
    lesson = code("06_failures.ipynb")
    end = next(i for i, cell in enumerate(lesson) if "mt.checkpoints.load" in cell)
    names = {}
    for cell in lesson[: end + 1]:
        exec(cell, names)
    printed = capsys.readouterr().out
    assert "MLP: trained on 20" in printed
    assert "CNN: no checkpoint that fits, so it is trained here" in printed
    assert all(
        torch.equal(weights, names["networks"]["MLP"].state_dict()[name])
        for name, weights in network.state_dict().items()
    )
