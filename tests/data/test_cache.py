"""The cache: damage, folders that cannot be written, full disks, other processes, and deaths."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import send

import mnist_tutorial as mt
from mnist_tutorial.data import atomic, cache, files, mirrors

LOAD = "import mnist_tutorial as mt; print(mt.load('full').train.images.sum())"
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def start(*arguments, **environment):
    return subprocess.Popen([sys.executable, *arguments], env=os.environ | environment, **PIPES)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def one_mirror(empty_cache, idx_raw, monkeypatch):
    """An empty cache and a single mirror; the value lists what was fetched from it."""
    fetched = []
    monkeypatch.setattr(mirrors, "MIRRORS", {"here": lambda folder: fetched.append(folder) or idx_raw})
    return fetched


@pytest.fixture(scope="module")
def good(mnist, tmp_path_factory):
    """The bytes of an undamaged cache file."""
    path = tmp_path_factory.mktemp("good") / "mnist-v1.bin"
    parts = (mnist.train.images, mnist.train.labels, mnist.test.images, mnist.test.labels)
    cache.write_cache(path, [part.astype("u1") for part in parts], "here", "2026-11-24")
    return path.read_bytes()


def test_mnist_is_fetched_once_and_then_loaded_from_the_cache(one_mirror, empty_cache, mnist):
    first, second = mt.load("full"), mt.load("full")
    assert first.origin == second.origin == "here"
    assert first.fetched == second.fetched
    assert first.fetched.endswith("+00:00")
    np.testing.assert_array_equal(second.train.images, mnist.train.images)
    assert len(one_mirror) == 1
    assert names(empty_cache) == ["fetch.lock", "mnist-v1.bin"]


SIZE = 54_950_000  # of all digits and their labels
DAMAGE = {
    "a bit flipped": lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:],
    "cut at the end of the digits": lambda data: data[:SIZE],
    "another file": lambda data: b"hello",
    "another line": lambda data: data[:SIZE] + b'{"mirror": "npm"}',
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_is_named_and_fetched_again(damage, one_mirror, good, tmp_path, caplog):
    path = tmp_path / "Übungsdaten 手書き/mnist-v1.bin"  # a folder may have any name
    path.parent.mkdir()
    path.write_bytes(damage(good))
    assert mt.load("full", cache=path.parent).origin == "here"
    [record] = caplog.records
    assert str(path) in record.message
    assert path.read_bytes()[:SIZE] == good[:SIZE]


@pytest.fixture
def public(idx_zip, monkeypatch):
    """An empty cache folder that everybody may read."""
    if os.name == "nt":
        pytest.skip("rights mean something else there")
    files.read(idx_zip)  # imports what it needs: nobody may not read the files of root's Python
    monkeypatch.delenv("MNIST_TUTORIAL_DATA", raising=False)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("MNIST_TUTORIAL_CACHE", folder)
        Path(folder).chmod(0o777)
        yield Path(folder)
        os.seteuid(os.getuid())
        Path(folder).chmod(0o777)


def become_nobody():
    if os.getuid() == 0:  # who may do everything
        os.seteuid(65534)


@pytest.mark.parametrize("closed", ["", "mnist-v1.bin", "fetch.lock"])
def test_where_nothing_can_be_kept_a_copy_put_there_by_hand_is_used(closed, public, idx_zip, no_network):
    if closed:  # a file of somebody else
        (public / closed).touch()
        os.truncate(public / closed, SIZE + 100)
    (public / closed).chmod(0 if closed else 0o555)
    become_nobody()
    with pytest.raises(mt.MNISTError, match=f"{closed}: cannot be used .*; ask its owner.*mnist_tutorial fetch$"):
        mt.load("full")
    os.seteuid(os.getuid())
    shutil.copy(idx_zip, public / "mnist.zip")
    become_nobody()
    assert mt.load("full").origin == str(public / "mnist.zip")
    assert set(names(public)) <= {closed, "mnist.zip", "fetch.lock"}


def test_a_read_only_cache_with_the_data_is_as_good_as_any(public, good, no_network):
    (public / "mnist-v1.bin").write_bytes(good)
    public.chmod(0o555)
    become_nobody()
    assert mt.load("full").variant == "full"


@pytest.mark.parametrize(("variable", "megabytes"), [("MNIST_TUTORIAL_CACHE", 30), ("TMPDIR", 4)])
def test_a_full_disk_is_one_error_with_path_and_space_and_is_left_as_it_was(
    variable, megabytes, idx_zip, serve, tmp_path
):
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("this system does not let us mount a small disk")
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=$1m tmpfs "$2" && "$3" -m mnist_tutorial fetch; echo $? $(ls -A "$2")'
    command = ["unshare", "-rm", "sh", "-c", script, "sh", str(megabytes), str(tmp_path / "disk"), sys.executable]
    places = {"MNIST_TUTORIAL_CACHE": str(tmp_path), variable: str(tmp_path / "disk")}
    environment = os.environ | places | {"MNIST_TUTORIAL_DATA": serve(idx_zip.parent) + "mnist.zip"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    for words in (f"{tmp_path / 'disk'}", "No space left on device", "MB there", variable, "mnist_tutorial fetch"):
        assert words in done.stderr
    assert "put them into" not in done.stderr
    assert done.stdout.split() in (["1"], ["1", "fetch.lock"])


def test_of_two_processes_that_load_at_once_one_fetches_and_the_other_waits_and_says_so(
    empty_cache, answer, idx_zip, mnist
):
    asked, go = threading.Event(), threading.Event()

    def respond(handler):
        asked.set()
        go.wait()
        send(handler, idx_zip.read_bytes())

    address = answer(respond) + "mnist.zip"
    first = start("-c", LOAD, MNIST_TUTORIAL_DATA=address)
    try:
        asked.wait()
        second = start("-c", LOAD, MNIST_TUTORIAL_DATA=address)
        line = second.stderr.readline()
    finally:
        go.set()
    assert str(empty_cache / "fetch.lock") in line
    assert "Another process is fetching" in line
    for process in (first, second):
        assert process.communicate()[0] == f"{mnist.train.images.sum()}\n"
    assert len(answer.requests) == 1


def test_a_process_that_holds_the_lock_too_long_is_an_error_with_what_to_do(tmp_path):
    program = f"from filelock import FileLock as F; f = F({str(tmp_path / 'fetch.lock')!r}); f.acquire(); "
    with start("-c", program + "print(flush=True); input()") as holder:
        holder.stdout.readline()
        message = r"fetch\.lock.*other process .*MNIST_TUTORIAL_CACHE.*mnist_tutorial fetch"
        with pytest.raises(mt.MNISTError, match=message), cache.cache_lock(tmp_path, limit=0.1):
            pass
        holder.communicate("\n")
    with cache.cache_lock(tmp_path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_fetch_that_is_ended_while_it_downloads_leaves_nothing_in_the_cache(
    end, empty_cache, answer, idx_zip, tmp_path
):
    go, going = threading.Event(), threading.Event()

    def respond(handler):
        data = idx_zip.read_bytes()
        send(handler, data[:10_000], length=len(data))
        going.set()
        if not go.is_set():
            handler.rfile.read(1)  # until the client is dead
        handler.wfile.write(data[10_000:])

    places = {"TMPDIR": str(tmp_path), "MNIST_TUTORIAL_DATA": answer(respond) + "mnist.zip"}
    process = start("-m", "mnist_tutorial", "fetch", **places)
    going.wait()
    process.send_signal(end)
    process.communicate()
    assert names(empty_cache) == ["fetch.lock"]
    assert len(list(tmp_path.glob("mnist-tutorial-*"))) == (end == signal.SIGKILL)  # in the system's temporary folder
    go.set()
    process = start("-m", "mnist_tutorial", "fetch", **places)
    assert process.communicate()[0].startswith("MNIST full")


def test_a_file_that_is_not_complete_replaces_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with suppress(KeyboardInterrupt), atomic(path) as part:
        part.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with atomic(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert path.stat().st_mode == Path(__file__).stat().st_mode | 0o600  # others may read it
    with pytest.raises(OSError, match="gone/file"), atomic(tmp_path / "gone/file") as part:
        part.write_text("new")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("tries", [2, 99])
def test_on_windows_a_file_that_is_open_is_waited_for_and_then_one_sentence(tries, tmp_path, monkeypatch):
    path, move, failures = tmp_path / "grades.csv", os.replace, iter(range(tries))

    def replace(part, path):  # as on Windows, which replaces no file that is open
        if next(failures, None) is None:
            return move(part, path)
        error = PermissionError(13, "Access is denied", str(part))
        error.winerror = 5
        raise error

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(cache, "PAUSES", (0, 0, 0))
    stays = pytest.raises(mt.MNISTError, match=r"grades\.csv: cannot be replaced")
    with nullcontext() if tries == 2 else stays, atomic(path) as part:
        part.write_text("new")
    assert names(tmp_path) == ["grades.csv"] * (tries == 2)
