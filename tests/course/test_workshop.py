"""`workshop DIR`: what a teacher gets, from the command line."""

import functools
import re
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.course import workshop as course

files = functools.cache(course.files)  # the pages take their time


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a workshop")
    command = [sys.executable, "-m", "mnist_tutorial", "workshop", str(folder), "--start", "10:00"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return folder, done.stdout, command


def test_there_are_notebooks_for_both_and_solutions_and_a_schedule(written):
    folder, printed, _ = written
    names = {lesson.name for lesson in course.lessons(ROOT)} | {"glossary.ipynb"}
    for kind in ("student", "instructor"):
        assert {path.name for path in (folder / kind).iterdir()} == names
    assert {path.stem for path in (folder / "solutions").iterdir()} == {name[:-6] for name in names}
    assert "| 10:00 |" in (folder / "schedule.md").read_text()
    assert re.search(r"(\d+) of \1 files written", printed)


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


def test_the_solutions_show_the_code_and_fetch_nothing(written):
    folder, _, _ = written
    for path in folder.glob("solutions/0*.html"):
        text = path.read_text(encoding="utf-8")
        assert "# solution" in text
        assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css)', text)


def test_running_it_again_keeps_what_a_student_wrote_and_says_so(written, monkeypatch):
    monkeypatch.setattr(course, "files", files)
    folder, _, command = written
    path = folder / "student/01_loading.ipynb"
    path.write_text(path.read_text().replace("return ...", "return 42"))
    mine = path.read_bytes()
    record = folder / ".workshop.json"
    # As if the course had another version since then.
    record.write_text(re.sub(r'("student/01_loading.ipynb": ")\w+', r"\1older", record.read_text()))
    printed = CliRunner().invoke(app, command[3:]).stdout
    assert path.read_bytes() == mine
    assert "01_loading.ipynb: has changes of yours and stays as it is" in printed
    assert "student/01_loading.new.ipynb" in printed
    again = CliRunner().invoke(app, command[3:]).stdout  # nothing newer: one line
    assert re.fullmatch(r".*: 0 of \d+ files written; changed by you and kept: 1; .*\n", again)
    assert b"return ..." in (folder / "student/01_loading.new.ipynb").read_bytes()


def test_the_results_that_notebooks_read_come_along(written):
    folder, _, _ = written
    assert {path.name for path in (folder / "results/cpu").iterdir()} == {
        path.name for path in (ROOT / "results/cpu").glob("*.json")
    }


def test_another_process_makes_the_same_files(written):
    folder, _, _ = written
    # One was handed out anew, and one was changed, by the test above.
    made = {name: content for name, content in files(ROOT, "10:00", False).items() if "01_loading" not in name}
    assert all((folder / name).read_bytes() == content for name, content in made.items())
