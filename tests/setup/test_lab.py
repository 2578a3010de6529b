"""`lab`; that its server answers and runs notebooks is tested in test_workshop.py, by `make lab`."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from mnist_tutorial.setup.lab import OwnKernel


@pytest.mark.parametrize("words", ["of-mine --port 48199", "--port 48199 --no-browser", "a-file"])
def test_jupyterlab_answers_on_a_folder_that_is_named_first_or_left_out_and_leaves_a_file(words, tmp_path, mnist):
    (tmp_path / "a-file").write_text("mine")
    command = [sys.executable, "-m", "mnist_tutorial", "lab", *words.split(), "--version"]
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=here, text=True, capture_output=True)
    if words == "a-file":
        assert (done.returncode, [line[:7] for line in done.stderr.splitlines()]) == (1, ["error: "])
        assert (tmp_path / "a-file").read_text() == "mine"
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1].count(".") >= 2  # JupyterLab's own answer
        folder = "of-mine" if "of-mine" in words else "course"
        assert (tmp_path / folder / "student/01_loading.ipynb").exists()


def test_without_the_lab_extra_there_is_a_line_that_says_what_to_install(run_python):
    code = "import sys; sys.modules['jupyterlab'] = None; from mnist_tutorial.__main__ import main; main()"
    [line] = run_python("-c", code, "lab").stderr.splitlines()
    assert "mnist-tutorial[lab" in line


@pytest.mark.parametrize("content", ["", "{", '{"argv": ["/other/bin/python"], "display_name": "P", "language": "p"}'])
def test_a_kernel_that_another_environment_has_left_does_not_hide_ours(content, tmp_path, monkeypatch):
    (tmp_path / "kernels/python3").mkdir(parents=True)
    (tmp_path / "kernels/python3/kernel.json").write_text(content)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert set(OwnKernel().get_all_specs()) == {"python3"}
    assert "/other" not in str(OwnKernel().get_kernel_spec("python3").argv)
