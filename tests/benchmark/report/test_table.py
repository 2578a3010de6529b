import dataclasses

import numpy as np
from conftest import made_probabilities, made_result

from mnist_tutorial.benchmark.report.table import calibration_markdown, columns_of, markdown, notes, remarks, rows
from mnist_tutorial.benchmark.summary import aggregate


def table_of(*results):
    [table] = aggregate(results)
    return table


def shown(table, row=0):
    return dict(zip(columns_of(table), rows(table, columns_of(table))[row], strict=True))


def test_a_row():
    runs = [
        made_result("cnn", seed, wrong, wall=wall) for seed, wrong, wall in [(0, 50, 5.0), (1, 53, 6.0), (2, 60, 7)]
    ]
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
    [table] = aggregate([mine, mine, theirs], people=["Ada", "Ben", ""])
    assert {"person", "machine", "same predictions as"} == {*columns_of(table)} - {*columns_of(table_of(mine))}
    columns = ["person", "recipe", "machine", "same predictions as"]
    assert rows(table, columns) == [
        ["Ada", "cnn", "A", "Ben/cnn"],
        ["Ben", "cnn", "A", "Ada/cnn"],
        ["–", "cnn", "B", "–"],
    ]
    [table] = aggregate([mine] * 3, people=["Ada", "Ben", "Cem"])
    assert rows(table, columns[-1:])[0] == ["Ben/cnn and 1 more"]


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
    lines = markdown(table, ["recipe", "errors"]).splitlines()
    assert lines[:4] == ["| recipe | errors |", "| --- | ---: |", "| good | 10 |", "| poor\\|er | 900 |"]
    assert lines[5].startswith("- Test accuracy: mean")


def test_the_table_of_calibration_is_left_out_if_no_run_kept_probabilities():
    run = made_result("sure", wrong=100)
    assert calibration_markdown(table_of(run)) == ""
    sure = made_probabilities(run, 50.0 * np.eye(10)[run.predicted])
    line = calibration_markdown(table_of(sure)).splitlines()[2]  # wrong by 50 nats for each hundredth digit
    assert line == "| sure | 1 | 1.00 | 0.5000 | 0.0200 | 1.00 | – |"
