import dataclasses
from urllib.parse import urlsplit

import numpy as np
import pytest
from conftest import made_probabilities, made_result

from mnist_tutorial.benchmark.report.table import cells, markdown, notes, parts, published, remarks
from mnist_tutorial.benchmark.splits import true_labels
from mnist_tutorial.benchmark.summary import aggregate


def table_of(*results, people=()):
    [table] = aggregate(results, people=people)
    return table


def shown(table, row=0):
    headings, lines = cells(table)
    return dict(zip(headings, lines[row], strict=True))


def test_a_row():
    runs = [made_result("cnn", seed, wrong, wall=5.0 + seed) for seed, wrong in enumerate((50, 53, 60))]
    runs += [made_result("cnn", seed, 40, evaluated_on="validation") for seed in range(2)]
    assert shown(table_of(*runs)) == {
        "recipe": "cnn",
        "parameters": "70,794",
        "test accuracy, %": "99.46 ± 0.05",
        "n": "3",
        "95 % interval": "99.30 to 99.59",
        "errors": "54.3",
        "seconds to train": "6.00",
        "to 97 %, s": "5.00",
        "to 98 %, s": "5.00",
        "to 99 %, s": "10.0",
        "to 99.5 %, s": "–",
        "images/s": "12,000",
        "memory, MB": "900",
    }


def test_machines_people_and_twins_have_columns_where_there_are_some():
    [mine, theirs] = [made_result("cnn", 0, range(50)), made_result("cnn", 1, 60)]
    theirs = dataclasses.replace(theirs, machine=theirs.machine | {"processor": "another"})
    table = table_of(mine, mine, theirs, people=["Ada", "Ben", ""])
    columns = ["person", "recipe", "machine", "same predictions as"]
    assert set(columns) - {"recipe"} == {*cells(table)[0]} - {*cells(table_of(mine))[0]}
    assert cells(table, columns)[1] == [
        ["Ada", "cnn", "A", "Ben/cnn"],
        ["Ben", "cnn", "A", "Ada/cnn"],
        ["–", "cnn", "B", "–"],
    ]
    assert shown(table_of(mine, mine, mine, people=["Ada", "Ben", "Cem"]))[columns[-1]] == "Ben/cnn and 1 more"


def test_seconds_say_how_many_runs_count():
    uncontended, contended = made_result(seed=0, wall=5.0), made_result(seed=1, wall=1234.5, other_cpu_seconds=50.0)
    assert shown(table_of(uncontended, contended))["seconds to train"] == "5.00 (1 of 2)"
    assert shown(table_of(contended))["seconds to train"] == "1,234 †"
    slow = made_result(seed=1, evaluated_on="validation", other_cpu_seconds=50.0)
    assert shown(table_of(uncontended, slow))["to 97 %, s"] == "5.00 †"


def test_the_notes_state_n_clock_and_machine_and_each_remark_once():
    machine = made_result().machine | {"commit": "a" * 40, "dirty": True}
    runs = [made_result("a", 0, clock="all but the import", machine=machine)]
    runs += [made_result("b", seed, machine=machine) for seed in range(3)]
    table = table_of(*runs, made_result("c", machine=machine | {"dirty": False}))
    text = " ".join(notes(table))
    for words in ("over n = 1 to 3 runs", "10,000 test digits", "5,000 held-out digits", "cover all but the import."):
        assert words in text
    assert f"The seconds cover the training. Machine A: {machine['processor']}" in text
    assert remarks(table) == ["a, b: all runs with uncommitted changes."]
    assert remarks(table_of(*runs)) == ["All recipes: all runs with uncommitted changes."]
    assert "not the test digits of MNIST" in " ".join(notes(table_of(made_result(variant="sample", wrong=5))))


def test_markdown_has_a_line_for_each_recipe_and_the_notes_below():
    table = table_of(made_result("good", wrong=10), made_result("poor|er", wrong=900))
    lines = markdown(*cells(table, ["recipe", "errors"]), notes(table)).splitlines()
    assert lines[:4] == ["| recipe | errors |", "| --- | ---: |", "| good | 10 |", "| poor\\|er | 900 |"]
    assert lines[5].startswith("- Test accuracy: mean")


def test_the_table_of_calibration_is_left_out_if_no_run_kept_probabilities():
    run = made_result("sure", wrong=100)
    assert len(list(parts(table_of(run)))) == 2
    _, (title, _, lines, _), _ = parts(table_of(made_probabilities(run, 50.0 * np.eye(10)[run.predicted])))
    assert title.startswith("Calibration")
    assert lines == [["sure", "1", "1.00", "0.5000", "0.0200", "1.00", "–"]]  # wrong by 50 nats, one time in a hundred


def test_errors_are_counted_for_each_digit_over_the_runs():
    labels = true_labels("full", "test")
    sevens, ones = np.flatnonzero(labels == 7)[:9], np.flatnonzero(labels == 1)[:1]
    table = table_of(made_result("cnn", 0, sevens), made_result("cnn", 1, [*sevens[:5], *ones]))
    _, (title, headings, lines, _) = parts(table)
    assert (title, headings) == ("Errors by digit", ["recipe", *"0123456789"])
    assert lines == [["cnn", "0.0", "0.5", *["0.0"] * 5, "7.0", "0.0", "0.0"]]
    assert len(list(parts(table_of(made_result(evaluated_on="validation"))))) == 1


def test_each_published_result_has_its_shape_and_is_there_once():
    rows = published()
    assert len({(row.model, row.augmentation, row.parameters, row.source) for row in rows}) == len(rows)
    for row in rows:
        assert row.family in {"linear", "MLP", "CNN", "other"}
        assert row.model == row.model.strip() != ""
        assert 80 < row.accuracy < 100
        assert (row.seconds is None) == (row.hardware == ""), row  # seconds mean nothing without the hardware
        assert row.source
        assert urlsplit(row.url).scheme in {"http", "https"}
    assert {row.accuracy for row in rows if row.note.startswith("best case")} == {99.79, 99.87, 99.91}


def test_anchors_of_the_literature():
    errors = {(row.model, row.augmentation): 100 - row.accuracy for row in published()}
    assert errors["LeNet-5", "none"] == pytest.approx(0.95)
    assert errors["784-2500-2000-1500-1000-500-10", "elastic and affine"] == pytest.approx(0.35)
    assert errors["committee of 35 CNNs (MCDNN)", "elastic"] == pytest.approx(0.23)
    assert errors["ResNet-preact-20", "Cutout 8"] == pytest.approx(0.25)
