import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from conftest import ROOT

from mnist_tutorial.benchmark import machine


@pytest.fixture(scope="module")
def description():
    return machine.machine()


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_it_names_processor_versions_and_commit(description):
    assert description["commit"] == git(ROOT, "rev-parse", "HEAD")
    assert description["versions"]["torch"] == torch.__version__.split("+")[0]
    assert description["processor"]
    assert json.loads(json.dumps(description)) == description


def test_it_records_the_settings_of_openmp(monkeypatch):
    for name in machine.OPENMP:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    assert machine.machine()["openmp"] == {"OMP_WAIT_POLICY": "PASSIVE"}


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    description = machine.machine()
    assert description["commit"] is None
    assert description["dirty"] is None
    assert "commit" not in machine.line(description)


@pytest.mark.parametrize(
    ("project", "folder", "ours"),
    [
        ("mnist-tutorial", ".", True),
        ("thesis", ".", False),  # a student copied the package into a project of their own
        ("mnist-tutorial", "env/site-packages", False),  # or our files into an environment there
    ],
)
def test_the_commit_is_that_of_our_own_repository(project, folder, ours, tmp_path, monkeypatch):
    root = tmp_path / folder
    (root / "mnist_tutorial").mkdir(parents=True)
    shutil.copy(ROOT / "mnist_tutorial/__init__.py", root / "mnist_tutorial")
    (root / "pyproject.toml").write_text(f'[project]\nname = "{project}"\n')
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        git(tmp_path, *command)
    monkeypatch.setattr(machine, "ROOT", root)
    description = machine.machine()
    assert description["commit"] == (git(tmp_path, "rev-parse", "HEAD") if ours else None)
    assert description["dirty"] is (False if ours else None)
    (root / "mnist_tutorial/__init__.py").write_text("# edited")
    assert machine.machine()["dirty"] is (True if ours else None)


def test_the_line_says_when_the_code_was_changed(description):
    description = description | {"commit": "0123456789abcdef", "dirty": True}
    assert machine.line(description).endswith("commit 0123456789 with changes")
    assert "torch " + torch.__version__.split("+")[0] in machine.line(description)


@pytest.mark.parametrize(
    "locale", ["C", "C.UTF-8"]
)  # Windows, too, has an encoding for texts that is not that of paths
def test_the_commit_is_found_in_a_folder_with_any_name(locale, tmp_path):
    clone = tmp_path / "Zoë Müller" / "학생"
    (clone / "mnist_tutorial").mkdir(parents=True)
    (clone / "mnist_tutorial/__init__.py").touch()
    (clone / "pyproject.toml").write_text('[project]\nname = "mnist-tutorial"\n', encoding="utf-8")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        git(clone, *command)
    program = (
        "import pathlib; from mnist_tutorial.benchmark import machine; "
        "machine.ROOT = pathlib.Path.cwd(); print(machine.machine()['commit'])"
    )
    environment = os.environ | {
        "LC_ALL": locale,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=clone, env=environment, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.decode().strip() == git(clone, "rev-parse", "HEAD")
