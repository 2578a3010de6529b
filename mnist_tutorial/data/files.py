"""The formats of MNIST, read into arrays."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mnist_tutorial.data.readers import formats
from mnist_tutorial.data.readers.formats import IDX_FILES  # noqa: F401


def read(path):
    """Read MNIST from a folder or an archive, also as a file:// address."""
    text = str(path)
    return formats.read(Path(url2pathname(urlsplit(text).path) if text.startswith("file:") else path).expanduser())
