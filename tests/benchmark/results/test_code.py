import importlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, made_result

from mnist_tutorial.benchmark.results import code
from mnist_tutorial.benchmark.results.versions import by_version
from mnist_tutorial.benchmark.runs import Task, load_recipe, run_locally


@pytest.fixture(scope="module")
def result():
    """Train `cnn` on the sample, in a process of its own."""
    [(_, result, error)] = run_locally([Task(load_recipe("cnn"), 0, "validation", "sample")])
    assert error is None
    return result


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Let the present code be a copy, which can be edited."""
    place = tmp_path / "mnist_tutorial"
    shutil.copytree(ROOT / "mnist_tutorial", place, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "ROOT", place)
    return place


# What is edited, and whether a result of `cnn` is stale afterwards.
EDITS = [
    ("training/models.py", "kernel_size=5", "kernel_size=7", True),  # the network
    ("training/classifiers.py", "betas=(0.8, 0.95)", "betas=(0.9, 0.95)", True),  # the optimizer
    ("pipeline/transforms.py", "std: float = 0.3081", "std: float = 0.3082", True),  # a feature
    ("benchmark/runs/execution.py", "WARM_UP = 1_024", "WARM_UP = 2_048", True),  # the harness
    ("benchmark/recipes/networks.py", "fit(run, models.cnn(), ", "fit(run, models.cnn((8, 8, 8)), ", True),
    ("benchmark/recipes/train.py", "2 * first", "3 * first", True),  # the views
    ("training/models.py", "# (B, 1, 24, 24)", "# a batch", False),  # a comment
    ("training/models.py", "small convolutional network", "convolutional network", False),  # a docstring
    ("training/models.py", "first, second, third = channels", "(first, second, third) = channels  ", False),  # a format
    ("benchmark/recipes/networks.py", "epochs=16", "epochs=17", False),  # another recipe
    ("course/lesson.py", "import ", "import os\nimport ", False),  # a module that did not run
]


@pytest.mark.full
@pytest.mark.parametrize(("name", "old", "new", "stale"), EDITS, ids=[f"{edit[0]}: {edit[2]}" for edit in EDITS])
def test_a_result_is_stale_once_code_that_ran_has_changed(result, copy, name, old, new, stale):
    assert result.changes == []
    path = copy / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    module = f"mnist_tutorial.{name.removesuffix('.py').replace('/', '.')}"
    assert [changed.partition(":")[0] for changed in result.changes] == [module] * stale


@pytest.mark.full
def test_a_module_that_is_gone_makes_a_result_stale(result, copy):
    (copy / "training/models.py").unlink()
    assert result.changes == ["mnist_tutorial.training.models"]


@pytest.mark.full
def test_only_what_ran_counts(result):
    modules = {name.removeprefix("mnist_tutorial.") for name in result.code}
    assert {"training.models", "pipeline.transforms", "runs.execution", "recipes.networks:cnn"} <= {
        name.removeprefix("benchmark.") for name in modules
    }
    assert not any(name.startswith(("cli", "course", "benchmark.report", "benchmark.compare")) for name in modules)


def test_the_digest_is_the_same_in_each_version_of_python(tmp_path):
    """With every Python that is installed here."""
    script = (
        "import importlib.util, pathlib, sys\n"
        "spec = importlib.util.spec_from_file_location('code_', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "for path in sorted(pathlib.Path(sys.argv[2]).rglob('*.py')):\n"
        "    print(path.name, module.digest(path.read_text(encoding='utf-8')))\n"
    )
    pythons = {sys.executable, *filter(None, (shutil.which(f"python3.{minor}") for minor in range(11, 16)))}
    pythons |= set(map(str, Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python")))
    outputs = [
        subprocess.run([python, "-c", script, code.__file__, ROOT / "mnist_tutorial"], capture_output=True, check=False)
        for python in sorted(pythons)
    ]
    assert len({done.stdout for done in outputs if done.returncode == 0}) == 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("x = 1", "x = 2"),
        ("x = 1", "x = True"),
        ("x = 1", "x = 1.0"),
        ("x = ['', 1]", "x = [1]"),
        ("x = None", "x = ..."),
        ("f'{a}'", "f'{a!r}'"),
        ("def f(run): return 1", "def f(run): return 2"),
        ("def g(run): return 1\ndef f(run): return g(run)", "def g(run): return 2\ndef f(run): return g(run)"),
        ("def g(run): return 1\nh = g\ndef f(run): return h", "def g(run): return 2\nh = g\ndef f(run): return h"),
    ],
)
def test_what_does_something_else_has_another_digest(a, b):
    assert code.digest(a, "f") != code.digest(b, "f")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("x = 1  # one", "x=(1)\n"),
        ('def f():\n    "One."\n    return 1', 'def f():\n    "Two."\n\n    return 1'),
        ("class A:\n    'One.'\n    x = 1", "class A:\n    x = 1"),
        ("def g(run): return 1\ndef f(run): return 1", "def g(run): return 2\ndef f(run): return 1"),
    ],
)
def test_what_does_the_same_has_the_same_digest(a, b):
    assert code.digest(a, "f") == code.digest(b, "f")


def test_a_module_beside_the_recipe_counts(tmp_path, monkeypatch):
    helper = tmp_path / "beside_my_recipe.py"
    helper.write_text("WIDTH = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("beside_my_recipe")
    code_then = code.code_now("mine", "def mine(run): ...", None)
    assert "beside_my_recipe" in code_then
    assert not code.changed(code_then, "def mine(run): ...")
    assert code.changed(code_then, "def mine(run): return 1") == [f"{code.RECIPE}:mine"]
    helper.write_text("WIDTH = 4 + 1\n")
    assert code.changed(code_then) == ["beside_my_recipe"]
    del sys.modules["beside_my_recipe"]


def test_results_are_grouped_by_the_code_that_gives_them():
    one, two, three = ({"mnist_tutorial.errors": digit * 16} for digit in "123")
    a, b, c = (made_result(seed=seed, code=known) for seed, known in enumerate((one, two, three)))
    assert by_version([a, b, c]) == [[a], [b], [c]]
    joined = replace(a, reproductions=[{"code": three, "date": "2026-12-01", "commit": None}])
    assert by_version([joined, b, c]) == [[b], [joined, c]]
    old = [replace(result, code={}) for result in (a, b)]
    assert by_version([*old, c]) == [old, [c]]
    assert len(by_version([replace(old[0], source_sha256="0" * 64), old[1]])) == 2
