"""Exports: the same bytes everywhere, read back by other programs; nothing of a user's is overwritten."""

import hashlib
import itertools
import re
import zipfile
import zlib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from zlib_ng import zlib_ng

import mnist_tutorial as mt
from mnist_tutorial.data import export
from mnist_tutorial.data.verify import verify


def test_class_folders_are_numbered_as_in_the_official_order(class_zip, mnist):
    with zipfile.ZipFile(class_zip) as archive:
        assert len(archive.namelist()) == 70_000 + len(["README.md", "LICENSE.txt"])
        for digit, number in ((0, 0), (7, 123), (9, 5948)):
            image = Image.open(archive.open(f"MNIST_dataset/train/{digit}/{digit}_{number:06}.png"))
            position = np.flatnonzero(mnist.train.labels == digit)[number]
            np.testing.assert_array_equal(image, mnist.train.images[position])


def test_a_zip_is_the_same_bytes_on_every_machine(sample, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    export.to_zip(sample, tmp_path / "a.zip")
    digest = hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    assert digest == "7466851855fbbb6bdcb1bc78bb93887667277b3257fdc9053f71cadc8ca1046b"


def test_another_zlib_makes_the_same_png_files(sample, monkeypatch):
    digits = sample.train.images[:500]
    ours = [export.png(image) for image in digits]
    monkeypatch.setattr(export, "zlib", zlib_ng)
    assert [export.png(image) for image in digits] == ours
    assert zlib.compress(digits.tobytes()) != zlib_ng.compress(digits.tobytes())  # where there is something to choose


def test_the_manifest_has_a_row_for_each_image(sample, class_folder):
    table = pd.read_csv(class_folder / "manifest.csv")
    assert list(table.columns) == ["path", "label", "split", "index", "sha256"]
    assert len(table) == 5000
    for row in table.sample(100, random_state=0).to_dict("records"):
        split, path = getattr(sample, row["split"]), class_folder / row["path"]
        [position] = np.flatnonzero(split.index == row["index"])
        assert split.labels[position] == row["label"]
        np.testing.assert_array_equal(Image.open(path), split.images[position])
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]


@pytest.mark.parametrize("layout", export.LAYOUTS)
def test_the_readme_says_what_is_there(layout, sample, mnist):
    manifest = layout != "torchvision"
    (_, short), _, (first, _) = itertools.islice(export.tree(sample, layout), 3)
    text, licence = (data.decode() for _, data in itertools.islice(export.tree(mnist, layout, manifest), 2))
    assert b"not MNIST test accuracy" in short
    assert b"manifest.csv" not in short
    for part in ("## Structure", "## Usage", "60,000", "@article{", "by-sa/3.0", "manifest.csv" * manifest):
        assert part in text
    assert ("PNG files" in licence, "by-sa/3.0" in licence) == (manifest, True)
    assert first.split("train")[0] + ("train/7" if manifest else "") in text.replace("    └── raw", "MNIST/raw")
    assert not re.search("{[{%]", text)


KILLED = """
import itertools, os, signal, sys
from mnist_tutorial.cli import app
renamed = itertools.count(1)
hook = lambda event, _: event == "os.rename" and next(renamed) == 100 and os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
app()
"""


def test_an_export_that_is_killed_is_completed_by_the_same_command(class_folder, run_python, tmp_path):
    command = ["export", str(tmp_path / "tree"), "--variant", "sample", "--manifest"]
    assert run_python("-c", KILLED, *command).returncode == -9
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "tree").rglob("*.*") if path.name[0] != "."}
    assert 50 < len(before) < 100
    done = run_python("-m", "mnist_tutorial", *command)
    assert f"{5_003 - len(before):,} files written" in done.stdout
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    files = [path for path in (tmp_path / "tree").rglob("*") if path.is_file()]
    ours = {path.relative_to(tmp_path / "tree"): path.read_bytes() for path in files if path.name[0] != "."}
    assert ours == {path.relative_to(class_folder): path.read_bytes() for path in class_folder.rglob("*.*")}
    assert len(files) == len(ours)  # what the killed process was writing is gone


