"""Files: each format that MNIST comes in, each accident with a file, and what is said about it."""

import gzip
import io
import os
import shutil
import sys
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from conftest import idx_bytes, npz, png_bytes, tables, zip_of, zipped
from PIL import Image

import mnist_tutorial as mt
from mnist_tutorial import MNISTError
from mnist_tutorial.data.export import to_folder, to_zip
from mnist_tutorial.data.files import IDX_FILES, explained, read
from mnist_tutorial.data.reference import check_digests
from mnist_tutorial.data.verify import verify

IMAGES, LABELS = IDX_FILES.test_images, IDX_FILES.test_labels


def tar_of(path, folder, name):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(folder, name)
    return path


def by_position(sample, encode=png_bytes, parts=("train", "test"), suffix="png"):
    """As others export it: no digit in the name, and the position in the whole set as the number."""
    return {
        f"{part}\\{digit}\\{index}.{suffix}": encode(image)  # by a program for Windows
        for part, split in zip(parts, (sample.train, sample.test), strict=True)
        for image, digit, index in zip(*vars(split).values(), strict=True)
    }


def rgb(image):
    return png_bytes(np.stack([image] * 3, axis=-1))


def wide(image):
    return png_bytes(image * np.uint16(257))


def palette(image):
    Image.fromarray(image).convert("P").save(stream := io.BytesIO(), "PNG")
    return stream.getvalue()


def renamed(idx_raw, folder):
    """As browsers and people name them; among files of others."""
    shutil.copytree(idx_raw, folder / "deep/raw", copy_function=os.link)
    names = ["train-images-idx3-ubyte (1)", "TRAIN-LABELS.IDX1-UBYTE.1", "t10k-images.idx3-ubyte"]
    for old, new in zip(IDX_FILES, names, strict=False):
        (folder / "deep/raw" / old).rename(folder / "deep/raw" / new)
    twice = gzip.compress(gzip.compress((folder / "deep/raw" / LABELS).read_bytes()))
    replaced(folder / "deep/raw", LABELS, None)
    put(folder / f"deep/raw/{LABELS} - Copy.gz", twice)
    (folder / "notes.txt").write_text("mine")
    return folder


def parquet(data, folder):
    """As Hugging Face has it."""
    pyarrow = pytest.importorskip("pyarrow")
    for part in ("train", "test"):
        split = getattr(data, part)
        images = [{"bytes": png_bytes(image), "path": None} for image in split.images]
        table = pyarrow.table({"image": images, "label": split.labels})
        pytest.importorskip("pyarrow.parquet").write_table(table, folder / f"{part}-00000-of-00001.parquet")
    return folder


def tar_with_a_zip(idx_raw, folder):
    """A tar is recognized although its last file, a zip, would be found as one."""
    with tarfile.open(folder / "a.tar", "w") as archive:
        archive.add(idx_raw, "raw")
        archive.add(zip_of(folder / "network.pt", {"data.pkl": b""}), "network.pt")
    return folder / "a.tar"


HEADER = ("label," + ",".join(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)) + "\r\n").encode()
# Everything that MNIST, or the sample, can be read from; the loose IDX files are in test_load.
FULL = {
    "IDX files, as another program names them": lambda the, folder: renamed(the("idx_raw"), folder),
    "IDX files in a zip": lambda the, folder: the("idx_zip"),
    "IDX files in a tar, before a zip": lambda the, folder: tar_with_a_zip(the("idx_raw"), folder),
    "npz": lambda the, folder: npz(the("mnist"), folder / "mnist.npz"),
    "IDX files in a tar": lambda the, folder: tar_of(folder / "a.tgz", the("idx_folder"), "package"),
    "PNG files in a zip": lambda the, folder: the("class_zip"),
}
SAMPLE = {
    "class folders": lambda the, folder: the("class_folder"),
    "flat": lambda the, folder: the("flat_tree"),
    "flat, in a zip": lambda the, folder: to_zip(the("sample"), folder / "a.zip", "flat") and folder / "a.zip",
    "class folders, in a tar": lambda the, folder: tar_of(folder / "a.tar.gz", the("class_folder"), "."),
    "other numbers": lambda the, folder: zip_of(folder / "a.zip", by_position(the("sample"))),
    "RGB": lambda the, folder: zip_of(folder / "a.zip", by_position(the("sample"), rgb, ("training", "testing"))),
    "16 bits": lambda the, folder: zip_of(folder / "a.zip", by_position(the("sample"), wide, ("Train", "Test"), "PNG")),
    "palette": lambda the, folder: zip_of(folder / "a.zip", by_position(the("sample"), palette)),
    "CSV with a header": lambda the, folder: zip_of(folder / "a.zip", tables(the("sample"), b"\xef\xbb\xbf" + HEADER)),
    "CSV, shuffled": lambda the, folder: zip_of(folder / "a.zip", tables(the("sample"), HEADER, shuffled=True)),
    "CSV, each zipped": lambda the, folder: zipped(tables(the("sample")), folder),
    "parquet": lambda the, folder: parquet(the("sample"), folder),
}


