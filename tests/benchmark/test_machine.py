import json
import shutil
import subprocess
import sys

import torch
from conftest import ROOT

from mnist_tutorial.benchmark import machine


def git(folder, *arguments):
    command = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_it_names_processor_versions_settings_and_commit(monkeypatch):
    for name in machine.OPENMP:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    description = machine.machine()
    assert description["openmp"] == {"OMP_WAIT_POLICY": "PASSIVE"}
    assert description["commit"] == git(ROOT, "rev-parse", "HEAD")
    assert description["versions"]["torch"] == torch.__version__.split("+")[0]
    assert description["processor"]
    assert json.loads(json.dumps(description)) == description
    line = machine.line(description | {"commit": "0123456789abcdef", "dirty": True})
    assert line.endswith("commit 0123456789 with changes")
    assert "torch " + torch.__version__.split("+")[0] in line


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    description = machine.machine()
    assert (description["commit"], description["dirty"]) == (None, None)
    assert "commit" not in machine.line(description)


def test_an_environment_in_somebody_elses_repository_has_no_commit(tmp_path):
    shutil.copytree(ROOT / "mnist_tutorial", tmp_path / "env/mnist_tutorial")
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        git(tmp_path, *command)
    script = "from mnist_tutorial.benchmark.machine import machine; m = machine(); print(m['commit'], m['dirty'])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "env", stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.split() == ["None", "None"]
