import gzip
import shutil
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes, png_bytes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnist_tutorial import MNISTError
from mnist_tutorial.formats import official_labels, read, read_idx


def same(found, mnist):
    np.testing.assert_array_equal(found.train_images, mnist.train.images)
    np.testing.assert_array_equal(found.train_labels, mnist.train.labels)
    np.testing.assert_array_equal(found.test_images, mnist.test.images)
    np.testing.assert_array_equal(found.test_labels, mnist.test.labels)
    return True


def test_idx_files_are_read_packed_and_unpacked(mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "deep/idx")
    packed = folder / "t10k-images-idx3-ubyte.gz"
    (folder / "t10k-images.idx3-ubyte").write_bytes(gzip.decompress(packed.read_bytes()))  # a name that exists, too
    packed.unlink()
    assert same(read(tmp_path), mnist)


def test_pngs_flat_and_in_class_folders_come_back_in_official_order(mnist, png_zip):
    assert same(read(png_zip), mnist)


@given(arrays(np.uint8, array_shapes(max_dims=4, max_side=5)), st.booleans())
def test_idx_is_the_inverse_of_writing(array, packed):
    data = idx_bytes(array)
    np.testing.assert_array_equal(read_idx(gzip.compress(data) if packed else data, "x"), array)


@given(arrays(np.uint8, array_shapes(max_dims=3, max_side=4)), st.data())
def test_idx_cut_anywhere_is_refused(array, data):
    whole = idx_bytes(array)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MNISTError, match="my file"):
        read_idx(whole[:cut], "my file")


def test_the_labels_that_the_package_carries_are_mnists(mnist):
    np.testing.assert_array_equal(official_labels("train"), mnist.train.labels)
    np.testing.assert_array_equal(official_labels("test"), mnist.test.labels)


BROKEN_IDX = {
    "cut short": (lambda data: data[:-1], r"7,840,015 bytes, expected 7,840,016 for shape \(10000, 28, 28\)"),
    "too long": (lambda data: data + b"x", "7,840,017 bytes, expected 7,840,016"),
    "wrong magic": (lambda data: b"\x00\x00\x0d\x03" + data[4:], r"begins with b'\\x00\\x00\\r\\x03'"),
    "gzip that ends early": (lambda data: gzip.compress(data, 1)[:-500], "gzip ends early"),
    "other shape": (lambda data: idx_bytes(np.zeros((10_000, 27, 28), "u1")), r"\(10000, 27, 28\)"),
    "empty": (lambda data: b"", "begins with b''"),
}


@pytest.mark.parametrize("kind", BROKEN_IDX)
def test_a_broken_idx_file_is_named_with_what_is_wrong(kind, mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    (folder / "t10k-images-idx3-ubyte.gz").unlink()
    change, message = BROKEN_IDX[kind]
    (folder / "t10k-images-idx3-ubyte").write_bytes(change(idx_bytes(mnist.test.images)))
    with pytest.raises(MNISTError, match=message) as error:
        read(folder)
    assert str(folder) in str(error.value)


def test_a_missing_idx_file_is_named(idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "idx")
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(MNISTError, match="no t10k-labels-idx1-ubyte"):
        read(folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(MNISTError, match=r"0 files.*expected the four IDX files.*PNG"):
        read(tmp_path)


FIRST = "mnist/train/0_000000.png"
BROKEN_PNG = {  # the name of the first file becomes ..., and a file is added
    "one label changed": ("mnist/train/5_999999.png", None, "5,922 PNG files of digit 0 for train, expected 5,923"),
    "one too many": (FIRST, ("mnist/test/9_999999.png", b""), "1,010 PNG files of digit 9 for test, expected 1,009"),
    "no digit in the name": (FIRST, ("mnist/train/000000.png", b""), "train/000000.png names no digit"),
    "two digits in the name": (FIRST, ("train/3/5_000000.png", b""), "names digit 5 in the folder of digit 3"),
    "27 x 28": ("x/y.png", (FIRST, png_bytes(np.zeros((27, 28), "u1"))), r"L \(28, 27\); expected 8-bit"),
    "colour": ("x/y.png", (FIRST, png_bytes(np.zeros((28, 28, 3), "u1"))), r"RGB \(28, 28\); expected 8-bit"),
    "no image": ("x/y.png", (FIRST, b"<html>"), "not a PNG image"),
}


@pytest.mark.parametrize("kind", BROKEN_PNG)
def test_a_broken_tree_is_named_with_what_is_wrong(kind, png_zip, tmp_path):
    name, added, message = BROKEN_PNG[kind]
    path = tmp_path / "mnist.zip"
    # Names in a zip are plain bytes: one of the same length takes the place of another without packing everything anew.
    path.write_bytes(png_zip.read_bytes().replace(FIRST.encode(), name.encode().rjust(len(FIRST), b"_")))
    if added:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(*added)
    with pytest.raises(MNISTError, match=message) as error:
        read(path)
    assert str(path) in str(error.value)