@pytest.mark.parametrize("kind", [*FULL, *SAMPLE])
def test_all_formats_are_read_in_official_order(kind, request, tmp_path):
    arrays, variant = read((FULL | SAMPLE)[kind](request.getfixturevalue, tmp_path))
    assert variant == ("full" if kind in FULL else "sample")
    check_digests(arrays, variant)


def test_what_systems_add_is_ignored(class_tree, tmp_path):
    for name in ("train/7/.DS_Store", "__MACOSX/train/7/._7_000001.png", ".git/train/7/7_000001.png", "test/Thumbs.db"):
        (class_tree / name).parent.mkdir(parents=True, exist_ok=True)
        (class_tree / name).write_bytes(b"not ours")
    os.mkfifo(class_tree / "train/7/7_999999.png")
    assert read(class_tree)[1] == read(tar_of(tmp_path / "a.tgz", class_tree, "a"))[1] == "sample"


def put(path, data):
    path.write_bytes(data)
    return path


def replaced(tree, name, data):
    """Another file in a tree of hard links, or none."""
    (tree / name).unlink()
    if data is not None:
        put(tree / name, data)
    return tree


def file(name, data):
    return lambda the, folder: put(folder / name, data)


def digit(data):
    return lambda the, folder: replaced(the("class_tree"), "train/7/7_000001.png", data)


def idx(name, data):
    links = {"copy_function": os.link}
    return lambda the, folder: replaced(shutil.copytree(the("idx_raw"), folder / "idx", **links), name, data)


def npz_of(images):
    arrays = {"x_train": images, "y_train": np.zeros(60_000, "u1")}
    np.savez(stream := io.BytesIO(), **arrays, x_test=images[:10_000], y_test=images[:10_000])
    return file("a.npz", stream.getvalue())


def cut(path):
    os.truncate(path, os.path.getsize(path) - 10**6)
    return path


