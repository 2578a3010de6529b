import csv
import hashlib
import os
import subprocess
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import mnist_tutorial as mt
from mnist_tutorial.data import export


def test_class_folders_are_numbered_as_in_the_official_order(class_zip, mnist):
    with zipfile.ZipFile(class_zip) as archive:
        names = archive.namelist()
        for digit, number in ((0, 0), (7, 123), (9, 5948)):
            image = Image.open(archive.open(f"MNIST_dataset/train/{digit}/{digit}_{number:06}.png"))
            position = np.flatnonzero(mnist.train.labels == digit)[number]
            np.testing.assert_array_equal(image, mnist.train.images[position])
    pngs = [name for name in names if name.endswith(".png")]
    assert len(pngs) == 70_000
    assert {name.rsplit("/", 1)[0] for name in pngs} == {
        f"MNIST_dataset/{part}/{digit}" for part in ("train", "test") for digit in range(10)
    }
    assert set(names) - set(pngs) == {"MNIST_dataset/README.md", "MNIST_dataset/LICENSE.txt"}


def test_the_flat_layout_is_that_of_deeptrackai(sample):
    names = [name for name, _ in export.tree(sample, "flat")]
    assert {name.split("/")[0] for name in names} == {"LICENSE.txt", "README.md", "mnist"}
    assert sum(name.startswith("mnist/train/") for name in names) == 4000
    assert "mnist/test/7_000400.png" in names


def test_folder_and_zip_hold_the_same_tree(sample, class_folder, tmp_path):
    export.to_zip(sample, tmp_path / "a.zip", manifest=True)
    files = {path.relative_to(class_folder).as_posix(): path for path in class_folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name.removeprefix("MNIST_dataset/") for name in archive.namelist()} == files.keys()
        for name, path in files.items():
            assert archive.read(f"MNIST_dataset/{name}") == path.read_bytes()


def test_two_zips_of_two_days_and_places_are_the_same_bytes(run_python, tmp_path):
    digests = set()
    for zone, name in (("Asia/Tokyo", "a"), ("America/Lima", "b")):
        (tmp_path / name).mkdir(mode=0o700)
        path = tmp_path / name / "x.zip"
        done = run_python("-m", "mnist_tutorial", "export", "--variant", "sample", "--zip", str(path), TZ=zone)
        assert done.returncode == 0, done.stderr
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_the_png_files_are_the_same_on_every_machine(sample):
    digest = hashlib.sha256(b"".join(data for name, data in export.tree(sample) if name.endswith(".png")))
    assert digest.hexdigest() == "d39caa492e7b9518bb840c1769875e9ab1d767a80dae3892215c2c1374531575"


