"""The README says what results/ says, and its examples run."""

import copy
import re
import sys

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.recipe import Task, load_recipe, recipe_names
from mnist_tutorial.benchmark.result import read_all

sys.path.insert(0, str(ROOT / "tools"))
import readme

README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def measured():
    return readme.measured()


def test_the_tables_are_those_of_the_results(measured):
    tables, everything = readme.tables(measured, readme.benchmark()), ""
    for page, text in readme.pages(tables):
        assert text == page.read_text(encoding="utf-8"), f"{page.name} is out of date: make readme"
        everything += text
    for name in tables:
        assert f"<!-- {name}: written by make readme -->" in everything


def test_the_pictures_are_those_of_the_results(tmp_path):
    for draw, name in (
        (readme.picture, "benchmark.png"),
        (readme.digits, "digits.png"),
        (readme.corruptions, "robustness.png"),
    ):
        draw(tmp_path / name)
        there, expected = (np.asarray(Image.open(folder / name)).astype(int) for folder in (readme.PICTURES, tmp_path))
        assert there.shape == expected.shape
        assert np.abs(there - expected).mean() < 1, f"{name} is out of date: make readme"


def test_a_changed_result_changes_the_tables(measured):
    changed = copy.deepcopy(measured)
    changed["notebooks"]["01_loading"]["wall"] += 100
    changed["loading"]["rows"][0]["times_as_fast"] += 100
    before, after = (readme.tables(one, readme.benchmark()) for one in (measured, changed))
    assert [name for name in before if before[name] != after[name]] == ["notebooks", "measured"]


def test_the_results_name_machine_versions_seeds_and_commit(measured):
    assert {"processor", "cores", "versions", "commit", "dirty", "date"} <= set(measured["machine"])
    assert set(measured["notebooks"]) == {path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}


def test_the_runs_are_of_clean_commits_and_all_recipes():
    found, refused = read_all(readme.RUNS)
    assert not refused
    assert {result.variant for _, result in found} == {"full"}
    assert not any(result.machine["dirty"] for _, result in found)
    assert {result.recipe for _, result in found if result.evaluated_on == "test"} == set(recipe_names())


def test_stale_results_are_marked():
    [block] = re.findall(r"benchmark: written.*?end of benchmark", README, re.DOTALL)
    for row in readme.benchmark().rows:
        assert re.search(rf"\| {row.recipe}( {row.version[:8]})?{', stale' * bool(row.changes)} \|", block)


def test_the_two_commands_come_first_and_links_resolve():
    assert re.findall(r"^make (\w+)", README, re.MULTILINE)[:2] == ["lab", "test"]
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_the_recipe_of_ones_own_runs(tmp_path):
    page = (ROOT / "docs/own-network.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(# my_file\.py\n.*?)```", page, re.DOTALL)
    assert len(example.splitlines()) <= 18
    (tmp_path / "my_file.py").write_text(example)
    result = run_task(Task(load_recipe(f"{tmp_path}/my_file.py:my_recipe"), 0, "validation", "sample"))
    assert result.recipe == "my-recipe"
    assert result.source == example
    assert result.accuracy > 0.7
    assert len(result.validation_curve["accuracy"]) > 5