EYE = np.eye(28, dtype="u1")
CUT_OFF = "is cut off, copy or"
ACCIDENTS = {
    "no name": (lambda the, folder: "", "path is empty"),  # which is not the current folder
    "nothing there": (lambda the, folder: folder / "gone.zip", "gone.zip: does not exist; expected"),
    "an empty folder": (lambda the, folder: folder, "0 files, none of them MNIST's; expected"),
    "a recipe": (file("a.py", b"import numpy"), "12 bytes that begin with b'import numpy'"),
    "a login page": (file("a.zip", b"\n<!DOCTYPE html> Hi"), "a web page, not MNIST"),
    "a document": (lambda the, folder: zip_of(folder / "a.docx", {"word/a.xml": ""}), "1 files (word/a.xml), none of"),
    "one IDX file of four": (lambda the, folder: the("idx_folder") / f"{IMAGES}.gz", f"no {IDX_FILES.train_images}, "),
    "a zip, cut off": (lambda the, folder: cut(shutil.copy(the("idx_zip"), folder)), CUT_OFF),
    "a tar, cut off": (lambda the, folder: cut(tar_of(folder / "a.tgz", the("idx_folder"), ".")), CUT_OFF),
    "an IDX file too few": (idx(LABELS, None), f"no {LABELS}; expected"),
    "an IDX file, cut off": (idx(LABELS, idx_bytes(np.zeros(10_000, "u1"))[:-1]), "10,007 bytes, expected 10,008"),
    "gzip, cut off": (idx(LABELS, gzip.compress(bytes(10_008))[:-9]), f"{LABELS}: cannot be read"),
    "other images": (idx(IMAGES, idx_bytes(np.zeros((9, 9, 9), "u1"))), "60,000 and 9 digits; expected 60,000"),
    "images of another size": (idx(IMAGES, idx_bytes(np.zeros((10_000, 9, 9), "u1"))), "(10000, 28, 28)"),
    "no IDX": (idx(IMAGES, b"<html>"), "begins with b'<html>'"),
    "a PNG file too few": (digit(None), "3,999 and 1,000 digits; expected 60,000"),
    "no PNG": (digit(b"<html>"), "train/7/7_000001.png: cannot be read (not a PNG file"),
    "PNG, cut off": (digit(png_bytes(EYE)[:-50]), "train/7/7_000001.png: cannot be read"),
    "a larger PNG": (digit(png_bytes(np.zeros((32, 32), "u1"))), "32 x 32 pixels; expected 28 x 28"),
    "a pickle": (file("mnist.pkl.gz", gzip.compress(b"x")), "bytes that begin with"),
    "npz with a pickle": (npz_of(np.array([None])), "cannot be read (Object arrays"),
    "npz with floats": (npz_of(np.zeros((60_000, 28, 28), "f4")), "expected integers from 0"),
    "one table alone": (file("mnist_test.csv", b"0" + b",0" * 784), "the test digits alone"),
    "another table": (file("mnist_test.csv", b"0,1"), "2 columns; expected 785"),
    "a table, cut off": (file("mnist_test.csv", b"0,1\n0"), CUT_OFF),
}


@pytest.mark.parametrize(("make", "words"), ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_accident_is_said_in_one_sentence(make, words, mnist, request, tmp_path):
    path = make(request.getfixturevalue, tmp_path)
    with pytest.raises(MNISTError) as error:
        read(path)
    text = str(error.value)
    assert words in text
    assert text.startswith(str(path))
    assert not any(wrong in text for wrong in ("\n", "delete", " object at 0x"))  # it may be the only copy


CHANGES = {
    "with ink and paper swapped": lambda images: 255 - images,
    "with rows and columns swapped": lambda images: images.transpose(0, 2, 1),
    "with rows and columns, and ink and paper, swapped": lambda images: 255 - images.transpose(0, 2, 1),
}
WRITERS = {
    "npz": lambda data, folder: npz(data, folder / "mnist.npz"),
    "PNG": lambda data, folder: zip_of(folder / "a.zip", by_position(data)),
    "IDX": lambda data, folder: to_folder(data, folder, "torchvision") and folder,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("change", [*CHANGES, "train and test are swapped"])
def test_a_changed_copy_is_called_what_it_is(change, write, sample, tmp_path, monkeypatch):
    if undo := CHANGES.get(change):
        train, test = (replace(split, images=undo(split.images)) for split in (sample.train, sample.test))
    else:
        train, test = sample.test, sample.train
    path = write(replace(sample, train=train, test=test), tmp_path)
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(path))
    for use in (mt.load, lambda: verify(path)):
        with pytest.raises(MNISTError, match=change):
            use()


def test_without_pyarrow_parquet_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MNISTError, match=r"pip install pyarrow; or take mnist\.npz"):
        read(put(tmp_path / "train-00000-of-00001.parquet", b"PAR1"))


@pytest.mark.parametrize("name", ["mnist.zip", ""])
def test_a_file_or_folder_that_may_not_be_read_is_not_called_damaged(name, tmp_path, request):
    (tmp_path / "mnist.zip").touch()
    (tmp_path / name).chmod(0)
    request.addfinalizer(lambda: os.seteuid(os.getuid()) or tmp_path.chmod(0o700))
    if os.getuid() == 0:  # who may read everything
        os.seteuid(65534)
    with pytest.raises(MNISTError, match="Permission denied"):
        read(tmp_path / name)


def test_a_good_file_is_not_called_damaged_when_memory_is_short():
    with pytest.raises(MNISTError, match=r"a\.zip: cannot be read \(not enough memory"), explained("a.zip"):
        raise MemoryError
