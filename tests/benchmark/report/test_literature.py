from urllib.parse import urlsplit

import pytest

from mnist_tutorial.benchmark.report.literature import FAMILIES, published


def test_each_row_has_its_shape_and_is_there_once():
    rows = published()
    assert len({(row.model, row.augmentation, row.parameters, row.source) for row in rows}) == len(rows)
    for row in rows:
        assert row.family in FAMILIES
        assert row.model == row.model.strip() != ""
        assert 80 < row.accuracy < 100
        assert (row.seconds is None) == (row.hardware == ""), row  # seconds mean nothing without the hardware
        assert row.source
        assert urlsplit(row.url).scheme in {"http", "https"}


@pytest.mark.parametrize(
    ("model", "augmentation", "error"),
    [
        ("LeNet-5", "none", 0.95),
        ("784-2500-2000-1500-1000-500-10", "elastic and affine", 0.35),
        ("committee of 35 CNNs (MCDNN)", "elastic", 0.23),
        ("ResNet-preact-20", "Cutout 8", 0.25),
    ],
)
def test_anchors(model, augmentation, error):
    [row] = [row for row in published() if (row.model, row.augmentation) == (model, augmentation)]
    assert 100 - row.accuracy == pytest.approx(error)


def test_figures_chosen_on_the_test_set_are_marked():
    assert {row.accuracy for row in published() if row.best_case} == {99.79, 99.87, 99.91}
