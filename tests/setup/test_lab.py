"""`lab`; that its server answers and runs notebooks is tested in test_workshop.py, by `make lab`."""

import pytest

from mnist_tutorial.setup.lab import OwnKernel, split_arguments


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("", ""),
        ("course", ""),
        ("--port 48199 --no-browser", "--port 48199 --no-browser"),
        ("mine --port 48199", "--port 48199"),
        ("--port 48199 --no-browser mine", "--port 48199 --no-browser"),
        ("--port=48199 mine --help-all", "--port=48199 --help-all"),
        ("--version mine", "--version"),
    ],
)
def test_the_folder_stands_before_or_after_options_of_jupyterlab_or_is_left_out(words, options):
    folder, rest = split_arguments(words.split())
    assert (folder.name, rest) == ("mine" if "mine" in words else "course", options.split())


def test_jupyterlab_answers_and_a_folder_that_is_a_file_is_one_line(run_python, tmp_path, mnist):
    def lab(name):
        return run_python("-m", "mnist_tutorial", "lab", "--port", "48199", str(tmp_path / name), "--version")

    done = lab("a folder")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].count(".") >= 2  # JupyterLab's own answer
    assert (tmp_path / "a folder/student/01_loading.ipynb").exists()
    (tmp_path / "a file").write_text("mine")
    done = lab("a file")
    assert done.returncode == 1
    assert [line[:7] for line in done.stderr.splitlines()] == ["error: "]
    assert (tmp_path / "a file").read_text() == "mine"


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
