"""Other libraries beside ours: what they get, what is kept of a run, and what happens where one cannot be measured."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

import mnist_tutorial as mt
from mnist_tutorial.benchmark.results.predictions import unpack
from mnist_tutorial.benchmark.results.splits import true_labels

sys.path.insert(0, str(ROOT / "tools"))
import peers
import readme

PEER = peers.Peer("none", "None", "https://a.b", ("none==1",), "nothing")  # tools/peer.py knows no such peer


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    peers.write_digits(mt.load("sample"), folder)
    return folder


def record(*rows):
    return {"machine": readme.measured()["machine"], "rows": list(rows)}


def row(name, seconds, contended=False, **more):
    runs = [{"accuracy": 0.99, "seconds": seconds, "contended": contended}]
    return {"name": name, "title": name, "packages": ["torch==2"], "versions": {"torch": "2"}, "runs": runs} | more


def test_a_peer_gets_all_training_digits_but_no_label_of_a_test_digit(digits):
    mnist, arrays = mt.load("sample"), np.load(digits / "digits.npz")
    assert set(arrays) == {"train_images", "train_labels", "test_images"}
    assert (arrays["train_images"] == mnist.train.images).all()
    assert (arrays["test_images"] == mnist.test.images).all()
    assert {path.parent.parent.name for path in digits.rglob("*.png")} == {"train"}
    assert len(list(digits.rglob("*.png"))) == len(mnist.train)


def test_a_peer_that_cannot_be_installed_is_listed_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(peers, "ENVIRONMENTS", tmp_path)
    peer = replace(PEER, packages=(str(tmp_path / "missing-1-py3-none-any.whl"),))
    rows = peers.measure(mt.load("sample"), 1, tmp_path / "digits", recipes=(), peers=[peer])
    assert "missing-1-py3-none-any.whl" in rows[0]["failure"]
    assert "missing-1-py3-none-any.whl" in readme.peers(record(row("cnn", 10), *rows))


def test_a_peer_that_fails_says_why(digits):
    with pytest.raises(peers.PeerError, match="none"):
        peers.run_peer(PEER, sys.executable, digits, [], 0)


def test_a_peer_that_takes_too_long_is_ended(digits):
    with pytest.raises(peers.PeerError, match=r"after 0\.01 s"):
        peers.run_peer(PEER, sys.executable, digits, [], 0, limit=0.01)


def test_a_run_that_others_slowed_down_is_repeated():
    runs = [{"contended": True}, {"contended": False}, {"contended": False}]
    assert peers.try_again(lambda seed: (runs.pop(0), {}), 0) == ({"contended": False, "tries": 2}, {})
    assert len(runs) == 1


@pytest.mark.full
def test_a_recipe_of_ours_is_kept_like_a_peer(tmp_path):
    run, versions = peers.run_recipe("linear", tmp_path, 0)
    assert run["accuracy"] == (unpack(run["predictions"]) == true_labels("full", "test")).mean() > 0.9
    assert run["seconds"] > 0
    assert "torch" in versions


def test_the_table_divides_by_the_time_of_cnn_and_marks_what_others_slowed_down():
    table = readme.peers(record(row("cnn", 10), row("peer", 25, contended=True, source="https://a.b", differs="much")))
    assert "| peer | 99.00 | 1 | 25.0 † | 2.50 | torch 2 |" in table
    assert "[peer](https://a.b): much" in table
    assert "make peers" in readme.peers(None)


def test_the_kept_accuracies_are_those_of_the_kept_predictions():
    path = ROOT / "results/peers.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    for run in (run for row in rows for run in row.get("runs", [])):
        assert run["accuracy"] == (unpack(run["predictions"]) == true_labels("full", "test")).mean()
