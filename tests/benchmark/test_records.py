import numpy as np
import pytest
from conftest import made_result
from statsmodels.stats.weightstats import DescrStatsW
from typer.testing import CliRunner

from mnist_tutorial.benchmark.records import above
from mnist_tutorial.benchmark.store import write
from mnist_tutorial.benchmark.summary import aggregate
from mnist_tutorial.cli import app

GPU = {"processor": "another", "cores": 16, "device": "a GPU, bfloat16", "system": "Linux x86_64"}


def seeds(recipe, errors, **others):
    return [made_result(recipe, seed, wrong, **others) for seed, wrong in enumerate(errors)]


def records(runs, target=0.99):
    [table] = aggregate(runs)
    return {record.row.label: record for record in above(table, target)}


def test_a_mean_above_the_target_is_tested_over_the_seeds():
    errors = [90, 70, 99, 103, 88, 94, 101, 80, 97, 92]
    record = records(seeds("cnn", errors))["cnn"]
    _, p_value, _ = DescrStatsW(1 - np.array(errors) / 10_000).ttest_mean(0.99, alternative="larger")
    assert record.p_value == pytest.approx(p_value)
    assert (record.n, record.shortfall) == (10, "p = 0.013")
    assert record.accuracy == pytest.approx(1 - np.mean(errors) / 10_000)
    assert records(seeds("cnn", errors), 0.989)["cnn"].shortfall == ""
    assert records(seeds("cnn", errors), 0.992) == {}


def test_ten_seeds_count_and_copies_of_one_do_not():
    assert records(seeds("cnn", [50, 51, 52] * 3))["cnn"].shortfall == "n = 9"
    copied = [made_result("cnn", seed, range(50)) for seed in range(10)]
    assert records(copied)["cnn"].shortfall == "n = 1"
    assert records(seeds("cnn", [50] * 10))["cnn"].shortfall == ""  # as many errors, but others


def test_the_fastest_comes_first_and_the_ratio_is_that_of_the_same_machine():
    gpu = made_result().machine | GPU
    runs = seeds("slow", [50] * 10, wall=8.0) + seeds("fast", [50] * 10, wall=2.0)
    runs += seeds("train-mnist-fast", [110] * 3, wall=4.0)
    runs += seeds("lonely", [50] * 10, wall=1.0, machine=gpu)
    runs += [made_result("fast", 10, 50, wall=90.0, other_cpu_seconds=50.0)]  # its accuracy counts, its seconds do not
    found = [(name, record.row.seconds, record.ratio, record.n) for name, record in records(runs).items()]
    assert found == [("lonely", 1.0, None, 10), ("fast", 2.0, 0.5, 11), ("slow", 8.0, 2.0, 10)]


def record(*arguments):
    return CliRunner().invoke(app, ["benchmark", "record", *map(str, arguments)])


def test_the_command_lists_records_and_what_comes_near(tmp_path):
    for person, recipe, n in (("Ada", "cnn", 10), ("Ben", "cnn", 4), ("Ben", "mlp", 10)):
        (tmp_path / person).mkdir(exist_ok=True)
        for run in seeds(recipe, [150 if recipe == "mlp" else 60] * n):
            write(run, tmp_path / person)
    done = record(99.2, tmp_path)
    assert done.exit_code == 0
    [line] = [line for line in done.stdout.splitlines() if " cnn " in line]
    assert line.split() == ["Ada", "cnn", "10.0", "–", "10", "99.400", "0"]
    assert done.stdout.splitlines()[-1].endswith(": Ben/cnn (n = 4)")
    assert "mlp" not in done.stdout
    published = record(99.0)
    assert published.exit_code == 0
    assert "cnn-1s" in published.stdout


def test_what_it_cannot_read_and_targets_that_are_none(tmp_path):
    for empty, words in ((tmp_path, "holds no test runs"), (tmp_path / "gone", "no such folder")):
        done = record(99, empty)
        assert (done.exit_code, words in done.stderr) == (1, True)
    assert [record(target).exit_code for target in ("fast", 0.99, 101)] == [2, 2, 2]
    (tmp_path / "cut.json").write_text("{")
    write(made_result(wrong=50), tmp_path)
    done = record(99.9, tmp_path)
    assert (done.exit_code, done.stdout.startswith("no recipe exceeds 99.9 %")) == (1, True)
    assert done.stderr.startswith(f"refused: {tmp_path / 'cut.json'}")
