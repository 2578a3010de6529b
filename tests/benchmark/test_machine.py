import json
import subprocess

import pytest
import torch
from conftest import ROOT

from mnist_tutorial.benchmark import machine


def test_it_names_processor_versions_and_commit():
    about = machine.machine()
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert about["commit"] == head.stdout.strip()
    assert about["versions"]["torch"] == torch.__version__.split("+")[0]
    assert about["processor"]
    assert json.loads(json.dumps(about)) == about


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    about = machine.machine()
    assert about["commit"] is None
    assert about["dirty"] is None
    assert "commit" not in machine.line(about)


def test_the_line_says_when_the_code_was_changed():
    about = machine.machine() | {"commit": "0123456789abcdef", "dirty": True}
    assert machine.line(about).endswith("commit 0123456789 with changes")
    assert "torch " + torch.__version__.split("+")[0] in machine.line(about)


@pytest.mark.parametrize(("changes", "dirty"), [("", False), (" M mnist_tutorial/warps.py", True)])
def test_code_that_is_not_committed_is_dirty(changes, dirty, monkeypatch):
    monkeypatch.setattr(machine, "_git", lambda command, *_: changes if command == "status" else "0123456789")
    assert machine.machine()["dirty"] is dirty
