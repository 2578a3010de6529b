"""Notebooks in Colab and Kaggle: what the first cell installs there, and where the links lead."""

import re
import tomllib
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT
from IPython.core.inputtransformer2 import TransformerManager
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.course.lesson import BRANCH, INSTALL, REPOSITORY, WHEEL
from mnist_tutorial.course.teach import files

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(scope="module")
def online(tmp_path_factory):
    folder = tmp_path_factory.mktemp("online")
    assert CliRunner().invoke(app, ["workshop", str(folder), "--online"]).exit_code == 0
    return folder


@pytest.mark.parametrize(("package", "installed"), [("mnist_tutorial", []), ("no_such_package", [WHEEL])])
def test_the_first_cell_installs_the_wheel_where_the_package_is_missing(package, installed):
    asked = []
    shell = SimpleNamespace(run_line_magic=lambda name, line: asked.append((name, line.split()[-1])))
    code = TransformerManager().transform_cell(INSTALL.replace('"mnist_tutorial"', f'"{package}"'))
    exec(code, {"get_ipython": lambda: shell})
    assert asked == [("pip", wheel) for wheel in installed]


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
