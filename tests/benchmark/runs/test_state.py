import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

import mnist_tutorial.pipeline.transforms as transforms
from mnist_tutorial.benchmark.runs.state import State


def with_another(set_value, value, before):
    set_value(value)
    yield
    set_value(before)


def with_a_program():
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield
    program.communicate()


def with_a_thread():
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()


def replaced(thing, name, value):
    before = vars(thing)[name]
    setattr(thing, name, value)
    yield
    setattr(thing, name, before)


def with_a_variable():
    os.environ["MNIST_TUTORIAL_DATA_OF_A_TEST"] = "1"
    yield
    del os.environ["MNIST_TUTORIAL_DATA_OF_A_TEST"]


# What a recipe may change, each undone in the end.
CHANGES = {
    "dtype": lambda: with_another(torch.set_default_dtype, torch.float64, torch.float32),
    "threads of torch": lambda: with_another(torch.set_num_threads, 3, torch.get_num_threads()),
    "device": lambda: with_another(torch.set_default_device, "meta", "cpu"),
    "gradients": lambda: with_another(torch.set_grad_enabled, False, True),
    "determinism": lambda: with_another(torch.use_deterministic_algorithms, True, False),
    "errors of NumPy": lambda: with_another(lambda value: np.seterr(divide=value), "raise", np.geterr()["divide"]),
    "folder": lambda: with_another(os.chdir, "/", os.getcwd()),
    "environment": with_a_variable,
    "import path": lambda: with_another(
        lambda path: sys.path.__setitem__(slice(None), path), ["x", *sys.path], list(sys.path)
    ),
    "a class of ours": lambda: replaced(transforms, "Standardize", int),
    "a method of ours": lambda: replaced(transforms.Standardize, "get", print),
    "a program": with_a_program,
    "a thread": with_a_thread,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen(change):
    before = State()
    assert before.is_current()
    for _ in change():
        assert not before.is_current()
    assert before.is_current()
