"""Downloads: the bytes of an address in a file, resumed where they broke off."""

import threading
import time
from hashlib import sha256
from pathlib import Path

from mnist_tutorial.data.atomic import replace
from mnist_tutorial.data.connection import CONNECT_SECONDS, READ_SECONDS, reason, session
from mnist_tutorial.data.files import MAX_BYTES as MAX_ARCHIVE_BYTES
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.redact import redact
from mnist_tutorial.errors import MNISTError

ANSWER_SECONDS = 8  # until the headers are there, redirects included
# Anything slower than this would need most of an hour for MNIST, and is as good as broken.
STALL_SECONDS, STALL_BYTES = READ_SECONDS, 2**16
ATTEMPTS = 3  # as long as each gets further than the one before
CHUNK = 2**12  # at most this much is lost when a download breaks off


def download(url: str, path: Path, partial: Path) -> bool:
    """Download a file.

    Parameters
    ----------
    url : str
        ``https``, or ``http`` on this machine.
    path : Path
        The file to write. It appears when it is complete.
    partial : Path
        The folder for unfinished downloads. The next call resumes them, if the server allows it.

    Returns
    -------
    bool
        Whether the download was resumed. Its two pieces may then be of different files, which only a digest shows.

    Raises
    ------
    MNISTError
        If the file does not arrive; the message is a few words.
    OSError
        If the file cannot be written.

    References
    ----------
    RFC 9110, "HTTP Semantics", sections 13.1.5 (If-Range) and 14 (range requests).
    """
    partial.mkdir(parents=True, exist_ok=True)
    part = partial / f"{sha256(redact(url).encode()).hexdigest()[:16]}.part"
    for attempt in range(ATTEMPTS):
        before = _size(part)
        transfer = _Transfer(url, part)
        try:
            transfer.run()
            break
        except MNISTError:
            if transfer.refused:
                transfer.forget()
            if transfer.refused or _size(part) <= before or attempt == ATTEMPTS - 1:
                raise
    replace(part, path)
    part.with_suffix(".tag").unlink(missing_ok=True)
    return transfer.resumed


class _Transfer:
    """One request, in a thread of its own, since no library bounds the time that a whole request takes."""

    def __init__(self, url, part):
        self.url, self.part, self.tag = url, part, part.with_suffix(".tag")
        self.arrived, self.total = 0, None  # bytes of this request; bytes of the file
        self.answered = self.resumed = False
        self.error = None
        self.refused = False  # whether it is pointless to ask again
        self.stop = threading.Event()

    def run(self):
        thread = threading.Thread(target=self._guarded, daemon=True)
        with progress_bar(f"fetching {redact(self.url).rsplit('/', 1)[-1]}", "B", unit_scale=True) as bar:
            thread.start()
            try:
                self._watch(thread, bar)
            finally:
                self.stop.set()  # an abandoned thread writes nothing more
        if self.error:
            raise self.error

    def forget(self):
        for path in (self.tag, self.part):
            path.unlink(missing_ok=True)

    def _watch(self, thread, bar):
        since, arrived = time.monotonic(), 0
        while thread.is_alive():
            thread.join(0.1)
            bar.total = self.total
            bar.update(self.arrived - bar.n)
            seconds = time.monotonic() - since
            if not self.answered and seconds > ANSWER_SECONDS and thread.is_alive():
                raise MNISTError(f"no answer in {ANSWER_SECONDS} seconds")
            if seconds > STALL_SECONDS:
                if self.arrived - arrived < STALL_BYTES and thread.is_alive():
                    raise MNISTError(f"too slow: {self.arrived - arrived:,} bytes in {STALL_SECONDS} seconds")
                since, arrived = time.monotonic(), self.arrived

    def _guarded(self):
        import requests

        try:
            with session() as connection:
                self._transfer(connection)
        except requests.RequestException as error:
            self.error = MNISTError(reason(error))
        except (MNISTError, OSError) as error:
            self.error = error
        except Exception as error:  # a header may make the libraries raise almost anything
            self.error = MNISTError(f"no answer that can be understood ({error})")

    def _transfer(self, connection):
        start = _size(self.part)
        headers = {"Range": f"bytes={start}-"} if start else {}
        if start and self.tag.exists():
            headers["If-Range"] = self.tag.read_text()  # the server sends all of it if the file is another one now
        with connection.get(
            self.url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)
        ) as response:
            self.answered = True
            self.resumed = response.status_code == 206
            fits = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if not self.resumed or not fits:
                self.forget()
            if start and (response.status_code == 416 or (self.resumed and not fits)):
                return self._transfer(connection)  # it cannot be resumed: start again
            self.refused = not response.ok
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            self.total = start * self.resumed + int(length) if length.isdecimal() else None
            self._bound(self.total or 0)
            tag = response.headers.get("ETag", response.headers.get("Last-Modified", ""))
            if tag and not tag.startswith("W/"):  # a weak tag does not promise the same bytes
                self.tag.write_text(tag)
            with open(self.part, "ab") as file:
                for chunk in response.iter_content(CHUNK):
                    if self.stop.is_set():
                        return
                    if not self.arrived and not self.resumed and chunk.lstrip().startswith(b"<"):
                        self.refused = True
                        raise MNISTError("sent a web page, not the file; does the network want you to log in?")
                    file.write(chunk)
                    self.arrived += len(chunk)
                    self._bound(file.tell())

    def _bound(self, size):
        if size > MAX_ARCHIVE_BYTES:
            self.refused = True
            raise MNISTError(f"sent more than {MAX_ARCHIVE_BYTES:,} bytes; this is not MNIST")


def _size(path):
    return path.stat().st_size if path.exists() else 0
