"""What several test modules need: real MNIST, files made of it, and a server on this machine."""

import gzip
import http.server
import io
import os
import struct
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import mnist_tutorial as mt
from mnist_tutorial.formats import IDX_FILES

mpl.use("agg")
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def mnist():
    """All of MNIST. `make test` fetches it before the tests, and without it no test can be trusted."""
    return mt.load("full")


@pytest.fixture(scope="session")
def sample():
    return mt.load("sample")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(folder))
    monkeypatch.delenv("MNIST_TUTORIAL_DATA", raising=False)
    return folder


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """A machine that reaches nothing: the proxy refuses, and npm is not there."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PATH", str(tmp_path))


def idx_bytes(array):
    """Write an IDX file, the other way round than the package reads it."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="session")
def idx_folder(mnist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("idx")
    parts = (mnist.train.images, mnist.train.labels, mnist.test.images, mnist.test.labels)
    for name, array in zip(IDX_FILES, parts, strict=True):
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array.astype(np.uint8)), 1))
    return folder


def png_bytes(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


@pytest.fixture(scope="session")
def png_zip(mnist, tmp_path_factory):
    """All of MNIST as PNG files: train/ flat as in DeepTrackAI/MNIST_dataset, test/ in class folders as in the seed."""
    path = tmp_path_factory.mktemp("zip") / "mnist.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for folder, split in (("train", mnist.train), ("test/{digit}", mnist.test)):
            seen = np.zeros(10, dtype=int)
            for image, digit in zip(split.images, split.labels, strict=True):
                name = f"mnist/{folder.format(digit=digit)}/{digit}_{seen[digit]:06d}.png"
                archive.writestr(name, png_bytes(image))
                seen[digit] += 1
        archive.writestr("mnist/README.md", "not an image")
    return path


@pytest.fixture
def serve():
    """Serve a folder on this machine; the value is a function of the folder that returns the address."""
    servers = []

    def start(folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *args):
                served.append(self.path)

        served = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        start.served = served
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def run_python():
    """Run python in a process of its own; the value is a function of its arguments."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | environment,
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=300,
        )

    return run
