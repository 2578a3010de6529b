"""Downloads: the bytes of an address in a file, resumed where they broke off."""

import threading
import time
from hashlib import sha256
from importlib.metadata import version
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from mnist_tutorial.data.readers.archives import MAX_ARCHIVE_BYTES
from mnist_tutorial.errors import MNISTError

CONNECT_SECONDS = 4  # a closed network has to cost seconds
# What delivers less than this would need most of an hour for MNIST, and is as good as broken.
STALL_SECONDS, STALL_BYTES = 20, 2**16
ATTEMPTS = 3  # as long as each gets further than the one before
CHUNK = 2**12  # what is lost at most when a download breaks off
LOCAL = ("localhost", "127.0.0.1", "::1")


def download(url, path, partial):
    """Download a file.

    Parameters
    ----------
    url : str
        ``https``, or ``http`` on this machine.
    path : Path
        The file to write. It appears when it is complete.
    partial : Path
        The folder for what has arrived. Where a download broke off it stays there, and the next goes on with it, where
        the server allows.

    Returns
    -------
    bool
        Whether it was resumed. Then it may be of two pieces that do not fit, which only a digest can tell.

    Raises
    ------
    MNISTError
        If it does not arrive, in a few words.
    OSError
        If it cannot be written.

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
    """One request. It runs in a thread, since no library bounds the time of all of a request."""

    def __init__(self, url, part):
        self.url, self.part, self.tag = url, part, part.with_suffix(".tag")
        self.arrived, self.total = 0, None  # of this request, and with what was there before
        self.resumed = False
        self.error = None
        self.refused = False  # whether asking again is of no use
        self.stop = threading.Event()

    def run(self):
        thread = threading.Thread(target=self._guarded, daemon=True)
        name = urlsplit(self.url).path.rsplit("/", 1)[-1]
        with tqdm(desc=f"fetching {name}", unit="B", unit_scale=True, delay=1, leave=False) as bar:
            thread.start()
            try:
                self._watch(thread, bar)
            finally:
                self.stop.set()  # an abandoned thread writes nothing more
        if self.error:
            raise self.error

    def _watch(self, thread, bar):
        since, then = time.monotonic(), 0
        while thread.is_alive():
            thread.join(0.1)
            bar.total = self.total
            bar.update(self.arrived - bar.n)
            if time.monotonic() - since > STALL_SECONDS:
                if self.arrived - then < STALL_BYTES and thread.is_alive():
                    raise MNISTError(f"too slow: {self.arrived - then:,} bytes in {STALL_SECONDS} seconds")
                since, then = time.monotonic(), self.arrived

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
            self.resumed = response.status_code == 206
            fits = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if not self.resumed or not fits:
                self.tag.unlink(missing_ok=True)
                self.part.unlink(missing_ok=True)
            if start and (response.status_code == 416 or (self.resumed and not fits)):
                return self._transfer(session)  # there is nothing to go on with: once more, from the beginning
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
        """Takes plain http, also after a redirect, only to this machine."""

        def send(self, request, **options):
            if urlsplit(request.url).hostname not in LOCAL:
                raise MNISTError(f"{request.url} is not https, which all but this machine has to use")
            return super().send(request, **options)

    session = requests.Session()
    session.mount("http://", HttpsOnly())
    session.max_redirects = 10
    # Not packed on the way: the files are, and a range counts the bytes on the way.
    session.headers.update({"User-Agent": f"mnist-tutorial/{version('mnist-tutorial')}", "Accept-Encoding": "identity"})
    return session


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _reason(error):
    """Say in a few words what went wrong; the errors of requests fill a screen."""
    response = error.response
    if response is not None and not response.ok:
        wait = response.headers.get("Retry-After")
        return f"HTTP {response.status_code} {response.reason}" + (f", Retry-After {wait}" if wait else "")
    text = repr(error)
    for sign, words in {
        "Invalid": "not an https address",
        "TooManyRedirects": "leads in a circle (more than 10 redirects)",
        "ProxyError": "the proxy refuses",
        "SSLError": "its certificate is not trusted",
        "NameResolutionError": "the name does not resolve",
        "refused": "the connection is refused",
        "ConnectTimeout": f"no connection in {CONNECT_SECONDS} seconds",
        "timed out": f"no bytes in {STALL_SECONDS} seconds",
        "IncompleteRead": "the download broke off",
        "Connection aborted": "the connection broke",
    }.items():
        if sign in text:
            return words
    return "no connection"
