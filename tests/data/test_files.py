import gzip
import io
import os
import shutil
import tarfile
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import idx_bytes, png_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mnist_tutorial import MNISTError
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.files import IDX_FILES, read


def zip_of(path, files, kind=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tar_of(path, folder, name):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(folder, name)
    return path


def by_position(sample):
    """As others export it: no digit in the name, and the position in the whole set as the number."""
    return {
        f"{part}\\{digit}\\{index}.png": png_bytes(image)  # by a program for Windows
        for part in ("train", "test")
        for image, digit, index in zip(*vars(getattr(sample, part)).values(), strict=True)
    }


def renamed(idx_raw, folder):
    """A name that exists, too; among files of others."""
    shutil.copytree(idx_raw, folder / "deep/raw", copy_function=os.link)
    (folder / "deep/raw/t10k-images-idx3-ubyte").rename(folder / "deep/raw/t10k-images.idx3-ubyte")
    (folder / "notes.txt").write_text("mine")
    return folder


# Everything that MNIST, or the sample, can be read from.
FULL = {
    "IDX files, compressed": lambda the, folder: the("idx_folder"),
    "IDX files, as another program names them": lambda the, folder: renamed(the("idx_raw"), folder),
    "IDX files in a zip": lambda the, folder: the("idx_zip"),
    "IDX files in a tar": lambda the, folder: tar_of(folder / "a.tgz", the("idx_folder"), "package"),
    "PNG files in a zip": lambda the, folder: the("class_zip"),
}
SAMPLE = {
    "class folders": lambda the, folder: the("class_folder"),
    "flat": lambda the, folder: the("flat_tree"),
    "flat, in a zip": lambda the, folder: to_zip(the("sample"), folder / "a.zip", "flat") and folder / "a.zip",
    "class folders, in a tar": lambda the, folder: tar_of(folder / "a.tar.gz", the("class_folder"), "."),
    "other numbers": lambda the, folder: zip_of(folder / "a.zip", by_position(the("sample"))),
}


@pytest.mark.parametrize("kind", [*FULL, *SAMPLE])
def test_all_formats_are_read_in_official_order(kind, mnist, sample, request, tmp_path):
    arrays, variant = read((FULL | SAMPLE)[kind](request.getfixturevalue, tmp_path))
    expected = mnist if kind in FULL else sample
    assert variant == expected.variant
    np.testing.assert_array_equal(arrays.train_images, expected.train.images)
    np.testing.assert_array_equal(arrays.train_labels, expected.train.labels)
    np.testing.assert_array_equal(arrays.test_images, expected.test.images)
    np.testing.assert_array_equal(arrays.test_labels, expected.test.labels)


def test_what_systems_add_is_ignored(class_tree, tmp_path):
    for name in ("train/7/.DS_Store", "__MACOSX/train/7/._7_000001.png", ".git/train/7/7_000001.png", "test/Thumbs.db"):
        (class_tree / name).parent.mkdir(parents=True, exist_ok=True)
        (class_tree / name).write_bytes(b"not ours")
    os.mkfifo(class_tree / "train/7/7_999999.png")
    assert read(class_tree)[1] == read(tar_of(tmp_path / "a.tgz", class_tree, "a"))[1] == "sample"


@pytest.mark.parametrize("spell", ["'{}'", '"{}" ', "file://{}", "file://localhost{}"])
def test_a_path_may_be_quoted_or_an_address(spell, idx_folder, tmp_path):
    link = tmp_path / "my data"
    link.symlink_to(idx_folder)
    path = str(link).replace(" ", "%20") if "file" in spell else link
    assert read(spell.format(path))[1] == "full"


# What people name by mistake, or have after an accident; and some words of what they read. ----------------------------


def put(path, data):
    path.write_bytes(data)
    return path


def cut(path):
    return put(path, path.read_bytes()[: -(10**6)])


def replaced(tree, name, data):
    """Another file in a tree of hard links, or none."""
    (tree / name).unlink()
    if data is not None:
        put(tree / name, data)
    return tree


def digit(data):
    return lambda the, folder: replaced(the("class_tree"), "train/7/7_000001.png", data)


def idx(name, data):
    links = {"copy_function": os.link}
    return lambda the, folder: replaced(shutil.copytree(the("idx_raw"), folder / "idx", **links), name, data)


IMAGES, LABELS = IDX_FILES.test_images, IDX_FILES.test_labels
ACCIDENTS = {
    "nothing there": (lambda the, folder: folder / "gone.zip", "gone.zip: does not exist; expected"),
    "an empty folder": (lambda the, folder: folder, "0 files, none of them MNIST's; expected"),
    "an empty file": (lambda the, folder: put(folder / "a.zip", b""), "0 bytes"),
    "a recipe": (lambda the, folder: put(folder / "a.py", b"import numpy"), "12 bytes that begin with b'import numpy'"),
    "a login page": (lambda the, folder: put(folder / "a.zip", b"\n<!DOCTYPE html> Hi"), "a web page, not MNIST"),
    "a document": (lambda the, folder: zip_of(folder / "a.docx", {"word/a.xml": ""}), "1 files (word/a.xml), none of"),
    "one IDX file alone": (lambda the, folder: put(folder / f"{IMAGES}.gz", b"x"), f"{LABELS} into it first"),
    "one IDX file of four": (lambda the, folder: the("idx_folder") / f"{IMAGES}.gz", "one of the four IDX files; name"),
    "a zip, cut off": (
        lambda the, folder: cut(shutil.copy(the("idx_zip"), folder / "a.zip")),
        "may be cut off: copy or",
    ),
    "a tar, cut off": (
        lambda the, folder: cut(tar_of(folder / "a.tgz", the("idx_folder"), ".")),
        "may be cut off: copy or",
    ),
    "a byte changed": (
        lambda the, folder: put(folder / "a.zip", the("class_zip").read_bytes().replace(b"IEND", b"IENT", 1)),
        "train/0/0_000000.png: cannot be read (Bad CRC-32",
    ),
    "an IDX file too few": (idx(LABELS, None), f"no {LABELS}; expected"),
    "an IDX file, cut off": (idx(LABELS, idx_bytes(np.zeros(10_000, "u1"))[:-1]), "10,007 bytes, expected 10,008"),
    "gzip, cut off": (idx(LABELS, gzip.compress(bytes(10_008))[:-9]), f"{LABELS}: cannot be read"),
    "other images": (idx(IMAGES, idx_bytes(np.zeros((9, 9, 9), "u1"))), "(10000, 28, 28)"),
    "a PNG file too few": (digit(None), "4,999 PNG files, not those of MNIST"),
    "no PNG": (digit(b"<html>"), "train/7/7_000001.png: cannot be read (not a PNG file"),
    "PNG, cut off": (digit(png_bytes(np.eye(28, dtype="u1"))[:-50]), "train/7/7_000001.png: cannot be read"),
    "PNG in colour": (digit(png_bytes(np.zeros((28, 28, 3), "u1"))), "RGB (28, 28); expected 8-bit grayscale"),
}


@pytest.mark.parametrize("kind", ACCIDENTS)
def test_an_accident_is_said_in_one_sentence(kind, mnist, request, tmp_path):
    make, words = ACCIDENTS[kind]
    path = make(request.getfixturevalue, tmp_path)
    with pytest.raises(MNISTError) as error:
        read(path)
    text = str(error.value)
    assert words in text
    assert text.startswith(str(path))
    assert not any(wrong in text for wrong in ("\n", "delete", " object at 0x"))  # it may be the only copy


def test_an_empty_name_is_not_the_current_folder(idx_folder, monkeypatch):
    monkeypatch.chdir(idx_folder)
    with pytest.raises(MNISTError, match="path is empty"):
        read("")


@contextmanager
def as_somebody_else():
    """The rights of a user who owns nothing here."""
    if os.getuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["mnist.zip", ""])
