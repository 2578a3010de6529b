"""The README says what results/ says, and its examples run."""

import json
import re
import sys

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from mnist_tutorial.benchmark.execute import run_task
from mnist_tutorial.benchmark.recipe import Task, load_recipe, recipe_names
from mnist_tutorial.benchmark.records import above
from mnist_tutorial.benchmark.result import unpack
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.store import read_all
from mnist_tutorial.benchmark.summary import aggregate

sys.path.insert(0, str(ROOT / "tools"))
import readme

README = (ROOT / "README.md").read_text()


def test_the_tables_are_those_of_the_results():
    tables, everything = readme.tables(readme.measured(), readme.benchmark()), ""
    for page, text in readme.pages(tables):
        assert text == page.read_text(encoding="utf-8"), f"{page.name} is out of date: make readme"
        everything += text
    for name in tables:
        assert f"<!-- {name}: written by make readme -->" in everything


@pytest.mark.parametrize("picture", ["benchmark", "digits", "robustness"])
def test_the_pictures_are_those_of_the_results(picture, tmp_path):
    readme.DRAWINGS[picture](tmp_path / "now.png")
    there, now = (
        np.asarray(Image.open(path)).astype(int) for path in (readme.PICTURES / f"{picture}.png", tmp_path / "now.png")
    )
    assert there.shape == now.shape
    assert np.abs(there - now).mean() < 1, f"{picture}.png is out of date: make readme"


def test_what_was_measured_names_its_machine_and_commit_and_has_every_notebook():
    measured = readme.measured()
    assert {"processor", "cores", "versions", "commit", "dirty", "date"} <= set(measured["machine"])
    assert set(measured["notebooks"]) == {path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}


def test_the_runs_are_of_clean_commits_and_all_recipes():
    runs, refused = read_all(readme.RUNS)
    assert not refused
    assert {(result.variant, result.machine["dirty"]) for _, result in runs} == {("full", False)}
    assert {result.recipe for _, result in runs if result.evaluated_on == "test"} == set(recipe_names())


def test_the_accuracies_of_other_libraries_are_those_of_their_predictions():
    labels = true_labels("full", "test")
    for row in json.loads((ROOT / "results/peers.json").read_text(encoding="utf-8"))["rows"]:
        for run in row.get("runs", []):
            assert run["accuracy"] == (unpack(run["predictions"]) == labels).mean()


def test_the_history_of_the_speed_records_is_that_of_their_runs():
    page = (ROOT / "docs/records.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| 99")]
    assert len(lines) == len(list((ROOT / "results/records").iterdir()))
    for target, date, recipe, seconds, ratio, n, accuracy, p_value, *_ in lines:
        found, _ = read_all(ROOT / "results/records" / f"{recipe}-{date}")
        [summary] = aggregate([result for _, result in found])
        [cells] = [record.cells for record in above(summary, float(target[:-1]) / 100) if record.row.label == recipe]
        assert [cells[name] for name in ("seconds", "ratio", "n", "p")] == [seconds, ratio, n, p_value]
        assert float(accuracy.split()[0]) == pytest.approx(float(cells["mean, %"]), abs=0.005)


def test_stale_results_are_marked():
    [block] = re.findall(r"benchmark: written.*?end of benchmark", README, re.DOTALL)
    for row in readme.benchmark().rows:
        assert re.search(rf"\| {row.recipe}( {row.version[:8]})?{' .stale.' * bool(row.changes)} \|", block)


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
