import gc
import json
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from small import SHRINK, shrunk

import mnist_tutorial as mt
from mnist_tutorial.data import cache, mirrors


@pytest.fixture(scope="module", autouse=True)
def small(mnist, tmp_path_factory):  # MNIST itself is loaded before, for the other modules
    yield from shrunk(tmp_path_factory)


@pytest.fixture
def one_mirror(empty_cache, small, monkeypatch):
    """An empty cache, and a single mirror, which works; the value lists what was fetched from it."""
    fetched = []

    def deliver(folder, partial):
        fetched.append(folder)
        yield small.zip

    monkeypatch.setattr(mirrors, "MIRRORS", (mirrors.Mirror("here", deliver),))
    return fetched


def test_mnist_is_fetched_once_and_then_loaded_from_the_cache(one_mirror, empty_cache, small):
    first, second = mt.load("full"), mt.load("full")
    assert first.origin == second.origin == "here"
    assert first.fetched == second.fetched
    assert first.fetched.endswith("+00:00")
    np.testing.assert_array_equal(second.train.images, small.arrays.train_images)
    assert len(one_mirror) == 1
    assert sorted(path.name for path in empty_cache.iterdir()) == ["fetch.lock", "mnist-v1.bin"]


SIZE = 54_950  # of 70 digits and their labels
DAMAGE = {
    "a bit flipped": lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:],
    "a label changed": lambda data: data[:47_040] + b"\x09" + data[47_041:],
    "cut short": lambda data: data[:30_000],
    "cut at the end of the digits": lambda data: data[:SIZE],
    "empty": lambda data: b"",
    "another file": lambda data: b"hello",
    "an older format": lambda data: data[:SIZE] + json.dumps({"mirror": "npm"}).encode(),
    "a footer of no format": lambda data: data[:SIZE] + b"[1, 2]",
    "a footer of other types": lambda data: data[:SIZE] + json.dumps({"origin": [], "fetched": 1}).encode(),
    "a footer in too many brackets": lambda data: data[:SIZE] + b"[" * 60_000,
    "a bit flipped in the footer": lambda data: data[:SIZE] + b"\xfb" + data[SIZE + 1 :],
}


@pytest.fixture(scope="module")
def good(small, tmp_path_factory):
    """The bytes of an undamaged cache file."""
    path = tmp_path_factory.mktemp("good") / "mnist-v1.bin"
    cache.write_cache(path, small.arrays, cache.Provenance("here", "2026-11-24T00:00:00+00:00"))
    return path.read_bytes()


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_cache_is_noticed(kind, good, tmp_path, caplog):
    path = tmp_path / "mnist-v1.bin"
    path.write_bytes(DAMAGE[kind](good))
    assert cache.read_cache(path, warn=True) is None
    assert f"{path}: " in caplog.text


def test_a_cache_of_a_terabyte_is_not_read(good, tmp_path):
    path = tmp_path / "mnist-v1.bin"
    path.write_bytes(good)
    os.truncate(path, 2**40)
    assert cache.read_cache(path) is None


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs the list of memory maps that Linux has")
def test_a_damaged_cache_is_fetched_again_once_nothing_of_it_is_in_memory(
    good, empty_cache, small, monkeypatch, caplog
):
    # Windows replaces no file that is mapped into memory, for instance by the traceback of an error.
    empty_cache.mkdir()
    path = empty_cache / "mnist-v1.bin"
    path.write_bytes(DAMAGE["a bit flipped"](good))
    mapped = []

    def deliver(folder, partial):
        mapped.append(str(path) in Path("/proc/self/maps").read_text())
        yield small.zip

    monkeypatch.setattr(mirrors, "MIRRORS", (mirrors.Mirror("here", deliver),))
    gc.disable()
    try:
        mt.load("full")
    finally:
        gc.enable()
    assert mapped == [False]
    [record] = caplog.records
    assert str(path) in record.message
    assert path.read_bytes()[:SIZE] == good[:SIZE]


def test_processes_that_load_at_once_fetch_once(empty_cache, small, serve):
    environment = os.environ | {"MNIST_TUTORIAL_DATA": serve(small.zip.parent) + "mnist.zip"}
    program = SHRINK + "import mnist_tutorial as mt; print(mt.load('full').train.images.sum())"
    command = [sys.executable, "-c", program]
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(subprocess.run, command, capture_output=True, text=True, env=environment) for _ in range(4)]
    assert [run.result().stderr for run in runs] == [""] * 4
    assert {run.result().stdout for run in runs} == {f"{small.arrays.train_images.sum()}\n"}
    assert serve.served == ["/mnist.zip"]


