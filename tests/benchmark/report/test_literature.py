from urllib.parse import urlsplit

import pytest

from mnist_tutorial.benchmark.report.literature import published


def test_each_row_has_its_shape_and_is_there_once():
    rows = published()
    assert len({(row.model, row.augmentation, row.parameters, row.source) for row in rows}) == len(rows)
    for row in rows:
        assert row.family in {"linear", "MLP", "CNN", "other"}
        assert row.model == row.model.strip() != ""
        assert 80 < row.accuracy < 100
        assert (row.seconds is None) == (row.hardware == ""), row  # seconds mean nothing without the hardware
        assert row.source
        assert urlsplit(row.url).scheme in {"http", "https"}
    assert {row.accuracy for row in rows if row.note.startswith("best case")} == {99.79, 99.87, 99.91}


def test_anchors():
    errors = {(row.model, row.augmentation): 100 - row.accuracy for row in published()}
    assert errors["LeNet-5", "none"] == pytest.approx(0.95)
    assert errors["784-2500-2000-1500-1000-500-10", "elastic and affine"] == pytest.approx(0.35)
    assert errors["committee of 35 CNNs (MCDNN)", "elastic"] == pytest.approx(0.23)
    assert errors["ResNet-preact-20", "Cutout 8"] == pytest.approx(0.25)
