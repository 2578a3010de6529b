import gzip
import itertools
import os
import shutil
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes

import mnist_tutorial as mt
from mnist_tutorial.data import export
from mnist_tutorial.data.readers import png
from mnist_tutorial.data.reference import checksum
from mnist_tutorial.data.verify import Finding, verify


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
    return [str(finding) for finding in verify(path)[1]]


def test_nothing_is_found_in_a_whole_copy(tree, idx_folder):
    assert verify(tree) == ("sample", [])
    assert verify(idx_folder) == ("full", [])


def test_all_that_is_wrong_is_named(tree):
    def swap(one, other):
        data = (tree / one).read_bytes(), (tree / other).read_bytes()
        put(tree / one, data[1])
        put(tree / other, data[0])

    (tree / "train/0/0_000123.png").unlink()
    (tree / "train/1/1_000123.png").rename(tree / "train/1/1_000400.png")
    shutil.copy(tree / "train/2/2_000123.png", tree / "test/2/2_000900.png")
    shutil.copy(tree / "train/2/2_000123.png", tree / "test/2/copy of 2.png")
    shutil.copy(tree / "train/2/2_000123.png", tree / "train/2_000123.png")
    swap("train/3/3_000001.png", "train/5/5_000002.png")
    (tree / "train/4/4_000001.png").rename(tree / "train/4/5_000001.png")
    swap("train/6/6_000001.png", "train/6/6_000002.png")
    image = png.decode((tree / "test/7/7_000450.png").read_bytes(), "x").copy()
    image[0, 0] ^= 1
    put(tree / "test/7/7_000450.png", png.encode(image))
    put(tree / "test/8/8_000450.png", b"<html>")
    expected = """
missing: train/0/0_000123.png
missing: train/1/1_000123.png
missing: train/4/4_000001.png
extra: test/2/2_000900.png (there is no number 900 of digit 2 of test)
extra: test/2/copy of 2.png (not the name of a digit)
extra: train/1/1_000400.png (there is no number 400 of digit 1 of train)
extra: train/2_000123.png (the same digit and number as train/2/2_000123.png)
changed: test/7/7_000450.png (other pixels than the original)
changed: test/8/8_000450.png (test/8/8_000450.png: not a PNG image (...
changed: train/6/6_000001.png (holds number 2 of digit 6 of train)
changed: train/6/6_000002.png (holds number 1 of digit 6 of train)
mislabelled: train/3/3_000001.png (holds number 2 of digit 5 of train)
mislabelled: train/4/5_000001.png (train/4/5_000001.png names digit 5 in the folder of digit 4)
mislabelled: train/5/5_000002.png (holds number 1 of digit 3 of train)
"""
    for is_, should in zip(findings(tree), expected.strip().splitlines(), strict=True):
        assert is_ == should or (is_.startswith(should.removesuffix("...")) and should.endswith("..."))


@pytest.mark.parametrize("name", ["train/3/3_000001.png", "test/9/9_000499.png"])
def test_one_missing_file_is_all_that_is_named(name, tree):
    (tree / name).unlink()
    assert findings(tree) == [f"missing: {name}"]


def test_in_a_flat_tree_names_are_flat(sample, tmp_path):
    export.to_folder(sample, tmp_path, "flat")
    (tmp_path / "mnist/train/7_000123.png").unlink()
    assert findings(tmp_path) == ["missing: mnist/train/7_000123.png"]


def test_half_of_all_is_not_taken_for_the_sample(mnist, tmp_path):
    with zipfile.ZipFile(tmp_path / "half.zip", "w") as archive:
        for name, data in itertools.islice(export.tree(mnist), 6_000):
            archive.writestr(f"MNIST_dataset/{name}", data)
    variant, found = verify(tmp_path / "half.zip")
    assert variant == "full"
    assert len(found) == 70_002 - 6_000
    assert str(found[0]) == "missing: MNIST_dataset/test/0/0_000000.png"


def test_in_idx_files_the_position_is_named(mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    images, labels = mnist.test.images.copy(), mnist.test.labels.astype("u1")
    images[[7, 9_999]] ^= 1
    labels[3] = 8
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images), 1))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels), 1))
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    assert verify(folder) == (
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
        "mnist_tutorial.data.verify.checksum", lambda pixels: checksum(image if (pixels == changed).all() else pixels)
    )
    [found] = findings(tree)
    assert "train_images are not MNIST's: SHA-256" in found


def test_where_there_is_nothing_of_mnist_it_says_what_is_read(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(mt.MNISTError, match=r"1 files, none of them MNIST's; expected the four IDX files"):
        verify(tmp_path)
