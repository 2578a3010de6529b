import json

from conftest import ROOT

from mnist_tutorial.benchmark.result import unpack
from mnist_tutorial.benchmark.splits import true_labels


def test_the_accuracies_of_other_libraries_are_those_of_their_predictions():
    labels = true_labels("full", "test")
    for row in json.loads((ROOT / "results/peers.json").read_text(encoding="utf-8"))["rows"]:
        for run in row.get("runs", []):
            assert run["accuracy"] == (unpack(run["predictions"]) == labels).mean()
