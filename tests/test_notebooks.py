"""The shape of a notebook; what is in them is run by nbmake."""

import re
from itertools import pairwise

import nbformat
import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def cells(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def test_there_are_notebooks():
    assert [path.stem[:2] for path in NOTEBOOKS][:2] == ["01", "02"]


def test_it_begins_with_title_navigation_objectives_needs_and_time(notebook):
    first = cells(notebook, "markdown")[0]
    assert re.match(r"# \d\. \w+", first)
    assert re.search(r"\*(Previous|Next): \[\d\. ", first)
    objectives = re.search(r"\*\*You will learn to\*\*\n((?:- .*\n)+)", first)
    assert 3 <= len(objectives[1].splitlines()) <= 4
    assert "**You need**" in first
    assert re.search(r"\*\*Time\*\* \d+ minutes", first)


def test_navigation_leads_to_notebooks_and_back(notebook):
    for target in re.findall(r"\]\(([^)]+\.ipynb)\)", cells(notebook, "markdown")[0]):
        assert (ROOT / "notebooks" / target).is_file()


def test_neighbours_link_to_each_other():
    def link(path, word):
        first = cells(nbformat.read(path, as_version=4), "markdown")[0]
        found = re.search(rf"{word}: \[[^]]*\]\(([^)]+)\)", first)
        return found and found[1]

    for previous, following in pairwise(NOTEBOOKS):
        assert link(previous, "Next") == following.name
        assert link(following, "Previous") == previous.name
    assert link(NOTEBOOKS[0], "Previous") is None
    assert link(NOTEBOOKS[-1], "Next") is None


def test_it_is_short_enough_to_be_worked_through(notebook):
    code = cells(notebook, "code")
    words = len(" ".join(cells(notebook, "markdown")).split())
    assert 15 <= len(code) <= 25
    assert max(len(source.splitlines()) for source in code) <= 20
    assert sum(len(source.splitlines()) for source in code) <= 150
    assert 600 <= words <= 1200


def test_it_imports_the_package_first_and_ends_with_exercises_and_a_summary(notebook):
    code = cells(notebook, "code")
    assert code[0].startswith("import mnist_tutorial as mt")
    headings = re.findall(r"^## (.*)$", "\n".join(cells(notebook, "markdown")), re.MULTILINE)
    assert headings[0] == "Set-up"
    assert headings[-2:] == ["Exercises", "Summary"]
    assert code[-1].splitlines()[-1] == ")"
    assert "Markdown(" in code[-1]


def test_it_carries_no_outputs_no_installs_no_paths(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            assert not re.search(r"^[!%]|/home/|/root/|/Users/|[A-Z]:\\\\", cell.source, re.MULTILINE)
    assert notebook.metadata.kernelspec.name == "python3"


def test_measured_numbers_are_not_typed_into_the_summary(notebook):
    text = cells(notebook, "code")[-1]
    without_code = re.sub(r"\{[^}]*\}", "", text)
    assert not re.search(r"\d+\.\d+ ?%|\d+ (?:seconds|times)", without_code)
