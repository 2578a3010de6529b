import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from mnist_tutorial.benchmark import code
from mnist_tutorial.benchmark.recipe import load_recipe

MODULE = "benchmark/code.py"


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, which can be edited, and its module `code`."""
    shutil.copytree(ROOT / "mnist_tutorial", tmp_path / "mnist_tutorial", ignore=shutil.ignore_patterns("__pycache__"))
    spec = importlib.util.spec_from_file_location("copied", tmp_path / "mnist_tutorial" / MODULE)
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    return tmp_path / "mnist_tutorial", copied


def test_a_result_is_stale_once_code_has_changed_that_decides_its_predictions(copy):
    folder, copied = copy
    known = load_recipe("cnn").code()
    assert copied.changed(known) == []
    for name, old, new, stale in (
        ("training/models.py", "kernel_size=5", "kernel_size=7", True),  # the network
        ("training/classifiers.py", "betas=(0.8, 0.95)", "betas=(0.9, 0.95)", True),  # the optimizer
        ("pipeline/transforms.py", "std: float = 0.3081", "std: float = 0.3082", True),  # a feature
        ("benchmark/recipes/networks.py", "fit(run, models.cnn(), ", "fit(run, models.cnn((8, 8, 8)), ", True),
        ("benchmark/recipes/train.py", "2 * first", "3 * first", True),  # the views
        ("training/models.py", "# (B, 1, 24, 24)", "# a batch", False),  # a comment
        ("training/models.py", "small convolutional network", "convolutional network", False),  # a docstring
        ("benchmark/recipes/networks.py", "epochs=16", "epochs=17", False),  # another recipe
        ("course/lesson.py", "import ", "import os\nimport ", False),  # nothing that trains
    ):
        before = (folder / name).read_text(encoding="utf-8")
        assert old in before
        (folder / name).write_text(before.replace(old, new, 1), encoding="utf-8")
        module = f"mnist_tutorial.{name.removesuffix('.py').replace('/', '.')}"
        assert [changed.partition(":")[0] for changed in copied.changed(known)] == [module] * stale, (name, new)
        (folder / name).write_text(before, encoding="utf-8")
    (folder / "training/models.py").unlink()
    assert copied.changed(known) == ["mnist_tutorial.training.models"]


def test_the_digest_is_the_same_in_each_version_of_python(copy):
    """With every Python that is installed here."""
    code = f"import runpy; code = runpy.run_path({str(copy[0] / MODULE)!r})\n"
    script = f"{code}print(code['code_now']('cnn', '', 'mnist_tutorial.benchmark.recipes.networks'))"
    pythons = {sys.executable, *filter(None, (shutil.which(f"python3.{minor}") for minor in range(11, 16)))}
    pythons |= set(map(str, Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python")))
    done = [subprocess.run([python, "-c", script], capture_output=True) for python in sorted(pythons)]
    assert len({run.stdout for run in done if run.returncode == 0}) == 1


def test_a_recipe_of_ones_own_counts_with_the_modules_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    helper = tmp_path / "beside_my_recipe.py"
    helper.write_text("WIDTH = 3\n")
    importlib.import_module("beside_my_recipe")
    known = code.code_now("mine", "def mine(run): ...", None)
    assert not code.changed(known, "def mine(run): ...  # as before")
    assert code.changed(known, "def mine(run): return 1") == [f"{code.RECIPE}:mine"]
    helper.write_text("WIDTH = 4 + 1\n")
    assert code.changed(known) == ["beside_my_recipe"]
    del sys.modules["beside_my_recipe"]
