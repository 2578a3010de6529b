import numpy as np
import torch
from torchvision.transforms import CenterCrop

import mnist_tutorial as mt
from mnist_tutorial.benchmark.speed import overhead


def test_all_routes_train_the_same_network_on_each_digit_once(sample, tmp_path):
    torch.manual_seed(0)
    parameters, accuracies = [], []
    for route in overhead.routes(sample.train, tmp_path):
        train, images = route.prepare()
        trained = train()
        assert images == 4000
        parameters.append([p.shape for p in trained.parameters()])
        accuracies.append(mt.evaluate(trained, sample.test))
    assert parameters[0] == parameters[1] == parameters[2]
    assert min(accuracies) > 0.5  # sixteen steps


def test_the_bare_loop_sees_what_ours_sees(sample, monkeypatch):
    forward = CenterCrop.forward
    seen = {}
    for name, make in (("bare", overhead.bare), ("ours", overhead.ours)):

        def look(layer, images, name=name):
            if len(images) == 256:
                seen.setdefault(name, images)
            return forward(layer, images)

        train, _ = make(sample.train.take(512, seed=0))
        monkeypatch.setattr(CenterCrop, "forward", look)
        train()
    bare, ours = (seen[name].float() for name in ("bare", "ours"))
    assert bare.shape == ours.shape == (256, 1, 24, 24)
    assert np.isclose(bare.min(), ours.min())
    assert np.isclose(bare.max(), ours.max())
