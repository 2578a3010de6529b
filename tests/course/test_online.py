"""Notebooks in Colab and Kaggle: what the first cell installs there, and where the links lead."""

import http.server
import os
import re
import subprocess
import sys
import threading
import tomllib

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.course.lesson import BRANCH, INSTALL, REPOSITORY, WHEEL, lessons, tags
from mnist_tutorial.course.teach import files

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    folder = tmp_path_factory.mktemp("online")
    done = CliRunner().invoke(app, ["workshop", str(folder), "--online"])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def internet(monkeypatch):
    """Put a proxy of ours between pip and the world: it lets nothing through, and lists who was asked for."""
    asked = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    for name, value in {
        "CONFIG_FILE": os.devnull,
        "PROXY": f"http://127.0.0.1:{server.server_port}",
        "RETRIES": "0",
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    yield asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def away(tmp_path, monkeypatch):
    """Make a kernel without our package, as in Colab; the value is its name."""
    environment = tmp_path / "environment"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    lock = ["--no-verify-hashes", "--constraints", ROOT / "requirements.lock"]
    subprocess.run([*uv, "pip", "install", "--python", environment, *lock, "ipykernel", "pip"], check=True)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it may lead to our package
    register = ["-m", "ipykernel", "install", "--prefix", tmp_path / "prefix", "--name", "away"]
    subprocess.run([python, *register], check=True, capture_output=True)
    (tmp_path / "prefix/share/jupyter/kernels").rename(tmp_path / "kernels")
    return "away"


def run(kernel, folder, *cells):
    """Run cells in a kernel; returns what they print."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, kernel_name=kernel, resources={"metadata": {"path": str(folder)}}).execute()
    return "".join(output.get("text", "") for cell in notebook.cells for output in cell.outputs)


def test_the_first_cell_does_nothing_where_the_package_is(internet, tmp_path):
    assert run("python3", tmp_path, INSTALL) == ""
    assert not internet


@pytest.mark.full
def test_the_first_cell_asks_for_the_wheel_where_the_package_is_missing(away, internet, tmp_path):
    assert WHEEL in run(away, tmp_path, INSTALL)
    assert internet == ["github.com:443"]


def test_the_wheel_is_that_of_this_release():
    assert f"{REPOSITORY}/releases/download/v{VERSION}/mnist_tutorial-{VERSION}-py3-none-any.whl" == WHEEL


def test_all_links_between_the_notebooks_lead_to_the_repository(online):
    for path in online.glob("*/*.ipynb"):
        text = "\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown")
        targets = re.findall(r"\]\(([^)]+)\)", text)
        assert targets
        for target in targets:
            assert target.startswith("https://")
            if "/course/" in target:
                kind, name = target.rpartition("blob/course/")[2].split("/")
                assert kind == path.parent.name, f"{path}: {target}"
                assert (online / kind / name).exists(), f"{path}: {target}"
    assert f"({BRANCH}/student/glossary.ipynb)" in nbformat.read(online / "student/01_loading.ipynb", 4).cells[0].source


def test_badges_lead_students_and_readers_of_solutions_to_the_students_notebooks(online):
    for folder, kind in (("student", "student"), ("instructor", "instructor"), ("solutions", "student")):
        for path in online.glob(f"{folder}/*"):
            leads = re.findall(
                r"(?:colab|kaggle)[^)\"]+/course/(\w+)/(\w+\.ipynb)[)\"]", path.read_text(encoding="utf-8")
            )
            assert leads == [(kind, f"{path.stem}.ipynb")] * (0 if path.stem == "glossary" else 2), path


def test_only_the_links_differ(online):
    home = files(ROOT)
    assert {path.relative_to(online).as_posix() for path in online.rglob("*") if path.is_file()} == set(home)
    for name, content in home.items():
        there = (online / name).read_bytes().decode()
        for kind in ("student", "instructor"):
            there = re.sub(rf"\]\({BRANCH}/{kind}/(\w+\.ipynb)\)", r"](\1)", there)
        assert there == content.decode()


def test_students_and_instructors_get_the_cell_in_front_of_all_code_and_solutions_have_none():
    for kind, expected in (("student", [INSTALL]), ("instructor", [INSTALL]), ("solutions", [])):
        for lesson in lessons(ROOT):
            code = [cell for cell in lesson.variant(kind).cells if cell.cell_type == "code"]
            assert [cell.source for cell in code if "install" in tags(cell)] == expected
            assert code[len(expected)].source.startswith("import mnist_tutorial as mt")
