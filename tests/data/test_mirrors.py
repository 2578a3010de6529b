import gzip
import logging
import re
import shutil
import stat
import struct
import threading
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes, png_bytes, send, zip_of_idx
from small import shrunk

from mnist_tutorial import MNISTError
from mnist_tutorial.data import connection, npm
from mnist_tutorial.data import download as downloads
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.files import IDX_FILES
from mnist_tutorial.data.mirrors import MIRRORS, Mirror, disk_mirror, fetch, web_mirror


@pytest.fixture(scope="module", autouse=True)
def small(mnist, tmp_path_factory):  # MNIST itself is loaded before, for the other modules
    yield from shrunk(tmp_path_factory)


# As in conftest.py, of the small data set. Level 0 does not compress: there is a middle where files can be cut.
@pytest.fixture(scope="module")
def idx_folder(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("idx")
    for name, array in zip(IDX_FILES, small.arrays, strict=True):
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array), 0))
    return folder


@pytest.fixture(scope="module")
def idx_zip(idx_folder, tmp_path_factory):
    return zip_of_idx(idx_folder, tmp_path_factory.mktemp("idx-zip") / "mnist.zip")


def failing(message):
    def deliver(folder, partial):
        raise MNISTError(message)

    return Mirror(message, deliver)


def test_a_zip_is_fetched_from_an_address_and_nothing_is_left(small, idx_zip, serve, tmp_path):
    url = serve(idx_zip.parent) + "mnist.zip"
    arrays, name, failures = fetch([web_mirror(url)], tmp_path)
    np.testing.assert_array_equal(arrays.train_images, small.arrays.train_images)
    assert name == url
    assert not failures
    assert not list(tmp_path.iterdir())


def test_a_folder_of_idx_files_is_fetched_from_an_address(small, idx_folder, serve, tmp_path):
    arrays, _, _ = fetch([web_mirror(serve(idx_folder))], tmp_path)
    np.testing.assert_array_equal(arrays.test_labels, small.arrays.test_labels)


# Mirrors that fail, each over a real connection, and what the user reads. --------------------------------------------


def status(code, **headers):
    return lambda handler: send(handler, b"sorry", status=code, **headers)


def silent(handler):
    handler.rfile.read(1)  # until the client hangs up


def drip(handler):
    send(handler, length=10**6)
    wait = threading.Event()
    while not wait.wait(0.2):
        handler.wfile.write(b"P")


def login_page(handler):
    send(handler, b"<!DOCTYPE html><title>Welcome to the hotel</title>", Content_Type="text/html")


def endless(handler):
    send(handler, length=False)
    while True:
        handler.wfile.write(bytes(2**20))


HTTP_FAULTS = {
    "403": (status(403), "HTTP 403 Forbidden"),
    "404": (status(404), "HTTP 404 Not Found"),
    "429 with Retry-After": (status(429, Retry_After="120"), "HTTP 429 Too Many Requests, Retry-After 120"),
    "500": (status(500), "HTTP 500 Internal Server Error"),
    "503": (status(503), "HTTP 503 Service Unavailable"),
    "accepts and says nothing": (silent, "no answer in 1 seconds"),
    "byte by byte": (drip, r"too slow: \d+ bytes in 1 seconds"),
    "cut short, with a length": (lambda handler: send(handler, b"PK", length=10**6), "the download broke off"),
    "endless": (endless, "sent more than 1,048,576 bytes; this is not MNIST"),
    "login page with status 200": (login_page, "sent a web page, not the file; does the network want you to log in"),
    "redirect loop": (status(302, Location="/again.zip"), "more than 10 redirects"),
    "redirect to http elsewhere": (status(302, Location="http://192.0.2.1/"), r"http://192\.0\.2\.1/ is not https"),
    "empty": (lambda handler: send(handler), "neither a zip nor a tar archive"),
}


@pytest.fixture
def chain(idx_folder, tmp_path, record_property):
    """Fetch with a mirror that fails, then one that does not; the value is a function of the first one's address."""

    def run(url, reason):
        _, name, failures = fetch([web_mirror(url), disk_mirror(idx_folder)], tmp_path)
        record_property("outcome", failures[0].removeprefix(url))
        assert name == str(idx_folder)
        [failure] = failures
        assert failure.startswith(f"{url}: ")
        assert "\n" not in failure
        assert re.match(reason, failure)
        assert not [path for path in tmp_path.iterdir() if path.name != "served"]

    return run


@pytest.mark.parametrize("fault", HTTP_FAULTS)
def test_a_server_that_fails(fault, answer, chain, monkeypatch):
    limits = {"accepts and says nothing": "ANSWER_SECONDS", "byte by byte": "STALL_SECONDS"}
    if fault in limits:
        monkeypatch.setattr(downloads, limits[fault], 1)
    monkeypatch.setattr(downloads, "MAX_ARCHIVE_BYTES", 2**20)
    respond, reason = HTTP_FAULTS[fault]
    chain(answer(respond) + "mnist.zip", rf".*mnist\.zip: {reason}")


