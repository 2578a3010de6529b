"""The comparisons of tools/speed.py: all routes do the same work, and the README's table comes from what is written."""

import json
import sys

import numpy as np
import pytest
import torch
from conftest import ROOT
from lightning import seed_everything
from scipy.spatial.distance import cdist
from torchvision.transforms import CenterCrop

import mnist_tutorial as mt

sys.path.insert(0, str(ROOT / "tools"))
import readme
import speed


def epoch(route):
    """Join the batches of an epoch to images (N, H, W) and labels."""
    images, labels = (torch.cat(parts) for parts in zip(*route[0](), strict=True))
    assert len(images) == len(labels) == route[1]
    return images[:, 0].double().numpy(), labels.flatten().numpy()


def copies(split, n):
    """Take the first digit n times."""
    return type(split)(split.images[[0] * n], split.labels[[0] * n], np.arange(n))


def test_each_route_loads_each_digit_once_with_its_label_shuffled(sample, tmp_path):
    split = sample.train.take(300, seed=0)
    for name, route in speed.loading(split, tmp_path).items():
        expected = mt.Standardize()(split.images)
        if name == speed.OFFICIAL:  # which stretches each image from 0 to 1
            expected = split.images / split.images.max((1, 2), keepdims=True)
        images, labels = epoch(route)
        order = cdist(images.reshape(300, -1), expected.reshape(300, -1)).argmin(1)
        assert sorted(order) == list(range(300)) != list(order)
        np.testing.assert_allclose(images, expected[order], atol=1e-5)
        np.testing.assert_array_equal(labels, split.labels[order])


@pytest.mark.parametrize("fixed", [{"alpha": (0, 0)}, {"scale": (1, 1), "shift": (0, 0), "angle": (0, 0)}], ids=str)
def test_all_routes_warp_by_the_same_parameters(fixed, sample, tmp_path, monkeypatch):
    for name, limits in fixed.items():
        monkeypatch.setitem(speed.WARP, name, limits)
    seed_everything(0, verbose=False)
    routes, spread, ink = speed.augmentation(copies(sample.train, 120), tmp_path), [], []
    assert epoch(routes.pop("grid_sample alone"))[0].std() > 0
    for route in routes.values():
        images, _ = epoch(route)
        assert len(np.unique(images, axis=0)) > 115  # each has a draw of its own, and so has the next epoch
        assert not np.isin(images.sum((1, 2)), epoch(route)[0].sum((1, 2))).all()
        images = (images - images.min()) / np.ptp(images)
        mass = images.sum((1, 2))
        rows, columns = (images.sum(axis) @ np.arange(28) / mass for axis in (2, 1))
        spread.append((rows.std() + columns.std()) / 2)
        ink.append(mass.mean())
    np.testing.assert_allclose(spread, spread[0], rtol=0.4)  # 120 draws, and some fix alpha and sigma
    np.testing.assert_allclose(ink, ink[0], rtol=0.03)


def test_the_microscopes_image_the_same_digits_at_the_same_brightness(sample, tmp_path):
    np.random.seed(0)
    routes = speed.optics(copies(sample.train, 48), tmp_path)
    deeptrack, ours = (epoch(routes[name])[0] for name in ("DeepTrack, DataLoader", speed.OURS))
    for images in (deeptrack, ours):
        assert np.unique(images, axis=0).shape == (48, 64, 64)
    np.testing.assert_allclose(ours.sum(), deeptrack.sum(), rtol=0.03)


def test_all_trainings_see_the_same_and_learn(sample, tmp_path):
    torch.manual_seed(0)
    seen = set()

    def look(module, inputs):
        if isinstance(module, CenterCrop) and len(inputs[0]) == 256:
            seen.add((inputs[0].shape, *(round(limit.item(), 3) for limit in inputs[0].float().aminmax())))

    with torch.nn.modules.module.register_module_forward_pre_hook(look):
        networks = [next(start()) for start, _, _ in speed.overhead(sample.train, tmp_path).values()]
    assert len(seen) == len({str([p.shape for p in network.parameters()]) for network in networks}) == 1
    assert min(mt.evaluate(network, sample.test) for network in networks) > 0.5  # after sixteen steps


def test_the_readme_reads_what_is_written(sample, tmp_path):
    rows = speed.measure(speed.loading(sample.train.take(100, seed=0), tmp_path), 1, seconds=0.01, busy=True)
    speed.write(speed.collect("loading", rows, 1, "sample"), tmp_path)
    written = json.loads((tmp_path / "loading.json").read_text(encoding="utf-8"))
    table = readme.tables(readme.measured() | {"loading": written}, readme.benchmark())["measured"]
    ratio = written["rows"][0]["times_as_fast"]
    assert f"| loading an epoch / DeepTrack's own tutorial | {ratio:.{0 if ratio > 20 else 2}f} |" in table
    assert (tmp_path / "loading.png").read_bytes().startswith(b"\x89PNG")
