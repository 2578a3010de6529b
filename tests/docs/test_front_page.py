"""The network and the preparation of the front page, in a real browser, against torch and the package."""

import json
import shutil
import sys

import numpy as np
import pytest
import torch
from browser import browser, served
from conftest import ROOT
from torch import nn

import mnist_tutorial as mt
from mnist_tutorial.course.strokes import PEN, THIN, picture
from mnist_tutorial.data.handwriting import prepare

sys.path.insert(0, str(ROOT / "docs"))
import exported
from assemble import WEIGHTS
from reading import SiteError

TWENTY = json.loads((ROOT / "mnist_tutorial/course/twenty.json").read_text())["digits"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page that has imported the modules of the front page."""
    folder = tmp_path_factory.mktemp("front")
    shutil.copytree(ROOT / "docs/static", folder, dirs_exist_ok=True)
    for name in ("canvas.js", "canvas.css"):
        shutil.copy(ROOT / "mnist_tutorial/course" / name, folder)
    exported.export(WEIGHTS, folder / "weights.js")
    (folder / "index.html").write_text("<!doctype html><title>front</title><div id=draw>Nothing yet</div>")
    with served(folder) as address, browser() as chromium:
        page = chromium.new_page()
        page.goto(address)
        page.evaluate(
            """async () => {
                const [net, weights, preparation] = await Promise.all(
                    ["./network.js", "./weights.js", "./preparation.js"].map((name) => import(name)));
                window.read = (pixels) => net.probabilities(weights.default, pixels);
                window.pens = preparation.PENS;
                window.prepare = (strokes, centre) => Array.from(preparation.prepare(strokes, centre));
            }"""
        )
        yield page


def probabilities(split):
    return torch.from_numpy(mt.predict(exported.restore(WEIGHTS), split)).double().softmax(1).numpy()


@pytest.mark.full
def test_the_probabilities_are_those_of_torch(page, mnist):
    digits = mnist.test.take(200, seed=0)
    ours = page.evaluate("digits => digits.map(read)", digits.images.reshape(200, -1).tolist())
    np.testing.assert_allclose(ours, probabilities(digits), atol=1e-4)


@pytest.mark.full
def test_strokes_become_the_image_that_the_package_makes_and_are_read_as_it_reads_them(page):
    strokes = [digit["strokes"] for digit in TWENTY]
    reads = page.evaluate("all => all.map((one) => read(prepare(one, true)))", strokes)
    images, labels = np.stack([prepare(picture(lines)) for lines in strokes]), np.zeros(len(strokes), int)
    assert np.array_equal(np.argmax(reads, 1), probabilities(mt.Split(images, labels, labels)).argmax(1))
    thin = [[{"width": THIN, "points": points} for points in lines] for lines in strokes[:5]]
    dot, nothing = [[[0.5, 0.5]]], []
    assert page.evaluate("pens") == [THIN, PEN]
    for centre in (True, False):
        # Lines have smooth edges in both, not the very same ones; of a thin line, they are a larger part.
        for lines, largest in ((strokes, 30), (thin, 40), ([dot, nothing], 30)):
            ours = page.evaluate("([all, centre]) => all.map((one) => prepare(one, centre))", [lines, centre])
            difference = np.abs(ours - np.array([prepare(picture(one), centre).ravel() for one in lines], int))
            assert difference.mean() < 1
            assert difference.max() < largest


def test_missing_weights_and_layers_that_javascript_lacks_are_named(tmp_path):
    (tmp_path / "cut.safetensors").write_bytes(WEIGHTS.read_bytes()[:-100])
    for name in ("none", "cut"):
        with pytest.raises(SiteError, match=f"{name}.safetensors: no weights of cnn-tiny"):
            exported.restore(tmp_path / f"{name}.safetensors")
    with pytest.raises(SiteError, match="no layer for Tanh"):
        exported.layers(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Tanh()))
    with pytest.raises(SiteError, match="no layer for Conv2d"):
        exported.layers(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2)))
