"""Put other libraries beside ours: `make peers` trains their own examples on MNIST, and our recipes, in one session.

Each peer gets an environment of its own, build/peers/NAME, and trains in a process of its own, tools/peer.py, which
measures its call of ``fit``; of ours, the clock covers the whole call of the recipe. results/peers.json keeps each run.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

import mnist_tutorial as mt
from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.clock import Time, timed
from mnist_tutorial.benchmark.machine import machine
from mnist_tutorial.benchmark.recipe import Task, load_recipe
from mnist_tutorial.benchmark.result import pack
from mnist_tutorial.benchmark.worker import run_locally
from mnist_tutorial.data.export import to_folder

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / "build/peers"
RECIPES = "cnn-1s", "cnn", "train-mnist-fast"
TRIES = 3  # of a run that other programs slowed down
LIMIT = 3600  # seconds for the installation of a peer, and for each of its runs
NEWEST = "2026-11-26"  # what the packages below need is taken as it was on this day
UNUSED = "triton", "spacy"  # compiles for GPUs, and reads texts: more than a gigabyte
# What we set for torch and NumPy, so that a peer runs with its own defaults.
OURS = "GOMP_SPINCOUNT", "OPENBLAS_NUM_THREADS", "PYTHONPATH"


@dataclass(frozen=True)
class Peer:
    """What a person would pick instead of us: its packages, where its settings come from, and what we changed."""

    name: str
    title: str
    source: str
    packages: tuple[str, ...]
    differs: str


PEERS = (
    Peer(
        "keras",
        "Keras, mnist_convnet",
        "https://keras.io/examples/vision/mnist_convnet",
        ("keras==3.15.1", "tensorflow-cpu==2.21.0"),
        "as published, 15 epochs on 54,000 digits, with the TensorFlow backend and no progress bar. The clock includes "
        "its validation on the other 6,000 after each epoch",
    ),
    Peer(
        "fastai",
        "fastai, chapter 13 of its book",
        "https://github.com/fastai/fastbook/blob/master/13_convolutions.ipynb",
        ("fastai==2.8.12", "torch==2.15.0", "torchvision==0.29.2"),
        "its last network, with batch normalization, 5 epochs on 60,000 digits, read from PNG files in each epoch as "
        "in the book, within the clock. Left out: progress bar, statistics of activations, and the validation on the "
        "test digits after each epoch. The quick start of fastai has no example on MNIST, and its pretrained networks "
        "are for photos",
    ),
)


class PeerError(Exception):
    """A peer cannot be installed, or its run has failed."""


def command(*arguments, limit=LIMIT, **options):
    """Run a command to its end; returns its output."""
    arguments = list(map(str, arguments))
    words = " ".join(arguments)[-100:]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=limit, check=True, **options)
    except subprocess.TimeoutExpired as error:
        raise PeerError(
            f"... {words}: found no end after {limit} s; run make peers while the machine is quiet"
        ) from error
    except subprocess.CalledProcessError as error:
        raise PeerError(f"... {words}: {' '.join(error.stderr.split())[-500:]}") from error
    except OSError as error:
        raise PeerError(f"{arguments[0]}: {error.strerror}; run make setup") from error
    return done.stdout


def install(peer):
    """Make the environment of a peer, or complete it; returns its Python."""
    uv = Path(sys.executable).with_name("uv")
    command(uv, "venv", "--allow-existing", "--python", sys.executable, ENVIRONMENTS / peer.name)
    python = ENVIRONMENTS / peer.name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pinned = "--exclude-newer", NEWEST, "--excludes", "-"
    command(uv, "pip", "install", "--python", python, *pinned, *peer.packages, input="\n".join(UNUSED))
    return python


def write_digits(mnist, folder):
    """Write what peers read: the training digits as PNG files and as arrays, and of the test digits the images only."""
    to_folder(mnist, folder)
    shutil.rmtree(folder / "test")
    train = {"train_images": mnist.train.images, "train_labels": mnist.train.labels}
    np.savez(folder / "digits.npz", **train, test_images=mnist.test.images)


def run_peer(peer, python, folder, labels, seed, limit=LIMIT):
    """Train a peer once; returns the run, and the versions of its packages."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    arguments = python, ROOT / "tools/peer.py", peer.name, folder, seed
    output, time = timed(lambda: command(*arguments, limit=limit, env=environment))
    answer = json.loads(output.splitlines()[-1])
    return entry(seed, answer["seconds"], time, np.load(folder / "predictions.npy"), labels), answer["versions"]


def run_recipe(name, folder, seed):
    """Train a recipe of ours once, as `benchmark run` does; returns the run, and the versions of the main packages."""
    with tempfile.TemporaryDirectory(dir=folder) as results:
        task, workers = Task(load_recipe(name), seed, "test", "full"), partial(run_locally, limit=LIMIT)
        [event] = suite.run([task], Path(results), workers)
    if event.error:
        raise PeerError(event.error.splitlines()[-1])
    result = event.result
    time = Time(result.wall, result.cpu_seconds, result.other_cpu_seconds)
    return entry(seed, result.wall, time, result.predicted, result.labels), result.machine["versions"]


def entry(seed, seconds, time, predictions, labels):
    """Put together what results/peers.json keeps of a run; its accuracy comes from the predictions, by our labels."""
    return {
        "seed": seed,
        "seconds": seconds,
        "accuracy": float((predictions == labels).mean()),
        "cpu_seconds": round(time.cpu_seconds, 3),
        "other_cpu_seconds": round(time.other_cpu_seconds, 3),
        "contended": time.contended,
        "predictions": pack(predictions),
    }


def try_again(training, seed):
    """Train with a seed, and again if other programs slowed it down; returns the last run, and the versions."""
    for tries in range(1, TRIES + 1):
        run, versions = training(seed)
        run["tries"] = tries
        if not run["contended"]:
            break
    return run, versions


def measure(mnist, seeds, folder, recipes=RECIPES, peers=PEERS):
    """Train all with each seed in turn, so that a machine that slows down does so for all; returns a row of each."""
    write_digits(mnist, folder)
    rows = [{"name": name, "title": name, "packages": ["mnist-tutorial", "torch"]} for name in recipes]
    trainings = [partial(run_recipe, name, folder) for name in recipes]
    for peer in peers:
        rows.append(asdict(peer))
        try:
            trainings.append(partial(run_peer, peer, install(peer), folder, mnist.test.labels))
        except PeerError as error:
            trainings.append(None)
            rows[-1]["failure"] = str(error)
    for seed in range(seeds):
        for row, training in zip(rows, trainings, strict=True):
            if "failure" in row:
                continue
            try:
                run, row["versions"] = try_again(training, seed)
            except PeerError as error:
                row["failure"] = str(error)
            else:
                row.setdefault("runs", []).append(run)
                print(row["title"], {name: run[name] for name in ("seed", "seconds", "accuracy", "contended", "tries")})
    for row in rows:
        if "failure" in row:
            print(f"{row['title']} could not be measured: {row['failure']}", file=sys.stderr)
    return rows


def main():
    """Measure, and write results/peers.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "results/peers.json")
    options = parser.parse_args()
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # all on the processor, since tensorflow-cpu is
    with tempfile.TemporaryDirectory() as folder:
        record = {"machine": machine(), "rows": measure(mt.load("full"), options.seeds, Path(folder))}
    options.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
