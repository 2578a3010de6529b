import pytest

import mnist_tutorial as mt


def test_one_class_catches_whatever_goes_wrong_with_the_data(tmp_path, monkeypatch):
    with pytest.raises(mt.MNISTError):
        mt.load("no such variant")
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "nothing"))
    with pytest.raises(mt.MNISTError):
        mt.load("full")
