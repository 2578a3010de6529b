"""Measure on this machine what the README reports, into results/measured.json; then write the README's tables from it.

`python tools/measure.py` measures (about ten minutes); `python tools/measure.py --tables` only writes the tables anew.
"""

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

import mnist_tutorial as mt

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results/measured.json"
SEEDS = (0, 1, 2)
PACKAGES = ("deeplay", "deeptrack", "lightning", "numpy", "torch")


def machine():
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    run = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "commit": run.stdout.strip(),
        "dirty": bool(dirty.stdout.strip()),
        "date": datetime.date.today().isoformat(),
    }


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _busy():
    """Seconds that all processors of this machine have worked since it was started, or None where nothing tells."""
    lines = _lines("/proc/stat")
    if not lines:
        return None
    user, nice, system = map(int, lines[0].split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def timed(action):
    """Run, and tell wall seconds, own processor seconds, and those of others meanwhile."""
    busy, own, start = _busy(), sum(os.times()[:4]), time.perf_counter()
    value = action()
    wall, own = time.perf_counter() - start, sum(os.times()[:4]) - own
    others = None if busy is None else round(max(0.0, _busy() - busy - own), 2)
    return value, {"wall": round(wall, 2), "own_cpu": round(own, 2), "other_cpu": others}


def notebooks(runs=1):
    measured = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        times = []
        for _ in range(runs):
            client = NotebookClient(nbformat.read(path, 4), resources={"metadata": {"path": str(path.parent)}})
            times.append(timed(client.execute)[1])
            print(path.stem, times[-1], flush=True)
        measured[path.stem] = times
    return measured


def cnn():
    """Train the CNN of notebook 05 as it stands there, but on all training digits; one test per trained network."""
    import deeptrack as dt
    from lightning import seed_everything

    mnist = mt.load("full")
    runs = []
    for seed in (None, *SEEDS):  # the first is for warming up, on a few steps
        seed_everything(seed or 0, verbose=False)
        source = mt.digit_source(mnist.train)
        image = dt.Value(source.image) >> mt.RandomCrop(24) >> mt.Standardize()
        loader = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), batch_size=384, shuffle=True)
        classifier = mt.classifier(mt.models.cnn(), max_lr=1.5e-2)
        limit = {"limit_train_batches": 10} if seed is None else {}
        trainer = mt.trainer(max_epochs=2, progress=False, **limit)
        _, times = timed(lambda t=trainer, c=classifier, x=loader: t.fit(c, x))
        if seed is not None:
            runs.append({"seed": seed, "test_accuracy": mt.evaluate(classifier, mnist.test), **times})
            print("cnn", runs[-1], flush=True)
    return runs


def loading(runs=7):
    """Time one epoch of standardized digits against plain tensors in torch's own loader, turn by turn."""
    import deeptrack as dt
    import torch

    mnist = mt.load("full")
    source = mt.digit_source(mnist.train)
    image = dt.Value(source.image) >> mt.Standardize()
    ours = mt.batch_loader(mt.BatchDataset(image & dt.Value(source.label), source), batch_size=256, shuffle=True)
    tensors = torch.from_numpy(mt.Standardize()(mnist.train.images))[:, None], torch.tensor(mnist.train.labels)
    plain = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*tensors), batch_size=256, shuffle=True)
    times = {"ours": [], "plain": [], "load": []}
    for _ in range(runs):
        for name, loader in (("ours", ours), ("plain", plain)):
            start = time.perf_counter()
            for _ in loader:
                pass
            times[name].append(round(time.perf_counter() - start, 4))
        start = time.perf_counter()
        mt.load("full")
        times["load"].append(round(time.perf_counter() - start, 4))
    print("loading", times, flush=True)
    return times


def tables(measured):
    """Make the two tables of the README, by the names of their places."""
    rows = ["| notebook | minutes in class | seconds to run |", "|---|---|---|"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        first = nbformat.read(path, 4).cells[0].source
        title = first.splitlines()[0].removeprefix("# ")
        minutes = first.split("**Time** ")[1].split()[0]
        seconds = statistics.median(run["wall"] for run in measured["notebooks"][path.stem])
        rows.append(f"| [{title}](notebooks/{path.name}) | {minutes} | {seconds:.0f} |")
    about, runs, load = measured["machine"], measured["cnn"], measured["loading"]
    mean = statistics.mean(run["test_accuracy"] for run in runs)
    accuracies = ", ".join(f"{100 * run['test_accuracy']:.2f}" for run in runs)
    ratio = statistics.median(load["ours"]) / statistics.median(load["plain"])
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    facts = [
        "| measured | |",
        "|---|---|",
        f"| CNN of notebook 05, all 60,000 digits, 2 epochs: test accuracy, mean of {len(runs)} seeds "
        f"| **{100 * mean:.2f} %** ({accuracies}) |",
        f"| the same: seconds to train, median | {statistics.median(run['wall'] for run in runs):.1f} |",
        f"| a cached `load()`, 70,000 digits verified | {1000 * statistics.median(load['load']):.0f} ms |",
        f"| an epoch through DeepTrack, relative to plain tensors in torch's own loader | {ratio:.2f} |",
        "",
        f"{about['processor']}, {about['cores']} cores, {about['system']}, Python {about['python']}, {versions}; "
        f"{about['date']}, commit {about['commit'][:10]}{' with changes' if about['dirty'] else ''}.",
    ]
    return {"notebooks": "\n".join(rows), "measured": "\n".join(facts)}


def write_readme(measured):
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, table in tables(measured).items():
        begin, end = f"<!-- {name}: written by tools/measure.py -->\n", f"<!-- end of {name} -->"
        head, rest = text.split(begin)
        text = f"{head}{begin}{table}\n{end}{rest.split(end)[1]}"
    readme.write_text(text, encoding="utf-8")


def picture():
    """Draw the picture of the README: some digits, in the shares that MNIST has of each."""
    mnist = mt.load("full")
    few = mnist.train.take(len(mnist.train) // 1000, seed=0)
    mt.plots.digits(few.images[:40], columns=20).savefig(ROOT / "docs/digits.png", dpi=60)


if __name__ == "__main__":
    if "--tables" not in sys.argv:
        result = {"machine": machine(), "loading": loading(), "cnn": cnn(), "notebooks": notebooks()}
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")
        picture()
    write_readme(json.loads(RESULTS.read_text()))