FULL = """
import resource
from mnist_tutorial.cli import app
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # like a full disk: the system takes no more
app()
"""


@pytest.mark.parametrize("target", [["tree"], ["--zip", "a b.zip"]])
def test_a_full_disk_is_said_with_the_space_that_is_needed(target, run_python, tmp_path):
    command = ["export", *target[:-1], str(tmp_path / target[-1]), "--variant", "sample", "--layout", "flat"]
    done = run_python("-c", FULL, *command)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path / target[-1]}: ")
    assert " MB " in line
    assert run_python("-m", "mnist_tutorial", *command).returncode == 0  # the same command again
    assert verify(tmp_path / target[-1]) == ("sample", {"missing": [], "extra": [], "changed": []})


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


@pytest.mark.parametrize(("layout", "words"), [("deep", "'class-folders', 'flat'"), ("torchvision", "PNG files")])
def test_options_that_do_not_exist_or_go_together_are_refused(layout, words, sample, tmp_path):
    with pytest.raises(mt.MNISTError, match=f"{layout}.*{words}|{words}.*{layout}"):
        export.to_folder(sample, tmp_path / "data", layout, manifest=True)
    assert not list(tmp_path.glob("data/*"))


# The snippet in the description of the data set, with its two lines of download in one, and how deeptrack reads it.
SNIPPET = """
import requests
from io import BytesIO
from zipfile import ZipFile
from torchvision import datasets, transforms
from torch.utils.data import DataLoader

ZipFile(BytesIO(requests.get('{url}').content)).extractall()
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_set = datasets.ImageFolder("MNIST_dataset/train", transform=transform)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
"""


def test_the_snippet_of_the_description_runs(sample, serve, tmp_path, monkeypatch):
    export.to_zip(sample, tmp_path / "mnist.zip")
    monkeypatch.chdir(tmp_path)
    exec(SNIPPET.format(url=serve(tmp_path) + "mnist.zip"), names := {})
    train_set = names["train_set"]
    assert np.bincount(train_set.targets).tolist() == [400] * 10
    assert next(iter(names["train_loader"]))[0].shape == (64, 3, 28, 28)
    first = sample.train.images[np.flatnonzero(sample.train.labels == 0)[0]]
    np.testing.assert_allclose(train_set[0][0][0], (first / 255 - 0.1307) / 0.3081, rtol=1e-5)

    import deeptrack as dt  # takes seconds, and only two tests need it

    source = dt.sources.ImageFolder("MNIST_dataset/train")
    assert {(item["label"], item["label_name"]) for item in source[::300]} == {(d, str(d)) for d in range(10)}
    np.testing.assert_array_equal(dt.LoadImage(source.path)(source[0]).squeeze(), first)


def test_other_notebooks_load_an_export_without_a_network(sample, no_network, tmp_path, monkeypatch):
    """They use torchvision, or the flat tree of DeepTrackAI/MNIST_dataset."""
    monkeypatch.chdir(tmp_path)
    import deeptrack as dt
    import torchvision

    export.to_folder(sample, "data", "torchvision")
    export.to_folder(sample, "MNIST_dataset", "flat")
    for train, split in ((True, sample.train), (False, sample.test)):
        for download in (True, False):
            dataset = torchvision.datasets.MNIST("data", train, download=download)
            np.testing.assert_array_equal(dataset.data, split.images)
            np.testing.assert_array_equal(dataset.targets, split.labels)
    assert verify("data") == ("sample", {"missing": [], "extra": [], "changed": []})

    paths = sorted(Path("MNIST_dataset", "mnist", "train").iterdir())[::100]
    order = np.argsort(sample.train.labels, kind="stable")[::100]
    np.testing.assert_allclose([plt.imread(path) for path in paths], sample.train.images[order] / 255, rtol=1e-6)
    np.testing.assert_array_equal([int(path.name[0]) for path in paths], sample.train.labels[order])
    source = dt.sources.ImageFolder("MNIST_dataset/mnist/train")
    label = dt.Value(source.label_name[0]) >> int
    np.testing.assert_array_equal([label(source[at]) for at in range(0, 4000, 400)], range(10))
