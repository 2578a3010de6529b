"""`lab`; that its server answers and runs notebooks is tested in test_workshop.py, by `make lab`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(*arguments, cwd, before="pass", **environment):
    code = f"import sys; {before}; from mnist_tutorial.__main__ import main; main()"
    command = [sys.executable, "-c", code, "lab", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, encoding="utf-8", timeout=300
    )


def kernel(folder, python):
    """Install a kernel python3 with this Python, as somebody once did."""
    folder.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "P", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    return folder / "kernel.json"


@pytest.mark.parametrize("before", [["a folder"], ["--port", "48199", "--no-browser", "a folder"], []])
def test_the_folder_stands_before_or_after_options_of_jupyterlab_or_is_left_out(before, tmp_path, mnist):
    done = run(*before, "--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].count(".") >= 2  # JupyterLab's own answer
    [folder] = tmp_path.iterdir()
    assert folder.name == ("a folder" if before else "course")
    assert (folder / "student/01_loading.ipynb").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"argv": []}', None])
def test_a_kernel_that_cannot_run_the_notebooks_is_one_line_before_anything_is_written(content, tmp_path):
    file = kernel(tmp_path / "jupyter/kernels/python3", "/other/bin/python")
    if content is not None:
        file.write_text(content)
    done = run(cwd=tmp_path, JUPYTER_PATH=str(tmp_path / "jupyter"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    for words in (str(file), sys.executable) + ("/other/bin/python",) * (content is None):
        assert words in line
    assert not (tmp_path / "course").exists()


def test_a_kernel_in_the_folder_of_the_user_does_not_hide_ours(tmp_path, mnist):
    kernel(tmp_path / "data/kernels/python3", "/other/bin/python")
    # In a virtual environment, Jupyter looks there first by itself; so play one that is none.
    done = run(
        "--version", cwd=tmp_path, before="sys.base_prefix = sys.prefix", JUPYTER_DATA_DIR=str(tmp_path / "data")
    )
    assert done.returncode == 0, done.stderr


def test_another_name_for_the_python_of_this_environment_is_as_good(tmp_path, mnist):
    # So conda and `ipykernel install --sys-prefix` write it, and somebody types python3 in place of python.
    here = Path(sys.executable)
    others = [path for name in ("python", "python3") if (path := here.with_name(name)) != here and path.exists()]
    if not others:
        pytest.skip("this Python has one name")
    kernel(tmp_path / "jupyter/kernels/python3", others[0])
    done = run("--version", cwd=tmp_path, JUPYTER_PATH=str(tmp_path / "jupyter"))
    assert done.returncode == 0, done.stderr


def test_a_folder_that_is_a_file_is_one_line(tmp_path, mnist):
    (tmp_path / "a file").write_text("mine")
    done = run("a file", "--version", cwd=tmp_path)
    assert done.returncode == 1
    assert [line[:7] for line in done.stderr.splitlines()] == ["error: "]
    assert (tmp_path / "a file").read_text() == "mine"
