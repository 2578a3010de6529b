"""Measure what the README says of `load` and of the notebooks, into results/measured.json; a few minutes.

`make measure` runs this after tools/speed.py; tools/readme.py writes the README from what both found.
``tools/measure.py kits`` writes a kit for each system, some gigabytes, and keeps their sizes in results/kits.json.
"""

import json
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import mnist_tutorial as mt
from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.benchmark.machine import machine
from mnist_tutorial.setup import kit

ROOT = Path(__file__).parent.parent


def notebooks():
    measured = {}
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        client = NotebookClient(nbformat.read(path, 4), resources={"metadata": {"path": str(path.parent)}})
        measured[path.stem] = timed(client.execute)[1]._asdict()
        print(path.stem, measured[path.stem], flush=True)
    return measured


def load(runs=20):
    """Time `mt.load`, with the data in the cache."""
    return [round(timed(lambda: mt.load("full"))[1].wall, 4) for _ in range(runs)]


def kits(python="3.12"):
    """Write a kit for each system; returns the bytes of each."""
    sizes = {}
    for system in kit.SYSTEMS:
        with tempfile.TemporaryDirectory() as folder:
            for sentence in kit.write(Path(folder) / "kit", [system], python):  # for Linux, torch with CUDA
                print(sentence, flush=True)
            sizes[system] = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {"python": python, "bytes": sizes}


if __name__ == "__main__" and sys.argv[1:] == ["kits"]:
    (ROOT / "results/kits.json").write_text(json.dumps({"machine": machine(), **kits()}, indent=1) + "\n")
elif __name__ == "__main__":
    result = {"machine": machine(), "load": load(), "notebooks": notebooks()}
    (ROOT / "results/measured.json").write_text(json.dumps(result, indent=1) + "\n")
