import gzip
import itertools
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


def put(path, data):
    path.unlink()  # a hard link: writing to it would change the file for all tests
    path.write_bytes(data)


def findings(path):
    return [str(finding) for finding in verify(path)[1]]


def test_nothing_is_found_in_a_whole_copy(class_tree, idx_folder):
    assert verify(class_tree) == ("sample", [])
    assert verify(idx_folder) == ("full", [])


def test_every_difference_is_named(class_tree):
    def swap(first, second):
        contents = (class_tree / first).read_bytes(), (class_tree / second).read_bytes()
        put(class_tree / first, contents[1])
        put(class_tree / second, contents[0])

    (class_tree / "train/0/0_000123.png").unlink()
    (class_tree / "train/1/1_000123.png").rename(class_tree / "train/1/1_000400.png")
    shutil.copy(class_tree / "train/2/2_000123.png", class_tree / "test/2/2_000900.png")
    shutil.copy(class_tree / "train/2/2_000123.png", class_tree / "test/2/copy of 2.png")
    shutil.copy(class_tree / "train/2/2_000123.png", class_tree / "train/2_000123.png")
    swap("train/3/3_000001.png", "train/5/5_000002.png")
    (class_tree / "train/4/4_000001.png").rename(class_tree / "train/4/5_000001.png")
    swap("train/6/6_000001.png", "train/6/6_000002.png")
    image = png.decode((class_tree / "test/7/7_000450.png").read_bytes(), "x").copy()
    image[0, 0] ^= 1
    put(class_tree / "test/7/7_000450.png", png.encode(image))
    put(class_tree / "test/8/8_000450.png", b"<html>")
    expected = """
missing: train/0/0_000123.png
missing: train/1/1_000123.png
missing: train/4/4_000001.png
extra: test/2/2_000900.png (there is no number 900 of digit 2 in test)
extra: test/2/copy of 2.png (not the name of a digit's file)
extra: train/1/1_000400.png (there is no number 400 of digit 1 in train)
extra: train/2_000123.png (the same digit and number as train/2/2_000123.png)
changed: test/7/7_000450.png (its pixels differ from the original's)
changed: test/8/8_000450.png (test/8/8_000450.png: not a PNG image (...
changed: train/6/6_000001.png (holds number 2 of digit 6 in train)
changed: train/6/6_000002.png (holds number 1 of digit 6 in train)
mislabelled: train/3/3_000001.png (holds number 2 of digit 5 in train)
mislabelled: train/4/5_000001.png (train/4/5_000001.png names digit 5 in the folder of digit 4)
mislabelled: train/5/5_000002.png (holds number 1 of digit 3 in train)
"""
    for actual, line in zip(findings(class_tree), expected.strip().splitlines(), strict=True):
        assert actual == line or (actual.startswith(line.removesuffix("...")) and line.endswith("..."))


@pytest.mark.parametrize("name", ["train/3/3_000001.png", "test/9/9_000499.png"])
def test_one_missing_file_is_all_that_is_named(name, class_tree):
    (class_tree / name).unlink()
    assert findings(class_tree) == [f"missing: {name}"]


def test_in_a_flat_tree_names_are_flat(flat_tree):
    (flat_tree / "mnist/train/7_000123.png").unlink()
    assert findings(flat_tree) == ["missing: mnist/train/7_000123.png"]


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
            Finding("changed", "t10k-images-idx3-ubyte.gz[7]", "its pixels differ from the original's"),
            Finding("changed", "t10k-images-idx3-ubyte.gz[9999]", "its pixels differ from the original's"),
            Finding("mislabelled", "t10k-labels-idx1-ubyte.gz[3]", f"labelled 8, expected {mnist.test.labels[3]}"),
        ],
    )


def test_idx_files_of_another_shape_or_none_are_named(idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx_bytes(np.zeros((10_000, 27, 28), "u1")))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    shape, broken = findings(folder)
    assert shape.startswith("changed: t10k-images-idx3-ubyte.gz (shape (10000, 27, 28), expected (10000, 28, 28))")
    assert broken.startswith("changed: t10k-labels-idx1-ubyte.gz (t10k-labels-idx1-ubyte.gz: begins with b'<htm'")


def test_the_digests_catch_what_the_checksums_miss(class_tree, monkeypatch):
    # Pixels forged to have the original's checksum would pass the comparison of each file.
    path = class_tree / "train/3/3_000001.png"
    image = png.decode(path.read_bytes(), "x")
    changed = image.copy()
    changed[0, 0] ^= 1
    put(path, png.encode(changed))
    monkeypatch.setattr(
        "mnist_tutorial.data.verify.checksum", lambda pixels: checksum(image if (pixels == changed).all() else pixels)
    )
    [found] = findings(class_tree)
    assert "train_images are not MNIST's: SHA-256" in found


def test_a_folder_without_mnist_is_an_error_that_names_the_formats(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(mt.MNISTError, match=r"1 files, none of them MNIST's; expected the four IDX files"):
        verify(tmp_path)