def test_the_manifest_is_read_by_pandas_and_by_csv(sample, class_folder):
    table = pd.read_csv(class_folder / "manifest.csv")
    assert list(table.columns) == ["path", "label", "split", "index", "sha256"]
    assert len(table) == 5000
    for row in table.sample(50, random_state=0).itertuples():
        assert hashlib.sha256((class_folder / row.path).read_bytes()).hexdigest() == row.sha256
    with open(class_folder / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == table["path"].tolist()
    for row in rows[::97]:
        split = getattr(sample, row["split"])
        [position] = np.flatnonzero(split.index == int(row["index"]))
        assert split.labels[position] == int(row["label"])
        np.testing.assert_array_equal(Image.open(class_folder / row["path"]), split.images[position])


def test_the_readme_says_what_is_there(sample, mnist, tmp_path):
    assert "not MNIST test accuracy" in next(export.tree(sample, "flat"))[1].decode()
    files = export.tree(mnist)
    (_, readme), (_, licence) = next(files), next(files)
    text = readme.decode()
    for part in ("## Overview", "## Structure", "## Original source", "## Usage", "## Attribution", "## Licence"):
        assert part in text
    assert "60,000" in text
    assert text.count("@article{") == 2
    assert "by-sa/3.0" in text
    assert "by-sa/3.0" in licence.decode()
    assert "$" not in text


def test_an_export_that_was_interrupted_is_completed(sample, class_folder, class_tree):
    missing = [*class_tree.rglob("*_0000[5-9]*.png"), class_tree / "manifest.csv"]
    for path in missing:
        path.unlink()
    assert export.to_folder(sample, class_tree, manifest=True) == len(missing) > 100
    names = [{path.relative_to(folder) for path in folder.rglob("*")} for folder in (class_tree, class_folder)]
    assert names[0] == names[1]
    assert missing[0].read_bytes() == (class_folder / missing[0].relative_to(class_tree)).read_bytes()


def test_files_with_other_contents_are_left_alone_without_force(sample, class_tree):
    mine, gone = class_tree / "train/3/3_000007.png", class_tree / "train/9/9_000007.png"
    mine.unlink()
    mine.write_bytes(b"my drawing")
    gone.unlink()
    with pytest.raises(mt.MNISTError, match=r"1 files exist with other contents.*train/3/3_000007\.png.*--force"):
        export.to_folder(sample, class_tree, manifest=True)
    assert mine.read_bytes() == b"my drawing"
    assert gone.exists()
    assert export.to_folder(sample, class_tree, manifest=True, force=True) == 1
    assert mine.read_bytes() != b"my drawing"


def test_a_zip_that_exists_is_left_alone_without_force(sample, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"mine")
    with pytest.raises(mt.MNISTError, match=r"a\.zip exists; to overwrite it: --force"):
        export.to_zip(sample, path)
    assert path.read_bytes() == b"mine"
    export.to_zip(sample, path, force=True)
    assert zipfile.is_zipfile(path)
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def test_an_unknown_layout_names_the_known_ones(sample):
    with pytest.raises(mt.MNISTError, match="layout is 'deep'; expected one of 'class-folders', 'flat'"):
        next(export.tree(sample, "deep"))


# The two snippets in the description of the data set, unchanged but for the address.
DOWNLOAD = """
import requests
from io import BytesIO
from zipfile import ZipFile

DATASET_URL = '{url}'

response = requests.get(DATASET_URL)
with ZipFile(BytesIO(response.content)) as z:
    z.extractall()
"""
TORCHVISION = """
from torchvision import datasets, transforms
from torch.utils.data import DataLoader

transform = transforms.Compose([
    transforms.ToTensor(),
    transforms.Normalize((0.1307,), (0.3081,))
])

train_set = datasets.ImageFolder("MNIST_dataset/train", transform=transform)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
"""


def test_the_snippets_of_the_description_run_unchanged(sample, serve, tmp_path, monkeypatch):
    export.to_zip(sample, tmp_path / "mnist.zip")
    monkeypatch.chdir(tmp_path)
    exec(DOWNLOAD.format(url=serve(tmp_path) + "mnist.zip"), {})
    names = {}
    exec(TORCHVISION, names)
    train_set = names["train_set"]
    assert train_set.classes == [str(digit) for digit in range(10)]
    assert np.bincount(train_set.targets).tolist() == [400] * 10
    images, _ = next(iter(names["train_loader"]))
    assert images.shape == (64, 3, 28, 28)
    image, label = train_set[0]
    first = sample.train.images[np.flatnonzero(sample.train.labels == 0)[0]]
    np.testing.assert_allclose(image[0], (first / 255 - 0.1307) / 0.3081, rtol=1e-5)
    assert label == 0

    import deeptrack as dt  # takes seconds, and only this test needs it

    source = dt.sources.ImageFolder("MNIST_dataset/train")
    assert source.classes == [str(digit) for digit in range(10)]
    assert {(item["label"], item["label_name"]) for item in source[::300]} == {(d, str(d)) for d in range(10)}
    np.testing.assert_array_equal(dt.LoadImage(source.path)(source[0]).squeeze(), first)


def test_a_repository_is_accepted_as_the_data(sample, flat_tree, monkeypatch):
    (flat_tree / "README.md").write_text("A copy of MNIST")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "README.md"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], cwd=flat_tree, check=True)
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(flat_tree))
    loaded = mt.load()
    np.testing.assert_array_equal(loaded.test.images, sample.test.images)
    assert (loaded.variant, loaded.origin) == ("sample", str(flat_tree))
