"""Measure on this machine what the README reports, into results/measured.json; then write the README's tables from it.

`python tools/measure.py` measures (a quarter of an hour); `python tools/measure.py --tables` only writes the tables
anew. `make measure` runs the comparisons of `python -m mnist_tutorial benchmark` first.
"""

import json
import statistics
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import deeplay as dl
import deeptrack as dt
import nbformat
import numpy as np
from lightning import seed_everything
from nbclient import NotebookClient

import mnist_tutorial as mt
from mnist_tutorial.benchmark.clock import timed
from mnist_tutorial.benchmark.machine import line, machine

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results/measured.json"
SEEDS = range(5)
# Of the comparisons, what the README shows: which, against what, in its words.
COMPARED = (
    ("loading", "DeepTrack's tutorial", "loading an epoch / DeepTrack's own tutorial"),
    ("loading", "TensorDataset, DataLoader", "loading an epoch / tensors in torch's DataLoader"),
    ("augmentation", "DeepTrack's tutorial", "affine and elastic warps / DeepTrack's own tutorial"),
    ("augmentation", "kornia", "affine and elastic warps / kornia"),
    ("overhead", "bare torch", "training the CNN / a bare loop of torch"),
    ("overhead", "deeplay's defaults", "training the CNN / deeplay's defaults"),
)


def notebooks(runs=1):
    measured = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        times = []
        for _ in range(runs):
            client = NotebookClient(nbformat.read(path, 4), resources={"metadata": {"path": str(path.parent)}})
            times.append(asdict(timed(client.execute)[1]))
            print(path.stem, times[-1], flush=True)
        measured[path.stem] = times
    return measured


def recipes():
    """Name what is trained: template, batch size, epochs, peak of the learning rate, optimizer, warps, features."""
    between = mt.uniform

    def affine(pixels):
        return mt.RandomAffine(
            scale=(between(0.9, 1.1), between(0.9, 1.1)),
            translate=(between(-pixels, pixels), between(-pixels, pixels)),
            rotate=between(-0.17, 0.17),
            shear=between(-0.1, 0.1),
        )

    adamw = partial(dl.AdamW, weight_decay=0.01, betas=(0.9, 0.99), fused=True)
    wide, perceptron = mt.models.cnn((24, 48, 96)), mt.models.mlp((1024, 1024), dropout=0)
    elastic = mt.RandomElastic(alpha=20, sigma=4)
    standardize = mt.Standardize()
    crop = mt.RandomCrop(24) >> standardize
    return {
        "CNN of notebook 05": (mt.models.cnn(), 256, 2, 1.5e-2, None, None, crop),
        "wider CNN, warped digits": (wide, 256, 5, 1e-2, None, affine(1) >> elastic, crop),
        "MLP, warped digits": (perceptron, 512, 16, 5e-3, adamw, affine(1.5), standardize),
    }


def trainings():
    """Train each recipe on all training digits; one look at the test digits for each trained network."""
    mnist = mt.load("full")
    return {name: [train(name, seed, mnist) for seed in (None, *SEEDS)][1:] for name in recipes()}


def train(name, seed, mnist):
    """Train once; without a seed only for some steps, to warm up."""
    template, batch_size, epochs, max_lr, optimizer, warps, features = recipes()[name]
    seed_everything(seed or 0, verbose=False)
    trainer = mt.trainer(max_epochs=epochs, progress=False, **({"limit_train_batches": 10} if seed is None else {}))
    if warps:  # not in the last epoch
        features = dt.Probability(warps, lambda: trainer.current_epoch < epochs - 1) >> features
    source = mt.digit_source(mnist.train, device="auto")
    dataset = mt.BatchDataset(dt.Value(source.image) >> features & dt.Value(source.label), source)
    loader = mt.batch_loader(dataset, batch_size=batch_size, shuffle=True)
    classifier = mt.classifier(template, max_lr=max_lr, optimizer=optimizer and optimizer())
    _, time = timed(partial(trainer.fit, classifier, loader))
    if seed is None:
        return None
    # One look: the digits as they are, and shifted by a pixel in each direction, which count half.
    shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    views = [
        mt.predict(classifier, mnist.test, mt.RandomAffine(translate=shift) >> mt.Standardize()) for shift in shifts
    ]
    logits = {"test_accuracy": views[0], "five_views": 2 * views[0] + sum(views[1:])}
    accuracies = {kind: float(np.mean(one.argmax(1) == mnist.test.labels)) for kind, one in logits.items()}
    run = {"seed": seed, **accuracies, **asdict(time)}
    print(name, run, flush=True)
    return run


def load(runs=20):
    """Time `mt.load`, with the data in the cache."""
    return [round(timed(lambda: mt.load("full"))[1].wall, 4) for _ in range(runs)]


def tables(measured):
    """Make the two tables of the README, by the names of their places."""
    rows = ["| notebook | minutes in class | seconds to run |", "|---|---|---|"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        first = nbformat.read(path, 4).cells[0].source
        title = first.splitlines()[0].removeprefix("# ")
        minutes = first.split("**Time** ")[1].split()[0]
        seconds = statistics.median(run["wall"] for run in measured["notebooks"][path.stem])
        rows.append(f"| [{title}](notebooks/{path.name}) | {minutes} | {seconds:.0f} |")
    facts = [
        "| trained on all 60,000 digits | seconds | test accuracy | each seed | five views |",
        "|---|---|---|---|---|",
    ]
    for name, runs in measured["trainings"].items():
        accuracies, views = ([100 * run[kind] for run in runs] for kind in ("test_accuracy", "five_views"))
        seconds = statistics.median(run["wall"] for run in runs)
        facts.append(
            f"| {name} | {seconds:.1f} | **{statistics.mean(accuracies):.2f} %** "
            f"| {', '.join(f'{one:.2f}' for one in accuracies)} | {statistics.mean(views):.2f} % |"
        )
    facts += ["", "Seconds are medians, accuracies means. Five views: each digit as it is, and shifted by a pixel."]
    facts += ["", "| in one run, side by side | times as fast |", "|---|---|"]
    for name, other, words in COMPARED:
        [row] = [row for row in measured[name]["rows"] if row["name"] == other]
        facts.append(f"| {words} | {row['times_as_fast']:.{0 if row['times_as_fast'] > 20 else 2}f} |")
    load = 1000 * statistics.median(measured["load"])
    facts += [
        "",
        f"A cached `load()`, 70,000 digits verified, takes {load:.0f} ms.",
        "",
        f"{line(measured['machine'])}.",
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


def results():
    """Read what was measured, with the comparisons that `benchmark` has written beside it."""
    compared = {name: json.loads(RESULTS.with_name(f"{name}.json").read_text()) for name, *_ in COMPARED}
    return json.loads(RESULTS.read_text()) | compared


if __name__ == "__main__":
    if "--tables" not in sys.argv:
        result = {"machine": machine(), "load": load(), "trainings": trainings(), "notebooks": notebooks()}
        RESULTS.write_text(json.dumps(result, indent=1) + "\n")
        picture()
    write_readme(results())
