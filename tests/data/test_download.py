import threading

import pytest
from conftest import send

from mnist_tutorial import MNISTError
from mnist_tutorial.data import download as downloads
from mnist_tutorial.data.download import CHUNK, download

BODY = bytes(range(256)) * 1000


@pytest.fixture
def fetch(tmp_path):
    """Download into a fresh folder; the value is a function of the address that returns the bytes."""

    def fetch(url):
        fetch.resumed = download(url, tmp_path / "file", tmp_path / "partial")
        return (tmp_path / "file").read_bytes()

    fetch.partial = tmp_path / "partial"
    return fetch


def test_the_bytes_arrive_and_nothing_else_is_left(fetch, answer, tmp_path):
    assert fetch(answer(lambda handler: send(handler, BODY))) == BODY
    assert not fetch.resumed
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["file"]


def test_the_request_says_who_asks_and_is_the_only_one(fetch, answer):
    fetch(answer(lambda handler: send(handler, BODY)))
    [(_, headers)] = answer.requests
    assert headers["User-Agent"].startswith("mnist-tutorial/0.")
    assert headers["Accept-Encoding"] == "identity"


def breaking_off(at, etag='"one"', ranges=True, body=BODY, status=206):
    """Break off after `at` bytes at the first request; serve what is asked for at the later ones."""
    first = []

    def respond(handler):
        headers = {"ETag": etag} if etag else {}
        wanted = handler.headers.get("Range")
        if not first:
            first.append(True)
            send(handler, BODY[:at], length=len(BODY), **headers)
        elif wanted and ranges and handler.headers.get("If-Range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            send(handler, body[start:], status=status, Content_Range=span, **headers)
        else:
            send(handler, body, **headers)

    return respond


@pytest.mark.parametrize("etag", ['"one"', None])
def test_what_broke_off_is_resumed_where_it_broke_off(etag, fetch, answer):
    assert fetch(answer(breaking_off(25 * CHUNK, etag))) == BODY
    assert fetch.resumed
    assert answer.requests[1][1]["Range"] == f"bytes={25 * CHUNK}-"
    assert answer.requests[1][1]["If-Range"] == etag
    assert len(answer.requests) == 2


def test_where_the_server_allows_no_ranges_it_begins_again(fetch, answer):
    assert fetch(answer(breaking_off(25 * CHUNK, ranges=False))) == BODY
    assert not fetch.resumed


def test_a_later_call_goes_on_with_what_is_left(fetch, answer):
    requests = []

    def respond(handler):
        requests.append(handler.headers.get("Range"))
        if len(requests) <= 3:  # each of the attempts of the first call gets further
            send(handler, BODY[: CHUNK * len(requests)], length=len(BODY), ETag='"one"')
        else:
            start = int(requests[-1].removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
            send(handler, BODY[start:], status=206, Content_Range=span, ETag='"one"')

    url = answer(respond)
    with pytest.raises(MNISTError, match="the download broke off"):
        fetch(url)
    assert fetch(url) == BODY
    assert requests == [None, *(f"bytes={n * CHUNK}-" for n in (1, 2, 3))]
    assert not list(fetch.partial.iterdir())


def test_a_file_that_has_changed_meanwhile_is_fetched_again(fetch, answer):
    new = bytes(300_000)
    first = []

    def respond(handler):
        if not first:
            first.append(True)
            return send(handler, BODY[:9000], length=len(BODY), ETag='"old"')
        assert handler.headers["If-Range"] == '"old"'
        return send(handler, new, ETag='"new"')

    assert fetch(answer(respond)) == new


def test_a_server_that_sends_another_piece_is_asked_for_all(fetch, answer):
    def respond(handler):
        if handler.headers.get("Range"):
            send(handler, b"x" * 10, status=206, Content_Range=f"bytes 0-9/{len(BODY)}")
        elif len(answer.requests) == 1:
            send(handler, BODY[:9000], length=len(BODY))
        else:
            send(handler, BODY)

    assert fetch(answer(respond)) == BODY


def test_nothing_left_to_ask_for_is_asked_for_all(fetch, answer):
    # Killed between the last byte and the end: the piece that is left is the whole file.
    def respond(handler):
        if handler.headers.get("Range"):
            send(handler, status=416)
        elif len(answer.requests) == 1:
            send(handler, BODY, length=len(BODY) + 1)
        else:
            send(handler, BODY)

    assert fetch(answer(respond)) == BODY


def test_a_download_that_stalls_is_resumed(fetch, answer, monkeypatch):
    monkeypatch.setattr(downloads, "STALL_SECONDS", 1)

    def respond(handler):
        if len(answer.requests) == 1:
            send(handler, BODY[: 25 * CHUNK], length=len(BODY), ETag='"one"')
            handler.rfile.read(1)  # until the client hangs up
        else:
            start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            span = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
            send(handler, BODY[start:], status=206, Content_Range=span)

    assert fetch(answer(respond)) == BODY
    assert fetch.resumed


FAULTS = {
    "silence": (lambda handler: handler.rfile.read(1), "no answer in 1 seconds"),
    "header byte by byte": (lambda handler: drip(handler, b"HTTP/1.1 200 OK\r\n"), "no answer in 1 seconds"),
    "body byte by byte": (
        lambda handler: (send(handler, length=10**6), drip(handler, b"0")),
        r"too slow: \d+ bytes in 1 seconds",
    ),
    "endless": (lambda handler: endless(handler), "sent more than 1,048,576 bytes"),
    "no HTTP": (lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n"), "the connection broke|broke off"),
    "hangs up": (lambda handler: None, "the connection broke"),
    "length is no number": (
        lambda handler: (send(handler, length="many"), handler.wfile.write(b"<html>")),
        "sent a web page, not the file; does the network want you to log in",
    ),
}


def drip(handler, data):
    wait = threading.Event()
    while not wait.wait(0.1):
        for byte in data:
            handler.wfile.write(bytes([byte]))
            wait.wait(0.1)


def endless(handler):
    send(handler, length=False)
    while True:
        handler.wfile.write(bytes(2**20))


@pytest.mark.parametrize("kind", FAULTS)
def test_a_server_that_misbehaves_is_one_line(kind, fetch, answer, monkeypatch):
    limits = {
        "silence": "ANSWER_SECONDS",
        "header byte by byte": "ANSWER_SECONDS",
        "body byte by byte": "STALL_SECONDS",
    }
    if kind in limits:
        monkeypatch.setattr(downloads, limits[kind], 1)
    monkeypatch.setattr(downloads, "MAX_ARCHIVE_BYTES", 2**20)
    respond, message = FAULTS[kind]
    with pytest.raises(MNISTError, match=f"^({message})"):
        fetch(answer(respond))
    assert len(answer.requests) == 1  # no hammering


def test_http_is_for_this_machine_only(fetch, answer):
    with pytest.raises(MNISTError, match=r"http://192\.0\.2\.1/a\.zip is not https"):
        fetch("http://192.0.2.1/a.zip")
    with pytest.raises(MNISTError, match=r"http://192\.0\.2\.1/b\.zip is not https"):
        fetch(answer(lambda handler: send(handler, status=302, Location="http://192.0.2.1/b.zip")))
    with pytest.raises(MNISTError, match="is not https"):
        fetch("http://127.0.0.1:80@192.0.2.1/a.zip")


def test_other_schemes_are_refused(fetch):
    with pytest.raises(MNISTError, match="not an https address"):
        fetch("ftp://127.0.0.1/mnist.zip")


def test_an_error_of_the_disk_is_that_error(answer, tmp_path):
    url = answer(lambda handler: send(handler, BODY))
    (tmp_path / "partial").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="partial"):
        download(url, tmp_path / "file", tmp_path / "partial")