def test_a_file_or_folder_that_may_not_be_read_is_not_called_damaged(name, tmp_path):
    (tmp_path / "mnist.zip").touch()
    path = tmp_path / name
    path.chmod(0)
    with as_somebody_else(), pytest.raises(MNISTError, match="Permission denied"):
        read(path)
    tmp_path.chmod(0o700)


def test_a_good_file_is_not_called_damaged_when_memory_is_short(class_zip, run_python):
    program = """
import resource, sys
from mnist_tutorial.data.files import read
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**24, resource.RLIM_INFINITY))
read(sys.argv[1])
"""
    done = run_python("-c", program, str(class_zip))
    assert "MNISTError" in done.stderr
    assert "not enough memory" in done.stderr.splitlines()[-1]


def test_too_much_for_mnist_is_refused_before_it_is_unpacked(tmp_path):
    path = zip_of(tmp_path / "zeros.zip", {f"train/7/{n}.png": bytes(2**26) for n in range(5)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(MNISTError, match="335,544,320 bytes, expected at most"):
        read(path)


@pytest.fixture(scope="module")
def small_archives(tmp_path_factory):
    """A zip and two tars with a few files, to be damaged."""
    folder = tmp_path_factory.mktemp("small")
    labels = gzip.compress(idx_bytes(np.zeros(10_000, "u1")))
    files = {"train/7/7_000001.png": png_bytes(np.eye(28, dtype="u1")), "t10k-labels-idx1-ubyte.gz": labels}
    path = zip_of(folder / "a.zip", files, zipfile.ZIP_DEFLATED)
    shutil.unpack_archive(path, folder / "a")
    tars = [shutil.make_archive(folder / kind, kind, folder / "a") for kind in ("tar", "gztar")]
    return [path.read_bytes(), *(io.FileIO(tar).read() for tar in tars)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(data=st.data())
def test_any_bytes_are_our_error(data, small_archives, tmp_path):
    content = bytearray(data.draw(st.sampled_from(small_archives) | st.binary(max_size=600)))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 255)), max_size=30)):
        if content:
            content[at % len(content)] = value
    path = tmp_path / "fuzzed"
    path.write_bytes(content[: data.draw(st.none() | st.integers(0, len(content)))])
    with pytest.raises(MNISTError, match="fuzzed"):
        read(path)
