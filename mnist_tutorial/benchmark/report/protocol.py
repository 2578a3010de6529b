"""The protocol: how runs are made, and what their numbers mean."""

from importlib.resources import files

from mnist_tutorial.benchmark.clock import CONTENDED
from mnist_tutorial.benchmark.results.probabilities import TEMPERATURES
from mnist_tutorial.benchmark.results.splits import true_labels
from mnist_tutorial.data.reference import COUNTS, listing
from mnist_tutorial.stats import wilson_interval


def protocol() -> list[tuple[str, str]]:
    """Read ``protocol.txt``, with the numbers of the package filled in: pairs of a term and its meaning."""
    test, held_out = (len(true_labels("full", split)) for split in ("test", "validation"))
    low, high = wilson_interval(round(0.995 * test), test)
    numbers = {
        "train": COUNTS["train"],
        "rest": COUNTS["train"] - held_out,
        "held_out": held_out,
        "test": test,
        "sample_train": len(listing("sample", "train").labels),
        "sample_test": len(listing("sample", "test").labels),
        "contended": 100 * CONTENDED,
        "half": 50 * (high - low),
        "temperatures": len(TEMPERATURES),
    }
    text = (files(__package__) / "protocol.txt").read_text(encoding="utf-8").format(**numbers)
    return [tuple(paragraph.split(": ", 1)) for paragraph in text.strip().split("\n\n")]
