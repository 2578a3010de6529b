"""What several test modules need: real MNIST, files made of it, and a server on this machine."""

import contextlib
import gzip
import hashlib
import http.server
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import mnist_tutorial as mt
from mnist_tutorial import errors
from mnist_tutorial.benchmark import code, suite
from mnist_tutorial.benchmark.recipe import load_recipe
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.worker import run_here
from mnist_tutorial.data.export import to_folder, to_zip
from mnist_tutorial.data.files import IDX_FILES
from mnist_tutorial.data.reference import DIGESTS
from mnist_tutorial.stats import calibration

mpl.use("agg")
# A shell that starts make in the background has ctrl-C ignored, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
ROOT = Path(__file__).parent.parent
# Tags of cells of a notebook that are not told in class.
APART = {"task", "hint", "stub", "solution", "check", "write", "model", "notes", "slide-only"}
# The files that wait for other processes: begun first, so that at the end nobody waits for the last of them.
LONG = "cli_benchmark checks workshop draw doctor lab cache cli init"


def pytest_collection_modifyitems(items):
    names = [f"test_{name}" for name in LONG.split()]
    items.sort(key=lambda item: names.index(item.path.stem) if item.path.stem in names else len(names))


@pytest.fixture(scope="session")
def mnist():
    """All of MNIST. `make test` fetches it before the tests, and without it no test can be trusted."""
    return mt.load("full")


@pytest.fixture(scope="session")
def sample():
    return mt.load("sample")


def loader(split, batch_size=200, shuffle=False):
    """Load standardized digits with their labels, as notebooks do."""
    import deeptrack as dt  # seconds, which the process that hands out tests need not take

    source = mt.digit_source(split)
    image = dt.Value(source.image) >> mt.Standardize()
    return mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), batch_size, shuffle)


@pytest.fixture(scope="session")
def batches(sample):
    """The sample in 20 mini-batches."""
    return loader(sample.train, shuffle=True)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(folder))
    monkeypatch.delenv("MNIST_TUTORIAL_DATA", raising=False)
    return folder


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """A machine without a network: the proxy refuses connections, and there is no npm."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PATH", str(tmp_path))


def idx_bytes(array):
    """Encode an IDX file, as the inverse of what the package does."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="session")
def idx_raw(mnist, tmp_path_factory):
    """All of MNIST as IDX files: the fastest to read."""
    folder = tmp_path_factory.mktemp("idx-raw")
    parts = (mnist.train.images, mnist.train.labels, mnist.test.images, mnist.test.labels)
    for name, array in zip(IDX_FILES, parts, strict=True):
        (folder / name).write_bytes(idx_bytes(array.astype(np.uint8)))
    return folder


@pytest.fixture(scope="session")
def idx_folder(idx_raw, tmp_path_factory):
    """The same files compressed, as they are published."""
    folder = tmp_path_factory.mktemp("idx")
    for file in idx_raw.iterdir():
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 1))
    return folder