def cache_name(url):
    return cache.cache_file(Path(), url).name


@pytest.mark.parametrize("name", ["with a space", "Übungsdaten-手書き"])
def test_a_folder_may_have_any_name(name, one_mirror, tmp_path):
    mt.load("full", cache=tmp_path / name)
    assert (tmp_path / name / "mnist-v1.bin").exists()
    assert mt.load("full", cache=str(tmp_path / name)).fetched
    assert len(one_mirror) == 1


def by_hand_zip(folder, archive):
    shutil.copy(archive, folder / "whatever it is called.zip")


def by_hand_idx(folder, archive):
    zipfile.ZipFile(archive).extractall(folder)


@pytest.mark.parametrize("put", [by_hand_zip, by_hand_idx])
def test_a_file_put_into_the_cache_by_hand_is_found(put, empty_cache, no_network, small):
    empty_cache.mkdir()
    put(empty_cache, small.zip)
    loaded = mt.load("full")
    assert str(empty_cache) in loaded.origin
    np.testing.assert_array_equal(loaded.test.images, small.arrays.test_images)


def test_a_wrong_file_put_into_the_cache_by_hand_is_named_and_left(one_mirror, empty_cache, caplog):
    empty_cache.mkdir()
    (empty_cache / "mnist.zip").write_text("<html>")
    with caplog.at_level(logging.WARNING):
        assert mt.load("full").origin == "here"
    assert "mnist.zip: neither a zip nor a tar archive" in caplog.text


def on_disk(mount, disk, url):
    """Load in another process, which has a small disk."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("this system does not let us mount a small disk")
    disk.mkdir()
    script = f"""{SHRINK}
from pathlib import Path
import mnist_tutorial as mt
try:
    print(mt.load("full", cache={str(disk)!r}).variant)
except mt.MNISTError as error:
    print(error)
print(sum(file.stat().st_size for file in Path({str(disk)!r}).rglob("*") if file.is_file()))
"""
    mounted = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", script]
    environment = os.environ | {"MNIST_TUTORIAL_DATA": url}
    return subprocess.run(mounted, capture_output=True, text=True, env=environment, timeout=100)


@pytest.mark.parametrize("kilobytes", [4, 40])  # too small for the download; enough for it, but not for the digits
def test_a_full_disk_is_one_error_and_is_left_as_it_was(kilobytes, small, serve, tmp_path):
    disk = tmp_path / "disk"
    done = on_disk(f"mount -t tmpfs -o size={kilobytes}k tmpfs {disk}", disk, serve(small.zip.parent) + "mnist.zip")
    *error, left = done.stdout.splitlines()
    assert "No space left on device" in error[0]
    assert "150 MB" in error[0]
    assert "MNIST_TUTORIAL_CACHE" in error[0]
    assert int(left) < 100
    assert done.stderr == ""


def test_a_read_only_disk_is_one_error(small, serve, tmp_path):
    disk = tmp_path / "disk"
    done = on_disk(f"mount -t tmpfs -o ro tmpfs {disk}", disk, serve(small.zip.parent) + "mnist.zip")
    assert "Read-only file system" in done.stdout
    assert "MNIST_TUTORIAL_CACHE" in done.stdout


def test_a_read_only_cache_with_the_data_is_as_good_as_any(empty_cache, small, serve, tmp_path, monkeypatch):
    url = serve(small.zip.parent) + "mnist.zip"
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", url)
    mt.load(cache=empty_cache)
    disk = tmp_path / "disk"
    mount = f"mount -t tmpfs tmpfs {disk} && cp {empty_cache / cache_name(url)} {disk} && mount -o remount,ro {disk}"
    done = on_disk(mount, disk, url)
    assert done.stdout.splitlines()[0] == "full"
    assert serve.served == ["/mnist.zip"]


def test_a_cache_that_is_a_file_is_one_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path / "file/cache"))
    monkeypatch.delenv("MNIST_TUTORIAL_DATA", raising=False)
    with pytest.raises(mt.MNISTError, match=r"cannot be written.*MNIST_TUTORIAL_CACHE"):
        mt.load("full")


def test_the_argument_or_the_variable_sets_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path))
    assert cache.cache_folder() == tmp_path
    assert cache.cache_folder(tmp_path / "a") == tmp_path / "a"
    monkeypatch.delenv("MNIST_TUTORIAL_CACHE")
    assert cache.cache_folder().name == "mnist-tutorial"
