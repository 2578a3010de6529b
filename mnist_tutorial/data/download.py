"""Downloads: the bytes of an address in a file, resumed where they broke off."""

import http.client
import socket
import ssl
import threading
import time
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.readers.archives import MAX_ARCHIVE_BYTES
from mnist_tutorial.errors import MNISTError

CONNECT_SECONDS = 4  # a closed network must cost seconds, not minutes
ANSWER_SECONDS = 8  # until the headers are there, redirects included
# Anything slower than this would need most of an hour for MNIST, and is as good as broken.
STALL_SECONDS, STALL_BYTES = 20, 2**16
ATTEMPTS = 3  # as long as each gets further than the one before
CHUNK = 2**12  # at most this much is lost when a download breaks off
MAX_REDIRECTS = 10
LOCAL = ("localhost", "127.0.0.1", "::1")


class Probe(threading.Thread):
    """A request in the background that finds out whether an address answers at all.

    Nothing bounds the time that a request takes (to resolve a name, for instance), so nobody waits for the thread to
    end.

    Parameters
    ----------
    url : str
        The address. Any status is an answer.
    """

    def __init__(self, url: str):
        super().__init__(daemon=True)
        self.url = url
        self.deadline = time.monotonic() + CONNECT_SECONDS
        self.outcome = f"no answer in {CONNECT_SECONDS} seconds"
        self.start()

    def run(self) -> None:
        """Send the request."""
        import requests

        try:
            with _session() as session:
                session.head(self.url, timeout=CONNECT_SECONDS).close()
            self.outcome = ""
        except requests.Timeout:
            pass
        except requests.RequestException as error:
            self.outcome = _reason(error)
        except MNISTError as error:
            self.outcome = str(error)

    def failure(self) -> str:
        """Wait for the answer, and return why there is none, or an empty string."""
        self.join(max(0.0, self.deadline - time.monotonic()))
        return self.outcome


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
    part = partial / f"{sha256(url.encode()).hexdigest()[:16]}.part"
    for attempt in range(ATTEMPTS):
        before = _size(part)
        transfer = _Transfer(url, part)
        try:
            transfer.run()
            break
        except MNISTError:
            if transfer.refused or _size(part) <= before or attempt == ATTEMPTS - 1:
                raise
    part.replace(path)
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
        name = urlsplit(self.url).path.rsplit("/", 1)[-1]
        with progress_bar(f"fetching {name}", "B", unit_scale=True) as bar:
            thread.start()
            try:
                self._watch(thread, bar)
            finally:
                self.stop.set()  # an abandoned thread writes nothing more
        if self.error:
            raise self.error

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
            with _session() as session:
                self._transfer(session)
        except requests.RequestException as error:
            self.error = MNISTError(_reason(error))
        except Exception as error:
            self.error = error

    def _transfer(self, session):
        start = _size(self.part)
        headers = {"Range": f"bytes={start}-"} if start else {}
        if start and self.tag.exists():
            headers["If-Range"] = self.tag.read_text()  # the server sends all of it if the file is another one now
        with session.get(self.url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, STALL_SECONDS)) as response:
            self.answered = True
            self.resumed = response.status_code == 206
            fits = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if not self.resumed or not fits:
                self.tag.unlink(missing_ok=True)
                self.part.unlink(missing_ok=True)
            if start and (response.status_code == 416 or (self.resumed and not fits)):
                return self._transfer(session)  # it cannot be resumed: start again
            self.refused = not response.ok
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            self.total = start * self.resumed + int(length) if length.isdecimal() else None
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
                    if file.tell() > MAX_ARCHIVE_BYTES:
                        self.refused = True
                        raise MNISTError(f"sent more than {MAX_ARCHIVE_BYTES:,} bytes; this is not MNIST")


def _session():
    import requests

    class HttpsOnly(requests.adapters.HTTPAdapter):
        """Allows plain http to this machine only, also after a redirect."""

        def send(self, request, **options):
            if urlsplit(request.url).hostname not in LOCAL:
                raise MNISTError(f"{request.url} is not https; expected https, except on this machine")
            return super().send(request, **options)

    session = requests.Session()
    session.mount("http://", HttpsOnly())
    session.max_redirects = MAX_REDIRECTS
    # "identity": the files are compressed already, and ranges count the bytes on the wire.
    session.headers.update({"User-Agent": f"mnist-tutorial/{version('mnist-tutorial')}", "Accept-Encoding": "identity"})
    return session


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _reason(error):
    """Describe an error of requests in a few words; its own text fills a screen."""
    import requests

    response = error.response
    if response is not None and not response.ok:
        wait = response.headers.get("Retry-After")
        return f"HTTP {response.status_code} {response.reason}" + (f", Retry-After {wait}" if wait else "")
    errors = _causes(error)
    for kinds, reason in (
        ((requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL), "not an https address"),
        (requests.TooManyRedirects, f"more than {MAX_REDIRECTS} redirects"),
        (requests.exceptions.ProxyError, "the proxy refuses"),
        (ssl.SSLCertVerificationError, "its certificate is not trusted"),
        (requests.exceptions.SSLError, "no secure connection"),
        (socket.gaierror, "the name does not resolve"),
        (ConnectionRefusedError, "the connection is refused"),
        (requests.ConnectTimeout, f"no connection in {CONNECT_SECONDS} seconds"),
        (TimeoutError, f"no bytes in {STALL_SECONDS} seconds"),
        (requests.exceptions.ChunkedEncodingError, "the download broke off"),
        ((ConnectionError, http.client.HTTPException), "the connection broke"),
    ):
        if any(isinstance(cause, kinds) for cause in errors):
            return reason
    return "no connection"


def _causes(error):
    """List an error, and those that led to it."""
    causes = []
    while error and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
