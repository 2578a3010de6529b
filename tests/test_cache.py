import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import mnist_tutorial as mt
from mnist_tutorial import cache, mirrors


@pytest.fixture
def one_mirror(empty_cache, idx_folder, monkeypatch):
    """An empty cache, and one mirror that works; the value counts what was fetched from it."""
    fetched = []

    def download(folder):
        fetched.append(folder)
        return idx_folder

    monkeypatch.setattr(mirrors, "MIRRORS", (mirrors.Mirror("here", download),))
    return fetched


def test_what_was_fetched_once_is_loaded_from_the_cache(one_mirror, empty_cache, mnist):
    for _ in range(2):
        loaded = mt.load("full")
        assert loaded.origin == "here"
        np.testing.assert_array_equal(loaded.train.images, mnist.train.images)
    assert len(one_mirror) == 1
    assert sorted(path.name for path in empty_cache.iterdir()) == ["fetch.lock", "mnist-v1.bin"]


DAMAGE = {
    "a bit flipped": lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:],
    "a label changed": lambda data: data[:47_040_000] + b"\x09" + data[47_040_001:],
    "cut short": lambda data: data[:30_000_000],
    "empty": lambda data: b"",
    "another file": lambda data: b"hello",
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cache_is_noticed_and_fetched_anew(kind, one_mirror, empty_cache, caplog):
    mt.load("full")
    path = empty_cache / "mnist-v1.bin"
    good = path.read_bytes()
    path.unlink()
    path.write_bytes(DAMAGE[kind](good))
    with caplog.at_level(logging.WARNING):
        mt.load("full")
    assert "The cache is damaged, and MNIST is fetched anew" in caplog.text
    assert len(one_mirror) == 2
    assert path.read_bytes()[:54_950_000] == good[:54_950_000]


def test_what_a_killed_fetch_left_is_cleared_away(one_mirror, empty_cache):
    left = empty_cache / "fetch-abc"
    left.mkdir(parents=True)
    (left / "mnist.zip").write_bytes(b"half")
    (empty_cache / "mnist-v1.part").write_bytes(b"half")
    mt.load("full")
    assert not left.exists()
    assert not (empty_cache / "mnist-v1.part").exists()


def test_two_processes_that_load_at_once_fetch_once(empty_cache, idx_folder, serve):
    url = serve(idx_folder)
    program = f"import mnist_tutorial.cache as c; print(c.cached({url!r})[0].train_images.sum())"
    with ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda _: subprocess.run([sys.executable, "-c", program], capture_output=True, text=True), "ab")
        sums = [run.stdout for run in runs]
    assert sums[0] == sums[1] != ""
    assert serve.served.count("/train-images-idx3-ubyte.gz") == 1


def test_a_full_disk_is_one_error_that_says_what_to_do(one_mirror, empty_cache, monkeypatch):
    # /dev/full is a disk without space: writing to it is refused as on a real one.
    empty_cache.mkdir()
    (empty_cache / "mnist-v1.part").symlink_to("/dev/full")
    with pytest.raises(mt.MNISTError, match=r"No space left on device.*150 MB.*MNIST_TUTORIAL_CACHE"):
        mt.load("full")
    assert not (empty_cache / "mnist-v1.bin").exists()


def test_a_cache_that_is_a_file_is_one_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path / "file/cache"))
    monkeypatch.delenv("MNIST_TUTORIAL_DATA", raising=False)
    with pytest.raises(mt.MNISTError, match=r"cannot be written.*MNIST_TUTORIAL_CACHE"):
        mt.load("full")


def test_the_cache_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    monkeypatch.delenv("MNIST_TUTORIAL_CACHE")
    assert cache.cache_folder().name == "mnist-tutorial"
