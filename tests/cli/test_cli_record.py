import re

import pytest
from sessions import Busy, made_session, written
from typer.testing import CliRunner

from mnist_tutorial.benchmark.records import TARGETS
from mnist_tutorial.cli import app
from mnist_tutorial.cli.record import Target


def record(*arguments):
    done = CliRunner().invoke(app, ["benchmark", "record", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def folder(tmp_path):
    return written(made_session(), tmp_path / "99.0" / "entry")


def test_the_targets_are_those_of_the_records():
    assert tuple(target.value for target in Target) == TARGETS


def test_check_accepts(folder):
    done = record("99.0", "--check", folder)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "accepted"


def test_check_lists_all_reasons(folder):
    next(folder.glob("cnn-1s-*-seed9.json")).unlink()
    next(folder.glob("train-mnist-fast-*-seed2.json")).unlink()
    done = record("99.5", "--check", folder)
    assert done.exit_code == 1
    reasons = re.findall("^refused: (.*)$", done.stdout, re.MULTILINE)
    for words in ("mean accuracy 99.16", "9 runs; expected", "4 runs of the reference"):
        assert any(words in reason for reason in reasons), reasons


def test_without_options_it_shows_the_records(folder, tmp_path):
    written(made_session(lambda seed: 120 + seed), tmp_path / "99.0" / "careless")
    done = record("99.0", tmp_path)
    assert done.exit_code == 0
    assert "2026-11-26" in done.stdout
    assert f"{tmp_path / '99.0/careless'}: refused: mean accuracy 98.755%" in done.stdout
    assert f"no folder in {tmp_path / '99.7'}" in record("99.7", tmp_path).stdout


@pytest.mark.full
def test_a_session_trains_checks_and_carries_on(quick_file, tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_tutorial.benchmark.worker.run_locally", Busy())  # a process takes seconds to start
    monkeypatch.chdir(tmp_path)
    arguments = "99.0", "--recipe", f"{quick_file}:random_guess", "--variant", "sample"
    done = record(*arguments)
    assert done.exit_code == 1  # it guesses
    [folder] = (tmp_path / "records/99.0").iterdir()
    assert re.fullmatch(r"random-guess-\d{4}-\d\d-\d\d", folder.name)
    assert len(list(folder.glob("random-guess-*-seed*.json"))) == 10
    assert len(list(folder.glob("train-mnist-fast-*-seed*.json"))) == 5
    assert "random-guess, n = 10" in done.stdout
    assert re.search(r"^refused: mean accuracy \d", done.stdout, re.MULTILINE)
    assert record(*arguments).stdout.count("done before") == 15


def test_options_that_exclude_each_other(folder):
    done = record("99.0", "--check", folder, "--recipe", "cnn")
    assert done.exit_code == 2
    assert record("98.0").exit_code == 2
