"""The doctor, on machines on which something is wrong."""

import io
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version

import pytest

from mnist_tutorial.data.cache import cache_file
from mnist_tutorial.setup import doctor

CHECKS = doctor.checks()


def run(*arguments, **environment):
    command = [sys.executable, "-m", "mnist_tutorial", "doctor", *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, encoding="utf-8", errors="replace", timeout=300
    )


# It takes long, as the doctor starts a kernel and trains, but this is what a newcomer runs first.
def test_here_all_is_well_and_each_check_has_its_line(mnist):
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line[8:].split("  ")[0].strip() for line in lines] == list(CHECKS)
    assert {line[:8].strip() for line in lines} <= {"ok", "warning"}


@pytest.mark.full
def test_a_problem_is_told_in_json_and_by_the_exit_code_and_nobody_is_named(tmp_path, mnist):
    (tmp_path / "cache").mkdir()
    cache_file(tmp_path / "cache").write_bytes(b"\0" * 1000)
    done = run("--json", MNIST_TUTORIAL_CACHE=str(tmp_path / "cache"), HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    report = json.loads(done.stdout)
    assert (done.returncode, report["problems"]) == (1, ["cache"])
    assert report["version"] == version("mnist-tutorial")
    assert report["machine"].startswith(platform.system())
    assert [check["name"] for check in report["checks"]] == list(CHECKS)
    [cache] = [check for check in report["checks"] if check["name"] == "cache"]
    assert cache["status"] == "problem"
    assert "mnist_tutorial fetch" in cache["advice"]
    assert "~" in cache["found"]
    assert str(tmp_path) not in done.stdout


def test_an_empty_cache_is_a_warning_and_without_a_mirror_a_problem(empty_cache, no_network):
    assert CHECKS["cache"]().status == "warning"
    finding = CHECKS["mirrors"]()
    assert finding.status == "problem"
    assert "MNIST_TUTORIAL_DATA" in finding.advice


def test_with_a_full_cache_no_mirror_is_needed(mnist, no_network):
    assert CHECKS["mirrors"]().status == "warning"


def test_data_that_were_handed_out_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "mnist.zip"))
    finding = CHECKS["cache"]()
    assert finding.status == "problem"
    assert "mnist.zip" in finding.found


ELSEWHERE = "import sys; sys.prefix = '/elsewhere'; from ipykernel.kernelapp import launch_new_instance as go; go()"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["/other/bin/python", "-m", "ipykernel_launcher"], ["/other/bin/python", "{folder}", sys.executable]),
        ([sys.executable, "-c", ELSEWHERE], ["/elsewhere"]),
        ([sys.executable, "-c", "raise SystemExit(3)"], []),
    ],
    ids=["of another environment", "not where its command says", "does not start"],
)
def test_a_kernel_that_cannot_run_the_notebooks_is_found(argv, words, tmp_path, monkeypatch):
    folder = tmp_path / "jupyter/kernels/python3"
    folder.mkdir(parents=True)
    spec = {"argv": [*argv, "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    finding = CHECKS["kernel"]()
    assert finding.status == "problem"
    for word in words:
        assert word.format(folder=folder) in finding.found + finding.advice


def test_a_folder_that_is_full_or_closed_is_found(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path / "file"))
    finding = CHECKS["disk"]()
    assert finding.status == "problem"
    assert str(tmp_path / "file") in finding.found


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_small_disk_is_found(tmp_path, monkeypatch):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], check=False).returncode:
        pytest.skip("this machine allows no mounts")
    try:
        monkeypatch.setenv("MNIST_TUTORIAL_CACHE", str(tmp_path))
        assert CHECKS["disk"]().status == "problem"
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize(("encoding", "status"), [("utf-8", "ok"), ("cp1252", "warning"), ("ascii", "warning")])
def test_a_console_that_cannot_show_our_signs_is_found(encoding, status, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert CHECKS["console"]().status == status


def test_a_missing_package_and_one_of_another_release_are_named(tmp_path, monkeypatch):
    other = tmp_path / "tqdm-0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: tqdm\nVersion: 0.1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    finding = CHECKS["releases"]()
    assert finding.status == "problem"
    assert "tqdm is 0.1" in finding.found


def test_a_torch_that_cannot_be_imported_is_found_and_the_console_of_old_is_no_problem(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/__init__.py").write_text("raise OSError('c10.dll is missing')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run(PYTHONPATH=path, PYTHONIOENCODING="cp1252")
    status = {
        name: line.split()[0] for name in CHECKS for line in done.stdout.splitlines() if line[8:].startswith(name)
    }
    assert done.returncode == 1
    assert list(status) == list(CHECKS)
    assert (status["torch"], status["console"], status["kernel"]) == ("problem", "warning", "ok")
    assert "c10.dll is missing" in done.stdout


def test_without_the_lab_extra_there_is_a_line_that_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "jupyterlab.py").write_text("raise ModuleNotFoundError(\"No module named 'jupyterlab'\")")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "jupyterlab", raising=False)
    finding = CHECKS["kernel"]()
    assert finding.status == "problem"
    assert "mnist-tutorial[lab]" in finding.advice


def test_a_network_that_learns_nothing_is_a_problem(monkeypatch):
    from mnist_tutorial.setup.doctor import training

    monkeypatch.setattr(training, "LEARNT", 1.01)  # nobody reaches that
    finding = CHECKS["training"]()
    assert finding.status == "problem"
    assert "digits a second" in finding.found
