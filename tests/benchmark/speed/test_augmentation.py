import numpy as np
import pytest
import torch
from lightning import seed_everything

from mnist_tutorial.benchmark.speed import augmentation

ROUTES = [
    augmentation.official,
    augmentation.official_from_memory,
    augmentation.torchvision_v2,
    augmentation.kornia_batched,
    augmentation.ours,
]
N = 120
AFFINE_ONLY = {"ALPHA": (0.0, 0.0)}
ELASTIC_ONLY = {"SCALE": (1.0, 1.0), "SHIFT": 0.0, "ANGLE": 0.0}


@pytest.fixture
def warped(sample, tmp_path):
    """N times the same digit, as a route warps it; on the scale from 0 to 1."""
    one = {name: np.repeat(array[:1], N, axis=0) for name, array in vars(sample.train).items()}
    split = type(sample.train)(**one | {"index": np.arange(N)})

    def warp(route):
        epoch, images = route(split, tmp_path / route.__name__)
        batches = torch.cat([batch for batch, _ in epoch()])
        assert batches.shape == (N, 1, 28, 28)
        assert images == N
        batches = batches[:, 0].double()
        assert len(torch.unique(batches.flatten(1), dim=0)) > N - 5  # each has a draw of its own
        return (batches - batches.amin()) / (batches.amax() - batches.amin())

    return warp


@pytest.mark.parametrize("changed", [AFFINE_ONLY, ELASTIC_ONLY], ids=["affine", "elastic"])
def test_all_routes_warp_by_the_same_parameters(changed, warped, monkeypatch):
    """Centres of mass are spread alike: by shift, scale and angles, or in proportion to alpha."""
    for name, value in changed.items():
        monkeypatch.setattr(augmentation, name, value)
    seed_everything(0, verbose=False)
    places = torch.stack(torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")).double()
    spread, ink = [], []
    for route in ROUTES:
        images = warped(route)
        mass = images.sum((1, 2))
        centres = (images[:, None] * places).sum((2, 3)) / mass[:, None]
        spread.append(centres.std(dim=0).mean().item())
        ink.append(mass.mean().item())
    np.testing.assert_allclose(spread, spread[0], rtol=0.4)  # N draws, and some fix alpha and sigma
    np.testing.assert_allclose(ink, ink[0], rtol=0.03)


@pytest.mark.parametrize("route", ROUTES)
def test_the_next_epoch_has_other_variants(route, sample, tmp_path):
    epoch, _ = route(sample.train.take(20, seed=0), tmp_path)
    first, second = (torch.cat([batch for batch, _ in epoch()]).sum(dim=(1, 2, 3)).sort().values for _ in range(2))
    assert not torch.allclose(first, second)


def test_the_floor_does_one_resampling_of_each_image(sample, tmp_path):
    epoch, images = augmentation.grid_sample(sample.train, tmp_path)
    batches = [batch for batch, _ in epoch()]
    assert sum(map(len, batches)) == images == len(sample.train)
    assert torch.cat(batches).std() > 0


def test_the_routes_run(sample, tmp_path):
    for route in augmentation.routes(sample.train.take(20, seed=0), tmp_path):
        action, images = route.prepare()
        action()
        assert images == 20
