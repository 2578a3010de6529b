import numpy as np
import torch

from mnist_tutorial.benchmark.speed import optics


def test_the_routes_image_the_same_digits_at_the_same_brightness(sample, tmp_path):
    np.random.seed(0)
    one = {name: np.repeat(array[:1], 48, axis=0) for name, array in vars(sample.train).items()}
    split = type(sample.train)(**one | {"index": np.arange(48)})
    light = []
    for make in (optics.deeptrack_loader, optics.ours):
        epoch, images = make(split, tmp_path)
        batches = torch.cat([batch for batch, _ in epoch()])
        assert batches.shape == (48, 1, 64, 64)
        assert images == 48
        assert len(torch.unique(batches.flatten(1), dim=0)) == 48
        light.append(batches.sum(dim=(1, 2, 3)).mean().item())
    deeptrack, ours = light
    np.testing.assert_allclose(ours, deeptrack, rtol=0.03)


def test_the_routes_run(sample, tmp_path):
    for route in optics.routes(sample.train.take(20, seed=0), tmp_path):
        action, images = route.prepare()
        action()
        assert images >= 20
