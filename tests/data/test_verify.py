"""Verification: each difference between a copy and MNIST is named."""

import gzip
import itertools
import shutil
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes, png_bytes

from mnist_tutorial.data import export
from mnist_tutorial.data.verify import summary, verify


def put(path, data):
    path.unlink(missing_ok=True)  # a hard link: writing to it would change the file for all tests
    path.write_bytes(data)


def lines(path):
    return [f"{kind}: {name}" for kind, names in verify(path)[1].items() for name in names]


def in_short(path):
    return summary(*verify(path))


def test_nothing_is_found_in_a_whole_copy(class_folder, idx_folder):
    assert in_short(class_folder) == "MNIST sample, complete and unchanged"
    assert in_short(idx_folder) == "MNIST full, complete and unchanged"


def test_every_difference_is_named(class_tree):
    (class_tree / "train/0/0_000123.png").unlink()
    (class_tree / "train/1/1_000123.png").rename(class_tree / "train/1/1_000400.png")
    shutil.copy(class_tree / "train/2/2_000123.png", class_tree / "test/2/copy of 2.png")
    put(class_tree / "train/3/3_000001.png", (class_tree / "train/5/5_000002.png").read_bytes())
    (class_tree / "train/4/4_000001.png").rename(class_tree / "train/4/5_000001.png")
    shutil.copy(class_tree / "train/6/6_000123.png", class_tree / "train/6_000123.png")
    put(class_tree / "test/7/7_000450.png", png_bytes(np.eye(28, dtype="u1")))
    put(class_tree / "test/8/8_000450.png", b"<html>")
    *found, twice = sorted(lines(class_tree), key=lambda line: "train/6" in line)
    assert "the file is there twice" in twice
    assert found == [
        "missing: train/0/0_000123.png",
        "missing: train/1/1_000123.png",
        "missing: train/4/4_000001.png",
        "extra: test/2/copy of 2.png: not the name of a digit's file",
        "extra: train/1/1_000400.png: MNIST sample has no such number, or the file is there twice",
        "extra: train/4/5_000001.png: not the name of a digit's file",
        "changed: test/7/7_000450.png: holds an image that is not in MNIST",
        "changed: test/8/8_000450.png: cannot be read (not a PNG file; if it is cut off, copy or fetch it again)",
        "changed: train/3/3_000001.png: holds train/5/5_000002.png",
    ]
    assert in_short(class_tree) == "not MNIST sample: 3 missing, 4 extra, 3 changed"


def test_a_missing_file_is_named_as_the_others_are(flat_tree, class_tree, tmp_path):
    (flat_tree / "mnist/train/7_000123.png").unlink()
    assert lines(flat_tree) == ["missing: mnist/train/7_000123.png"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:  # as PowerShell writes it, with an entry for a folder
        archive.writestr("Train\\7\\", b"")
        for file in class_tree.glob("t*/*/*.png"):
            name = str(file.relative_to(class_tree)).replace("train", "Train").replace("test", "Testing")
            if name != "Testing/9/9_000499.png":
                archive.write(file, name.replace("/", "\\").replace(".png", ".PNG"))
    assert lines(tmp_path / "a.zip") == ["missing: Testing/9/9_000499.png"]


@pytest.mark.parametrize("count", [1_300, 6_000])
def test_an_export_that_was_interrupted_is_incomplete(count, mnist, tmp_path):
    with zipfile.ZipFile(tmp_path / "part.zip", "w") as archive:
        for name, data in itertools.islice(export.tree(mnist), 2 + count):
            archive.writestr(f"MNIST_dataset/{name}", data)
    assert in_short(tmp_path / "part.zip") == f"MNIST full, incomplete: {70_000 - count:,} missing"
    assert lines(tmp_path / "part.zip")[0] == "missing: MNIST_dataset/test/0/0_000000.png"


def test_in_idx_files_the_positions_are_named(mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    images, labels = mnist.test.images.copy(), mnist.train.labels.astype("u1")
    images[[7, 9_999]] ^= 1
    labels[3] ^= 1
    put(folder / "t10k-images-idx3-ubyte.gz", gzip.compress(idx_bytes(images), 1))
    put(folder / "train-labels-idx1-ubyte.gz", gzip.compress(idx_bytes(labels), 1))
    put(folder / "train-images-idx3-ubyte.gz", b"<html>")
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    missing, images, begins, labels = lines(folder)
    assert missing == "missing: t10k-labels-idx1-ubyte"
    assert images == "changed: t10k-images-idx3-ubyte.gz: 2 images differ, the first are [7, 9999]"
    assert begins.startswith("changed: train-images-idx3-ubyte.gz: begins with b'<html>'")
    assert labels == "changed: train-labels-idx1-ubyte.gz: 1 labels differ, the first are [3]"


def test_of_the_sample_in_idx_files_too_and_their_lengths_are_named(sample, tmp_path):
    export.to_folder(sample, tmp_path, "torchvision")
    put(tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte", idx_bytes(sample.test.labels[:999].astype("u1")))
    assert lines(tmp_path) == ["changed: MNIST/raw/t10k-labels-idx1-ubyte: 999 labels; expected 1,000"]
    assert in_short(tmp_path) == "not MNIST sample: 1 changed"
