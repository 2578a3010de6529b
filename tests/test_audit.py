import gzip
import os
import shutil

import numpy as np
import pytest
from conftest import idx_bytes

import mnist_tutorial as mt
from mnist_tutorial import export, png
from mnist_tutorial.audit import Finding, audit
from mnist_tutorial.catalog import checksum


@pytest.fixture(scope="module")
def whole(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    export.to_folder(sample, folder, manifest=True)
    return folder


@pytest.fixture
def tree(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "tree", copy_function=os.link)  # 5,000 files at no cost


def put(path, data):
    path.unlink()  # it is a link: writing to it would change the file of all tests
    path.write_bytes(data)


def findings(path):
    return [str(finding) for finding in audit(path)[1]]


def test_nothing_is_found_in_a_whole_copy(tree, idx_folder):
    assert audit(tree) == ("sample", [])
    assert audit(idx_folder) == ("full", [])


def remove(tree, sample):
    (tree / "train/7/7_000123.png").unlink()
    return ["missing: train/7/7_000123.png"]


def rename(tree, sample):
    (tree / "train/7/7_000123.png").rename(tree / "train/7/7_000400.png")
    return ["missing: train/7/7_000123.png", "extra: train/7/7_000400.png (there is no number 400 of digit 7 of train)"]


def add(tree, sample):
    shutil.copy(tree / "train/7/7_000123.png", tree / "test/7/7_000900.png")
    return ["extra: test/7/7_000900.png (there is no number 900 of digit 7 of test)"]


def add_other(tree, sample):
    shutil.copy(tree / "train/7/7_000123.png", tree / "test/7/copy of 7.png")
    return ["extra: test/7/copy of 7.png (not the name of a digit)"]


def add_twice(tree, sample):
    shutil.copy(tree / "train/7/7_000123.png", tree / "train/7_000123.png")
    return ["extra: train/7_000123.png (the same digit and number as train/7/7_000123.png)"]


def mislabel(tree, sample):
    a, b = tree / "train/3/3_000001.png", tree / "train/5/5_000002.png"
    one, other = a.read_bytes(), b.read_bytes()
    put(a, other)
    put(b, one)
    return [
        "mislabelled: train/3/3_000001.png (holds number 2 of digit 5 of train)",
        "mislabelled: train/5/5_000002.png (holds number 1 of digit 3 of train)",
    ]


def misname(tree, sample):
    (tree / "train/3/3_000001.png").rename(tree / "train/3/5_000001.png")
    return [
        "missing: train/3/3_000001.png",
        "mislabelled: train/3/5_000001.png (train/3/5_000001.png names digit 5 in the folder of digit 3)",
    ]


def swap(tree, sample):
    a, b = tree / "train/3/3_000001.png", tree / "train/3/3_000002.png"
    one, other = a.read_bytes(), b.read_bytes()
    put(a, other)
    put(b, one)
    return [
        "changed: train/3/3_000001.png (holds number 2 of digit 3 of train)",
        "changed: train/3/3_000002.png (holds number 1 of digit 3 of train)",
    ]


def draw(tree, sample):
    path = tree / "test/4/4_000450.png"
    image = png.decode(path.read_bytes(), "x").copy()
    image[0, 0] ^= 1
    put(path, png.encode(image))
    return ["changed: test/4/4_000450.png (other pixels than the original)"]


def spoil(tree, sample):
    put(tree / "test/4/4_000450.png", b"<html>")
    return ["changed: test/4/4_000450.png (test/4/4_000450.png: not a PNG image"]


@pytest.mark.parametrize("harm", [remove, rename, add, add_other, add_twice, mislabel, misname, swap, draw, spoil])
def test_what_is_wrong_is_named(harm, tree, sample):
    expected = harm(tree, sample)
    found = findings(tree)
    assert len(found) == len(expected)
    for is_, should in zip(found, expected, strict=True):
        assert is_.startswith(should)


def test_in_a_flat_tree_names_are_flat(sample, tmp_path):
    export.to_folder(sample, tmp_path, "flat")
    (tmp_path / "mnist/train/7_000123.png").unlink()
    assert findings(tmp_path) == ["missing: mnist/train/7_000123.png"]


def test_a_full_tree_without_one_file_is_full(class_zip, tmp_path):
    path = shutil.copy(class_zip, tmp_path / "mnist.zip")
    data = class_zip.read_bytes()
    path.write_bytes(data.replace(b"train/5/5_000077.png", b"trash/5/5_000077.png"))
    variant, found = audit(path)
    assert variant == "full"
    assert [str(finding) for finding in found] == ["missing: MNIST_dataset/train/5/5_000077.png"]


def test_in_idx_files_the_position_is_named(mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    images, labels = mnist.test.images.copy(), mnist.test.labels.astype("u1")
    images[[7, 9_999]] ^= 1
    labels[3] = 8
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images), 1))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels), 1))
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert audit(folder) == (
        "full",
        [
            Finding("missing", "train-labels-idx1-ubyte", ""),
            Finding("changed", "t10k-images-idx3-ubyte.gz[7]", "other pixels than the original"),
            Finding("changed", "t10k-images-idx3-ubyte.gz[9999]", "other pixels than the original"),
            Finding("mislabelled", "t10k-labels-idx1-ubyte.gz[3]", f"says 8, expected {mnist.test.labels[3]}"),
        ],
    )


def test_idx_files_of_another_shape_or_none_are_named(idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx_bytes(np.zeros((10_000, 27, 28), "u1")))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    shape, broken = findings(folder)
    assert shape.startswith("changed: t10k-images-idx3-ubyte.gz (shape (10000, 27, 28), expected (10000, 28, 28))")
    assert broken.startswith("changed: t10k-labels-idx1-ubyte.gz (t10k-labels-idx1-ubyte.gz: begins with b'<htm'")


def test_what_the_checksums_cannot_tell_the_digests_do(tree, monkeypatch):
    # Pixels made to have the checksum of the original would pass the comparison file by file.
    path = tree / "train/3/3_000001.png"
    image = png.decode(path.read_bytes(), "x")
    changed = image.copy()
    changed[0, 0] ^= 1
    put(path, png.encode(changed))
    monkeypatch.setattr(
        "mnist_tutorial.audit.checksum", lambda pixels: checksum(image if (pixels == changed).all() else pixels)
    )
    [found] = findings(tree)
    assert "train_images are not MNIST's: SHA-256" in found


def test_where_there_is_nothing_of_mnist_it_says_what_is_read(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(mt.MNISTError, match=r"1 files, none of them MNIST's; expected the four IDX files"):
        audit(tmp_path)
