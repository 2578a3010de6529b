"""Connections: requests over https, and what went wrong with them in a few words."""

import http.client
import socket
import ssl
import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mnist_tutorial.data.redact import redact
from mnist_tutorial.errors import MNISTError

if TYPE_CHECKING:  # it takes a tenth of a second, which a cached load does without
    import requests

CONNECT_SECONDS = 4  # a closed network must cost seconds, not minutes
READ_SECONDS = 20
MAX_REDIRECTS = 10
LOCAL = ("localhost", "127.0.0.1", "::1")


def session() -> "requests.Session":
    """Make a session of requests that uses https, except to this machine."""
    import requests

    class HttpsOnly(requests.adapters.HTTPAdapter):
        """Allows plain http to this machine only, also after a redirect."""

        def send(self, request, **options):
            if urlsplit(request.url).hostname not in LOCAL:
                raise MNISTError(f"{redact(request.url)} is not https; expected https, except on this machine")
            return super().send(request, **options)

    connection = requests.Session()
    connection.mount("http://", HttpsOnly())
    connection.max_redirects = MAX_REDIRECTS
    # "identity": the files are compressed already, and ranges count the bytes on the wire.
    connection.headers.update(
        {"User-Agent": f"mnist-tutorial/{version('mnist-tutorial')}", "Accept-Encoding": "identity"}
    )
    return connection


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
            with session() as connection:
                connection.head(self.url, timeout=CONNECT_SECONDS).close()
            self.outcome = ""
        except requests.Timeout:
            pass
        except requests.RequestException as error:
            self.outcome = reason(error)
        except Exception as error:  # a thread that raises would print a traceback
            self.outcome = str(error)

    def failure(self) -> str:
        """Wait for the answer, and return why there is none, or an empty string."""
        self.join(max(0.0, self.deadline - time.monotonic()))
        return self.outcome


def reason(error: "requests.RequestException") -> str:
    """Describe an error of requests in a few words; its own text fills a screen."""
    import requests

    response = error.response
    if response is not None and not response.ok:
        wait = response.headers.get("Retry-After")
        return f"HTTP {response.status_code} {response.reason}" + (f", Retry-After {wait}" if wait else "")
    errors = _causes(error)
    for kinds, text in (
        ((requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL), "not an https address"),
        (requests.TooManyRedirects, f"more than {MAX_REDIRECTS} redirects"),
        (requests.exceptions.ProxyError, "the proxy refuses"),
        (ssl.SSLCertVerificationError, "its certificate is not trusted"),
        (requests.exceptions.SSLError, "no secure connection"),
        (socket.gaierror, "the name does not resolve"),
        (ConnectionRefusedError, "the connection is refused"),
        (requests.ConnectTimeout, f"no connection in {CONNECT_SECONDS} seconds"),
        (TimeoutError, f"no bytes in {READ_SECONDS} seconds"),
        (requests.exceptions.ChunkedEncodingError, "the download broke off"),
        ((ConnectionError, http.client.HTTPException), "the connection broke"),
    ):
        if any(isinstance(cause, kinds) for cause in errors):
            return text
    return "no connection"


def _causes(error):
    """List an error, and those that led to it."""
    causes = []
    while error and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
