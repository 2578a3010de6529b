import os
import sys
from contextlib import suppress

import numpy as np
import pytest
import torch

from mnist_tutorial.benchmark.runs.state import SETTINGS, kept_settings

CHANGES = {
    "folder": lambda: os.chdir("/"),
    "variable": lambda: os.environ.update(A_VARIABLE_OF_A_RECIPE="1"),
    "no variables": os.environ.clear,
    "import path": lambda: sys.path.insert(0, "x"),
    "errors of NumPy": lambda: np.seterr(divide="raise"),
    "threads": lambda: torch.set_num_threads(3),
    "dtype": lambda: torch.set_default_dtype(torch.float64),
    "device": lambda: torch.set_default_device("meta"),
    "gradients": lambda: torch.set_grad_enabled(False),
    "determinism": lambda: torch.use_deterministic_algorithms(True),
    "precision": lambda: torch.set_float32_matmul_precision("medium"),
}


def settings():
    return [read() for read, _ in SETTINGS]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_setting_is_set_back_also_after_an_error(change):
    before = settings()
    with suppress(ZeroDivisionError), kept_settings():
        change()
        assert settings() != before
        raise ZeroDivisionError
    assert settings() == before