def png_bytes(image):
    """Encode a PNG file with Pillow, unlike the package."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def zip_of(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def npz(data, path):
    """As Keras has it."""
    arrays = {f"x_{part}": getattr(data, part).images for part in ("train", "test")}
    np.savez(path, **arrays, **{f"y_{part}": getattr(data, part).labels.astype("u1") for part in ("train", "test")})
    return path


def tables(data, header=b"", shuffled=False):
    """As Kaggle and others have it, in CSV."""
    files = {}
    for part, split in (("train", data.train), ("test", data.test)):
        rows = np.concatenate([split.labels[:, None], split.images.reshape(-1, 784)], axis=1)
        rows = np.random.default_rng(0).permutation(rows) if shuffled else rows
        files[f"mnist_{part}.csv"] = header + "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()
    return files


def zipped(files, folder):
    for name, data in files.items():
        zip_of(folder / f"{name}.zip", {name: data}, zipfile.ZIP_DEFLATED)
    return folder


@pytest.fixture(scope="session")
def class_zip(mnist, tmp_path_factory):
    """All of MNIST as PNG files in class folders, in one archive."""
    path = tmp_path_factory.mktemp("class-zip") / "mnist.zip"
    to_zip(mnist, path)
    return path


@pytest.fixture(scope="session")
def idx_zip(idx_folder, tmp_path_factory):
    """All of MNIST as IDX files in one archive: fast to read."""
    files = {f"MNIST/raw/{file.name}": file.read_bytes() for file in idx_folder.iterdir()}
    return zip_of(tmp_path_factory.mktemp("idx-zip") / "mnist.zip", files)


@pytest.fixture(scope="session")
def class_folder(sample, tmp_path_factory):
    """The sample as PNG files in class folders, with a manifest. Tests that change it take `class_tree`."""
    folder = tmp_path_factory.mktemp("class")
    to_folder(sample, folder, manifest=True)
    return folder


@pytest.fixture
def class_tree(class_folder, tmp_path):
    """A copy of `class_folder` made of hard links: unlink a file before you write to it."""
    return shutil.copytree(class_folder, tmp_path / "tree", copy_function=os.link)


@pytest.fixture
def flat_tree(sample, tmp_path):
    to_folder(sample, tmp_path / "flat", "flat")
    return tmp_path / "flat"


@pytest.fixture
def answer():
    """Start servers: `answer(respond)` returns an address; the paths that GET asked for are in `answer.requests`."""
    servers = []

    def start(respond, probe=lambda handler: send(handler)):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                start.requests.append(self.path)
                self.do_HEAD(respond)

            def do_HEAD(self, respond=probe):
                self.close_connection = True
                with contextlib.suppress(OSError):  # the client has hung up
                    respond(self)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *args: None
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    start.requests = []
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(handler, body=b"", status=200, length=None, **headers):
    """Send a status, headers and a body; `length` is the Content-Length, False for none."""
    handler.send_response(status)
    handler.send_header("Connection", "close")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    if length is not False:
        handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def serve(answer):
    """Serve folders on this machine; the value is a function that takes a folder and returns the address."""
    return lambda folder: answer(lambda handler: send(handler, (folder / handler.path.lstrip("/")).read_bytes()))


@pytest.fixture
def run_python():
    """Run Python in another process; the value is a function of its arguments."""
    options = {"cwd": ROOT, "text": True, "capture_output": True, "timeout": 300}
    return lambda *arguments, **environment: subprocess.run(
        [sys.executable, *arguments], env=os.environ | environment, **options
    )


@cache
def this_machine():
    """Describe this machine once: it asks git four times."""
    from mnist_tutorial.benchmark.machine import machine  # torch, which the process that hands out tests does not need

    return machine()


def made_result(recipe="ours", seed=0, wrong=50, **others):
    """Make a result without training: `wrong` digits, or those at these positions, are taken for the next one."""
    evaluated_on, variant = others.get("evaluated_on", "test"), others.get("variant", "full")
    labels = true_labels(variant, evaluated_on)
    rng = np.random.default_rng([seed, *recipe.encode()])
    where = rng.choice(len(labels), wrong, replace=False) if isinstance(wrong, int) else np.array(wrong, int)
    predicted = labels.copy()
    predicted[where] = (predicted[where] + 1) % 10
    accuracy, source = float(np.mean(predicted == labels)), f"def {recipe.replace('-', '_')}(run): ..."
    held_out, seen = evaluated_on == "validation", [6_000, 60_000, 120_000]
    curve = {"images": seen, "seconds": [1.0, 5.0, 10.0], "accuracy": [0.95, 0.985, accuracy]}
    numbers = {"wall": 10.0, "cpu_seconds": 20.0, "other_cpu_seconds": 0.1, "warm_up": 1.0, "prediction": 0.5}
    numbers |= {"images_per_second": 12_000.0, "peak_memory_mb": 900.0, "parameters": 70_794, "epochs": 2.0}
    set_up = {"devices": 1, "nodes": 1, "strategy": "auto", "precision": "32-true", "threads": 2, "seed": seed}
    fields = {
        "recipe": recipe,
        "docstring": "No network at all.\n\nSource: none. Claim: none.",
        "source": source,
        "evaluated_on": evaluated_on,
        "variant": variant,
        "digests": DIGESTS[variant]._asdict(),
        "clock": "the training",
        "accuracy": accuracy,
        "predicted": predicted,
        "loss_curve": {"images": seen, "loss": [1.0, 0.6, 0.5]},
        "validation_curve": curve if held_out else {"images": [], "seconds": [], "accuracy": []},
        "machine": this_machine(),
        "versions": {"deeplay": "0.1.4", "torch": "2.15.0"},
        "started": "2026-11-23T07:59:00+00:00",
    }
    fields |= numbers | set_up | others
    return Result(**({"code": made_code(hashlib.sha256(fields["source"].encode()).hexdigest())} | fields))


def forge(path, **fields):
    """Change fields in the file of a result, with the right checksum, as another release might have written it."""
    content = json.loads(path.read_text(encoding="utf-8")) | fields
    del content["sha256"]
    content["sha256"] = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")


def made_probabilities(result, scores):
    """Add how good the probabilities of scores are, whose largest are the predictions of a result."""
    return replace(result, **calibration(scores, result.labels))


def made_code(recipe):
    """List code that is ours and current, with a recipe in a file of its own."""
    path = Path(errors.__file__)
    return {"mnist_tutorial.errors": code.digest(path.read_text(encoding="utf-8")), f"{code.RECIPE}:ours": recipe[:16]}


# Recipes that take no time, and one for each thing that can go wrong.
QUICK = '''
import os

import numpy as np

import mnist_tutorial as mt

def distances(means, split):
    return -np.stack([((split.images.astype(np.float64) - mean) ** 2).sum((1, 2)) for mean in means], 1)

def quick(run):
    """Predict the digit whose mean is nearest. Source: none. Claim: 80 %."""
    run.predict = distances
    return [run.digits.images[run.digits.labels == digit].mean(0) for digit in range(10)]

def random_guess(run):
    """Guess. Source: none. Claim: 10 %."""
    run.predict = lambda table, split: table[: len(split)]
    return np.random.rand(10_000, 10)

def crashing(run):
    """Raise an error. Source: none. Claim: none."""
    raise RuntimeError("it broke")

def not_a_number(run):
    """Predict NaN. Source: none. Claim: none."""
    run.predict = lambda network, split: np.full((len(split), 10), np.nan)
    return "a network"

def looking(run):
    """Look at the test set. Source: none. Claim: none."""
    return mt.load("sample").test

def endless(run):
    """Never return. Source: none. Claim: none."""
    while True:
        pass
'''


@pytest.fixture
def quick_file(tmp_path):
    path = tmp_path / "recipes_of_mine.py"
    path.write_text(QUICK)
    return path


@pytest.fixture
def tasks(quick_file):
    """Plan runs of these recipes, and of what is added to their file."""

    def make(*names, seeds=(0,), evaluated_on="test", variant="sample", added=""):
        quick_file.write_text(quick_file.read_text() + added)
        recipes = [load_recipe(f"{quick_file}:{name}") for name in names]
        return suite.plan(recipes, seeds, [evaluated_on], variant)

    return make


def here(tasks, limit=None):
    """Workers in this process."""
    return run_here(tasks)


def ends(outcomes):
    """Say how each task ended."""
    return ["failed" if outcome.error else "done" if outcome.result else "there" for outcome in outcomes]
