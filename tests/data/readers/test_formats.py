import gzip
import os
import shutil
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mnist_tutorial import MNISTError
from mnist_tutorial.data import export
from mnist_tutorial.data.readers.formats import read


def same(arrays, mnist):
    np.testing.assert_array_equal(arrays.train_images, mnist.train.images)
    np.testing.assert_array_equal(arrays.train_labels, mnist.train.labels)
    np.testing.assert_array_equal(arrays.test_images, mnist.test.images)
    np.testing.assert_array_equal(arrays.test_labels, mnist.test.labels)
    return True


def test_idx_files_are_read_packed_and_unpacked(mnist, idx_folder, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "deep/idx")
    packed = folder / "t10k-images-idx3-ubyte.gz"
    (folder / "t10k-images.idx3-ubyte").write_bytes(gzip.decompress(packed.read_bytes()))  # a name that exists, too
    packed.unlink()
    arrays, variant = read(tmp_path)
    assert variant == "full"
    assert same(arrays, mnist)


def test_all_of_mnist_comes_back_from_png_files_in_official_order(mnist, class_zip):
    arrays, variant = read(class_zip)
    assert variant == "full"
    assert same(arrays, mnist)


@pytest.mark.parametrize("layout", export.LAYOUTS)
def test_the_sample_comes_back_from_any_zip(layout, sample, tmp_path):
    export.to_zip(sample, tmp_path / "a.zip", layout)
    arrays, variant = read(tmp_path / "a.zip")
    assert variant == "sample"
    assert same(arrays, sample)


@pytest.mark.parametrize("tree", ["class_folder", "flat_tree"])
def test_the_sample_comes_back_from_any_folder(tree, sample, request):
    arrays, variant = read(request.getfixturevalue(tree))
    assert variant == "sample"
    assert same(arrays, sample)


def test_numbers_may_have_gaps_and_names_may_lack_the_digit(sample, tmp_path):
    # As others export it, with the position in the whole set as the number.
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in ("train", "test"):
            split = getattr(sample, part)
            for image, digit, index in zip(split.images, split.labels, split.index, strict=True):
                archive.writestr(f"{part}/{digit}/{index}.png", export.png.encode(image))
    assert same(read(path)[0], sample)


BROKEN = {
    "cut short": (lambda data: data[:-1], r"7,840,015 bytes, expected 7,840,016 for shape \(10000, 28, 28\)"),
    "gzip that ends early": (lambda data: gzip.compress(data, 1)[:-500], "gzip ends early"),
    "other shape": (lambda data: idx_bytes(np.zeros((10_000, 27, 28), "u1")), r"\(10000, 27, 28\)"),
    "too few": (lambda data: idx_bytes(np.zeros((9_999, 28, 28), "u1")), r"\(9999, 28, 28\)"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_idx_file_is_named_with_what_is_wrong(kind, mnist, idx_raw, tmp_path):
    folder = shutil.copytree(idx_raw, tmp_path / "idx", copy_function=os.link)
    (folder / "t10k-images-idx3-ubyte").unlink()  # it is a link: writing to it would change the file of all tests
    change, message = BROKEN[kind]
    (folder / "t10k-images-idx3-ubyte").write_bytes(change(idx_bytes(mnist.test.images)))
    with pytest.raises(MNISTError, match=message) as error:
        read(folder)
    assert str(folder) in str(error.value)


def test_a_missing_idx_file_is_named(idx_raw, tmp_path):
    folder = shutil.copytree(idx_raw, tmp_path / "idx", copy_function=os.link)
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(MNISTError, match="no t10k-labels-idx1-ubyte"):
        read(folder)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(MNISTError, match=r"0 files.*expected the four IDX files.*PNG"):
        read(tmp_path)


def test_a_missing_png_file_is_counted(class_tree):
    (class_tree / "train/0/0_000000.png").unlink()
    with pytest.raises(MNISTError, match="399 PNG files of digit 0 in train, expected 400"):
        read(class_tree)


@pytest.fixture(scope="module")
def small_archives(sample, tmp_path_factory):
    """A zip and a tar with a few digits, to be damaged."""
    folder = tmp_path_factory.mktemp("small")
    digits = list(zip(range(12), sample.train.images, strict=False))
    files = {f"train/7/7_{number:06}.png": export.png.encode(image) for number, image in digits}
    files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(idx_bytes(np.zeros(10_000, "u1")))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    shutil.unpack_archive(folder / "a.zip", folder / "a")
    return [
        (folder / "a.zip").read_bytes(),
        *(
            open(shutil.make_archive(folder / f"b-{kind}", kind, folder / "a"), "rb").read()
            for kind in ("tar", "gztar")
        ),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_archives_are_our_error_and_no_other(data, small_archives, tmp_path):
    archive = bytearray(data.draw(st.sampled_from(small_archives)))
    changes = st.tuples(st.integers(0, len(archive) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(changes, max_size=30)):
        archive[at] = value
    end = data.draw(st.one_of(st.none(), st.integers(0, len(archive))))
    path = tmp_path / "fuzzed"
    path.write_bytes(archive[:end])
    with pytest.raises(MNISTError, match="fuzzed"):
        read(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_are_our_error_and_no_other(data, tmp_path):
    path = tmp_path / "fuzzed"
    path.write_bytes(data)
    with pytest.raises(MNISTError, match="fuzzed"):
        read(path)