@pytest.mark.parametrize("length", ["with a length", "without"])
def test_a_body_cut_short(length, answer, chain, idx_zip):
    body = idx_zip.read_bytes()[:30_000]
    respond = lambda handler: send(handler, body, length=60_000 if length == "with a length" else False)  # noqa: E731
    chain(answer(respond) + "a.zip", r".*a\.zip: (the download broke off|a\.zip: neither a zip nor a tar archive)")


def test_the_right_length_and_wrong_bytes(answer, chain, idx_zip):
    body = bytearray(idx_zip.read_bytes())
    body[len(body) // 2] ^= 1
    chain(answer(lambda handler: send(handler, bytes(body))) + "a.zip", ".*cannot be read")


def test_a_server_without_tls(answer, chain):
    url = answer(status(200)).replace("http:", "https:") + "mnist.zip"
    chain(url, ".*zip: no secure connection")


NO_SERVER = {
    "refused": ("http://127.0.0.1:9/mnist.zip", "the connection is refused"),
    "no such name": ("https://mnist.invalid/mnist.zip", "the name does not resolve"),
    "no https": ("http://192.0.2.1/mnist.zip", r"http://192\.0\.2\.1/mnist\.zip is not https"),
}


@pytest.mark.parametrize("fault", NO_SERVER)
def test_no_server(fault, chain):
    url, reason = NO_SERVER[fault]
    chain(url, f".*zip: {reason}")


def add(name, data=b"", **attributes):
    """Add one file to the archive."""

    def change(path):
        entry = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(entry, attribute, value)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(entry, data)

    return change


def replace(old, new):
    """Replace bytes in the archive by as many others: a name, for instance, which is there in plain."""

    def change(path):
        data = path.read_bytes()
        assert old in data
        assert len(old) == len(new)
        path.write_bytes(data.replace(old, new))

    return change


def encrypt(path):
    with zipfile.ZipFile(path) as archive:
        at = archive.infolist()[0].header_offset
        directory = archive.start_dir
    data = bytearray(path.read_bytes())
    data[at + 6] |= 1
    data[directory + 8] |= 1
    path.write_bytes(data)


def pack(path, name, data):
    """Put a file in the place of another of the same name."""
    with zipfile.ZipFile(path) as archive:
        others = {entry: archive.read(entry) for entry in archive.namelist() if not entry.endswith(name)}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in others.items():
            archive.writestr(entry, content)
        archive.writestr(f"MNIST/raw/{name}", data)


LABELS, IMAGES = "t10k-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"
IDX_FAULTS = {
    "a wrong CRC": (
        lambda path: replace(path.read_bytes()[9_000:9_004], b"oops")(path),
        r"cannot be read \(Bad CRC-32",
    ),
    "a name that leads up": (add("../up.txt"), r"'\.\./up\.txt' leads out of the archive"),
    "an absolute name": (add("/etc/up.txt"), "'/etc/up.txt' leads out of the archive"),
    "a symbolic link": (add("l.txt", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16), r"l\.txt is a link"),
    "an encrypted file": (encrypt, "is encrypted"),
    "a wrong magic number": (
        lambda path: pack(path, LABELS, b"\0\0\x0d\1" + bytes(10)),
        "expected an IDX file of bytes",
    ),
    "a count that does not match": (
        lambda path: pack(path, LABELS, struct.pack(">HBBI", 0, 8, 1, 10_000) + bytes(9_000)),
        "9,008 bytes, expected 10,008",
    ),
    "too many images": (
        lambda path: pack(path, IMAGES, idx_bytes(np.zeros((11, 28, 28), "u1"))),
        r"\(11, 28, 28\)",
    ),
    "a gzip that ends early": (
        lambda path: pack(path, IMAGES, gzip.compress(idx_bytes(np.zeros((10, 28, 28), "u1")))[:-20]),
        "gzip ends early",
    ),
    "a file missing": (replace(b"raw/t10k-labels-idx1", b"raw/tlok-labels-idx1"), "no t10k-labels-idx1-ubyte"),
}


@pytest.fixture
def served(serve, chain, tmp_path):
    """Fetch an archive that was harmed; the value is a function of the archive, the harm and the reason."""

    def run(archive, change, reason):
        folder = tmp_path / "served"
        folder.mkdir()
        change(shutil.copy(archive, folder / "mnist.zip"))
        chain(serve(folder) + "mnist.zip", rf".*mnist\.zip: mnist\.zip: .*{reason}")

    return run


@pytest.mark.parametrize("fault", IDX_FAULTS)
def test_an_archive_of_idx_files(fault, idx_zip, served):
    served(idx_zip, *IDX_FAULTS[fault])


FIRST = b"MNIST_dataset/train/0/0_000000.png"
PNG_FAULTS = {
    "one digit missing": (replace(FIRST, FIRST.replace(b"train", b"_rain")), "399 PNG files of digit 0 in train"),
    "one digit twice": (add(FIRST.decode()), r"train/0/0_000000\.png is there twice"),
    "a 27 x 28 image": (
        lambda path: [replace(FIRST, FIRST.replace(b"train", b"_rain"))(path), add(FIRST.decode(), TINY)(path)],
        r"L \(28, 27\); expected 8-bit",
    ),
}
TINY = png_bytes(np.zeros((27, 28), "u1"))


@pytest.fixture(scope="module")
def sample_zip(sample, tmp_path_factory):
    """The sample as PNG files: whether all digits are there is counted as for all of MNIST."""
    path = tmp_path_factory.mktemp("zip") / "sample.zip"
    to_zip(sample, path)
    return path


@pytest.mark.parametrize("fault", PNG_FAULTS)
def test_an_archive_of_png_files(fault, sample_zip, served):
    served(sample_zip, *PNG_FAULTS[fault])


def test_a_file_of_idx_that_is_too_long(idx_folder, serve, chain, tmp_path):
    folder = shutil.copytree(idx_folder, tmp_path / "served")
    for name in (LABELS, IMAGES):
        (folder / name).write_bytes((folder / name).read_bytes() + b"more")
    chain(serve(folder), r"http://127\.0\.0\.1:\d+/: t10k-images-idx3-ubyte\.gz: gzip ends early or is damaged")


# A closed network: no mirror answers, and none may cost minutes. ------------------------------------------------------


def test_all_addresses_are_asked_at_the_same_time(answer, idx_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 60)
    asked = threading.Barrier(3, timeout=30)  # each gets its answer once all have asked

    def probe(handler):
        asked.wait()
        send(handler)

    chain = [web_mirror(answer(status(503), probe)) for _ in range(3)]
    _, _, failures = fetch([*chain, disk_mirror(idx_folder)], tmp_path)
    assert failures == [f"{mirror.name}: HTTP 503 Service Unavailable" for mirror in chain]


def test_addresses_that_are_silent_are_skipped(answer, idx_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1)
    chain = [web_mirror(answer(status(503), silent)) for _ in range(3)]
    _, name, failures = fetch([*chain, disk_mirror(idx_folder)], tmp_path)
    assert name == str(idx_folder)
    assert failures == [f"{mirror.name}: no answer in 1 seconds" for mirror in chain]
    assert answer.requests == []


def test_a_closed_network_costs_ten_seconds_at_most():
    assert connection.CONNECT_SECONDS + npm.ANSWER_SECONDS < 10


# The chain. -----------------------------------------------------------------------------------------------------------


def test_each_mirror_is_tried_once_and_in_order(answer, idx_folder, tmp_path):
    url = answer(status(503))
    chain = [web_mirror(f"{url}{name}.zip") for name in "abc"]
    _, name, failures = fetch([*chain, disk_mirror(idx_folder)], tmp_path)
    assert name == str(idx_folder)
    assert [path for path, _ in answer.requests] == ["/a.zip", "/b.zip", "/c.zip"]
    assert len(failures) == 3


def test_a_mirror_with_other_data_is_skipped_like_one_that_is_down(small, idx_folder, tmp_path):
    # Two images of the same digit swap places: all counts are right, only the digest differs.
    swapped = shutil.copytree(idx_folder, tmp_path / "swapped")
    images = small.arrays.test_images.copy()
    first, second = np.flatnonzero(small.arrays.test_labels == 1)[:2]
    images[[first, second]] = images[[second, first]]
    (swapped / IMAGES).write_bytes(gzip.compress(idx_bytes(images), 1))
    _, name, failures = fetch([disk_mirror(swapped), disk_mirror(idx_folder)], tmp_path)
    assert name == str(idx_folder)
    assert "swapped: test_images are not MNIST's: SHA-256" in failures[0]


def test_two_pieces_that_do_not_fit_are_fetched_again(idx_zip, answer, small, tmp_path):
    body = idx_zip.read_bytes()

    def respond(handler):
        if len(answer.requests) == 1:
            send(handler, b"PK" * 10_000, length=len(body))
        elif handler.headers.get("Range"):
            start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            send(handler, body[start:], status=206, Content_Range=span)
        else:
            send(handler, body)

    arrays, _, failures = fetch([web_mirror(answer(respond) + "mnist.zip")], tmp_path)
    np.testing.assert_array_equal(arrays.train_images, small.arrays.train_images)
    assert not failures
    assert [bool(headers.get("Range")) for _, headers in answer.requests] == [False, True, False]


def test_when_all_fail_the_error_has_a_line_for_each(tmp_path):
    with pytest.raises(MNISTError) as error:
        fetch([failing("first"), failing("second")], tmp_path)
    assert str(error.value).splitlines() == ["no mirror delivered MNIST:", "  first: first", "  second: second"]
    assert not list(tmp_path.iterdir())


def test_without_a_network_all_built_in_mirrors_fail_at_once(no_network, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    with pytest.raises(MNISTError) as error:
        fetch(MIRRORS, tmp_path)
    lines = str(error.value).splitlines()[1:]
    assert len(lines) == len(MIRRORS) == 4
    assert all(line.endswith("the proxy refuses") for line in lines[:3])
    assert lines[3].endswith("npm is not on the PATH")


def test_the_built_in_mirrors_are_https():
    assert all(mirror.name.startswith(("https://", "npm package ")) for mirror in MIRRORS)
