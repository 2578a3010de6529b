"""`workshop DIR`: the files that an instructor gets, from the command line."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.course import workshop


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a workshop")
    command = [sys.executable, "-m", "mnist_tutorial", "workshop", str(folder), "--start", "10:00"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    contents = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".workshop.json"
    }
    return folder, done.stdout, contents


def test_there_are_notebooks_for_both_and_solutions_and_a_schedule(written):
    folder, printed, contents = written
    names = {lesson.name for lesson in workshop.lessons(ROOT)} | {"glossary.ipynb"}
    for kind in ("student", "instructor"):
        assert {path.name for path in (folder / kind).iterdir()} == names
    assert {path.stem for path in (folder / "solutions").iterdir()} == {name[:-6] for name in names}
    assert "| 10:00 |" in contents["schedule.md"].decode()
    assert f"{len(contents)} of {len(contents)} files" in printed


def test_links_of_the_notebooks_and_of_the_solutions_lead_somewhere(written):
    folder, _, _ = written
    for path in [*folder.glob("*/*.ipynb"), folder / "schedule.md"]:
        if path.suffix == ".ipynb":
            text = "\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown")
        else:
            text = path.read_text()
        for target in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
    for path in folder.glob("solutions/*.html"):
        for target in re.findall(r'href="([^":#]+\.(?:html|ipynb))', path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_solutions_show_the_code_fold_the_hints_and_fetch_nothing(written):
    folder, _, _ = written
    for path in folder.glob("solutions/0*.html"):
        text = path.read_text(encoding="utf-8")
        assert "# solution" in text
        assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css)', text)
        hints = re.findall(r"<details><summary>Hint</summary>(.*?)</details>", text, re.DOTALL)
        assert hints
        assert all("<p>" in hint for hint in hints)


def test_running_it_again_keeps_the_changes_of_a_student_and_says_so(written, monkeypatch):
    folder, _, contents = written
    command = ["workshop", str(folder), "--start", "10:00"]
    path = folder / "student/01_loading.ipynb"
    path.write_text(path.read_text().replace("return ...", "return 42"))
    mine = path.read_bytes()
    newer = contents | {"student/01_loading.ipynb": contents["student/01_loading.ipynb"] + b"\n"}
    monkeypatch.setattr(workshop, "files", lambda *arguments: newer)
    printed = CliRunner().invoke(app, command).stdout
    assert path.read_bytes() == mine
    assert "student/01_loading.ipynb" in printed
    assert "student/01_loading.new.ipynb" in printed
    assert (folder / "student/01_loading.new.ipynb").read_bytes() == newer["student/01_loading.ipynb"]
    again = CliRunner().invoke(app, command).stdout  # nothing newer: one line
    assert re.fullmatch(rf".*: 0 of {len(newer)} files .*kept: 1.*\n", again)


def test_the_results_that_notebooks_read_come_along(written):
    folder, _, _ = written
    assert {path.name for path in (folder / "results/cpu").iterdir()} == {
        path.name for path in (ROOT / "results/cpu").glob("*.json")
    }


def test_another_process_makes_the_same_files(written, tmp_path):
    _, _, contents = written
    (tmp_path / "notebooks").mkdir()
    for name in ("01_loading.ipynb", "glossary.ipynb"):
        shutil.copy(ROOT / "notebooks" / name, tmp_path / "notebooks")
    made = workshop.files(tmp_path)
    assert len(made) == 1 + 2 * 3
    assert all(contents[name] == content for name, content in made.items() if name != "schedule.md")
