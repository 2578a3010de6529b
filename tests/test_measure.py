"""The README's numbers are those of the results file."""

import json
import re
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import measure

README = (ROOT / "README.md").read_text()
MEASURED = measure.results()


def test_the_tables_of_the_readme_are_those_of_the_results_file():
    for name, table in measure.tables(MEASURED).items():
        assert f"<!-- {name}: written by tools/measure.py -->\n{table}\n<!-- end of {name} -->" in README


def test_a_changed_result_changes_the_tables():
    changed = json.loads(json.dumps(MEASURED))
    changed["trainings"]["CNN of notebook 05"][0]["test_accuracy"] -= 0.01
    changed["notebooks"]["01_loading"][0]["wall"] += 100
    before, after = measure.tables(MEASURED), measure.tables(changed)
    assert all(before[name] != after[name] for name in before)


def test_the_results_name_machine_versions_seeds_and_commit():
    assert {"processor", "cores", "versions", "commit", "dirty", "date"} <= set(MEASURED["machine"])
    for name in measure.recipes():
        assert [run["seed"] for run in MEASURED["trainings"][name]] == list(measure.SEEDS)
    assert set(MEASURED["notebooks"]) == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_the_two_commands_come_first_and_links_resolve():
    assert re.findall(r"^make (\w+)", README, re.MULTILINE)[:2] == ["lab", "test"]
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
