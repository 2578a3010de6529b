import base64
import json
import math
import os
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import made_probabilities, made_result

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results import files as results
from mnist_tutorial.benchmark.results.predictions import pack


@pytest.fixture
def written(tmp_path):
    return results.write(made_result(wrong=42), tmp_path)


def edited(path, checksum=True, **changes):
    """Edit a result file by hand; a determined person also corrects the checksum."""
    content = json.loads(path.read_text()) | changes
    del content["sha256"]
    path.write_text(json.dumps(content | {"sha256": results.checksum(content) if checksum else "0"}))
    return path


def test_what_is_read_is_what_was_written(written):
    result = made_result(wrong=42)
    assert results.read(written) == result
    assert result.accuracy == 0.9958
    assert int((result.predicted != result.labels).sum()) == 42
    assert [path.name for path in written.parent.iterdir()] == [f"{result.name}.json"]


def test_a_result_in_the_older_format_is_read_like_a_newer_one(written):
    content = json.loads(written.read_text()) | {"format": 1}
    for new, old in (("docstring", "about"), ("cpu_seconds", "own"), ("other_cpu_seconds", "others")):
        content[old] = content.pop(new)
    content["purpose"] = {"test": "record"}[content.pop("evaluated_on")]
    del content["sha256"]
    written.write_text(json.dumps(content | {"sha256": results.checksum(content)}))
    assert results.read(written) == made_result(wrong=42)


def test_a_result_is_never_overwritten(written):
    before = written.read_bytes()
    assert results.write(made_result(wrong=1), written.parent) is None
    assert written.read_bytes() == before
    assert len(list(written.parent.iterdir())) == 1


def test_a_part_of_somebody_else_stays(tmp_path):
    foreign = tmp_path / f"{made_result().name}.{os.getpid()}.part"
    foreign.write_text("mine")
    results.write(made_result(), tmp_path)
    assert foreign.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_disk_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        results.write(made_result(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_files_are_also_written_where_there_are_no_links(tmp_path, monkeypatch):
    def no_links(*arguments):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(results.os, "link", no_links)
    path = results.write(made_result(), tmp_path)
    assert results.read(path) == made_result()
    assert results.write(made_result(), tmp_path) is None


def test_a_training_that_diverged_is_stored_without_nan(tmp_path):
    path = results.write(made_result(loss_curve={"images": [1, 2], "loss": [1.0, math.nan]}), tmp_path)
    assert "NaN" not in path.read_text()
    assert results.read(path).loss_curve == {"images": [1, 2], "loss": [1.0, None]}


@pytest.fixture
def sure(tmp_path):
    """Write a result with probabilities."""
    result = made_result(wrong=42)
    return results.write(made_probabilities(result, 4.0 * np.eye(10)[result.predicted]), tmp_path)


@pytest.mark.parametrize("field", ["nll", "brier", "ece"])
def test_probabilities_that_contradict_the_calibration_are_refused(sure, field):
    calibration = results.read(sure).calibration
    edited(sure, calibration=calibration | {field: [value + 0.05 for value in calibration[field]]})
    with pytest.raises(MNISTError, match=f"{sure.name}: its probabilities contradict the rest .claims a {field}"):
        results.read(sure)


def test_probabilities_of_other_predictions_are_refused(sure):
    predicted = results.read(sure).labels.copy()
    predicted[:42] = (predicted[:42] + 1) % 10  # as many errors, in other places
    other = made_result(wrong=range(42))
    other = made_probabilities(other, np.random.default_rng(0).random((10_000, 10)) + 9 * np.eye(10)[predicted])
    edited(sure, probabilities=other.probabilities)
    with pytest.raises(MNISTError, match="its probabilities contradict the rest"):
        results.read(sure)


@pytest.mark.parametrize("lost", [{"calibration": None}, {"probabilities": ""}])
def test_probabilities_and_calibration_come_together(sure, lost):
    edited(sure, **lost)
    with pytest.raises(MNISTError, match="probabilities without their calibration"):
        results.read(sure)


def instead(make):
    """Put something else in the place of a file."""

    def damage(path):
        path.unlink()
        make(path)

    return damage


def without_seed(path):
    content = json.loads(path.read_text())
    del content["seed"]
    path.write_text(json.dumps(content))


LOOK = {"of": "test", "images": 10_000, "at": "2026-11-23T08:00:00+00:00"}
CURVE = {"images": [1, 2], "seconds": [1.0, 2.0], "accuracy": [0.5, 0.6]}
BOMB = base64.b64encode(zlib.compress(bytes(15_000_000), 9)).decode()
ONE_DIGIT = json.loads('"\\ud800"')
# Name, how the file is damaged (fields are changed with the checksum corrected, bytes take the place of all), and a
# part of what must be said about it, beside its name.
FAULTS = [
    ("other format", {"format": 7}, "written in format 7, expected 1 to 3"),
    ("format that equals 1", {"format": True}, "written in format True"),
    ("format that is a list", {"format": []}, r"written in format \[\]"),
    ("claimed accuracy", {"test_accuracy": 0.999}, "claims an accuracy of 0.999; that of its predictions is 0.9958"),
    ("no accuracy", {"test_accuracy": None}, "claims an accuracy of None"),
    ("accuracy above 1", {"test_accuracy": 1.5}, "test_accuracy is 1.5"),
    ("few predictions", {"predictions": pack(np.zeros(9))}, "9 predictions; expected 10,000"),
    ("predictions of no base 64", {"predictions": "nonsense"}, "predictions cannot be unpacked"),
    ("predictions with accents", {"predictions": "é" * 40}, "predictions cannot be unpacked"),
    ("predictions cut short", {"predictions": made_result().predictions[:400]}, "predictions cannot be unpacked"),
    ("no digits", {"predictions": pack(np.full(10_000, 77))}, "digits from 0 to 9"),
    (
        "predictions that unpack to 15 MB",
        {"predictions": BOMB},
        "predictions cannot be unpacked .expected at most 10,000",
    ),
    ("a megabyte of predictions", {"predictions": "A" * 10**6}, "predictions is 'AAA.*at most 60000 characters"),
    ("other digits", {"digests": made_result().digests | {"test_images": "ab" * 32}}, "test_images is abababababab"),
    ("unknown split", {"evaluated_on": "fun"}, "evaluated_on is 'fun', expected 'validation' or 'test'"),
    ("split that is a list", {"evaluated_on": []}, r"evaluated_on is \[\]"),
    ("unknown variant", {"variant": "half"}, "variant is 'half', expected 'full' or 'sample'"),
    ("text for a number", {"wall": "short"}, "wall is 'short', expected a valid number"),
    ("NaN", {"wall": math.nan}, "wall is nan, expected a finite number"),
    ("infinity", {"cpu_seconds": math.inf}, "cpu_seconds is inf"),
    ("a number beyond all floats", {"wall": 10**400}, "wall is 1000"),
    ("a number of 5,000 digits", b'{"kind": "run", "wall": ' + b"1" * 5_000, "out of range"),
    ("no time", {"wall": 0}, "wall is 0, expected greater than"),
    ("negative time", {"wall": -1.0}, "wall is -1.0, expected greater than"),
    ("negative seed", {"seed": -1}, "seed is -1"),
    ("boolean for a seed", {"seed": True}, "seed is True, expected a valid integer"),
    ("boolean for seconds", {"wall": True}, "wall is True, expected a valid number"),
    ("fraction for a seed", {"seed": 0.0}, "seed is 0.0"),
    ("text for a count", {"parameters": "many"}, "parameters is 'many', expected a valid integer"),
    ("no machine", {"machine": None}, "machine is None, expected a valid dictionary"),
    ("versions that are a list", {"machine": {"versions": []}}, r"machine.versions is \[\], expected a valid dict"),
    ("a version that is a list", {"machine": {"versions": {"torch": []}}}, r"machine.versions.torch is \[\]"),
    ("NUL in a name", {"recipe": "a\0b"}, r"recipe is 'a\\x00b', expected text without control characters"),
    ("escape sequence", {"recipe": "\x1b]0;title\x07"}, r"recipe is '\\x1b"),
    ("escape sequence in a machine", {"machine": {"device": "\x1b[2J"}}, r"machine.device is '\\x1b"),
    ("escape sequence in a key", {"versions": {"\x1b[2J": "1"}}, r"versions.\\x1b"),
    ("half a sign", {"recipe": ONE_DIGIT}, "not JSON"),
    ("no name", {"recipe": ""}, "recipe is ''"),
    ("endless name", {"recipe": "x" * 300}, "recipe is 'xxx.*at most 200 characters"),
    ("other source", {"source": "def ours(run): ...  # faster"}, "source text does not match its SHA-256"),
    ("no look", {"evaluations": []}, r"evaluated on \[\], expected one look at 10,000 test digits"),
    ("two looks", {"evaluations": [LOOK, LOOK]}, "expected one look at 10,000 test digits"),
    ("look that is a list", {"evaluations": [[]]}, r"evaluations.0 is \[\]"),
    ("curve without seconds", {"validation_curve": {"images": [], "accuracy": []}}, "validation_curve.seconds missing"),
    ("curve of two lengths", {"validation_curve": CURVE | {"images": [1]}}, "validation_curve is .* of one length"),
    ("curve of texts", {"validation_curve": CURVE | {"seconds": ["a", "b"]}}, "validation_curve.seconds.0 is 'a'"),
    ("boolean for a loss", {"loss_curve": {"images": [1], "loss": [True]}}, "loss_curve.loss.0 is True"),
    ("edited by hand", lambda path: edited(path, checksum=False, wall=0.1), "edited after it was written"),
    ("field missing", without_seed, "seed missing"),
    ("cut short", lambda path: path.write_bytes(path.read_bytes()[:2000]), "cut short"),
    ("empty", b"", "cut short, or not JSON"),
    ("nested 10,000 times", b"[" * 10_000, "not JSON"),
    ("nested 10,000 times in an object", b'{"kind": "run", "machine": ' + b'{"a":' * 10_000, "not JSON"),
    ("not UTF-8", b'{"kind": "run\xff"}', "not JSON"),
    ("UTF-16", '{"kind": "run"}'.encode("utf-16"), "not JSON"),
    ("5 MB", b" " * 5_000_000, "larger than"),
    ("named pipe", instead(os.mkfifo), "not a regular file"),
    ("link to endless zeros", instead(lambda path: path.symlink_to("/dev/zero")), "not a regular file"),
    ("link to nowhere", instead(lambda path: path.symlink_to("gone")), "not a regular file"),
    ("link to itself", instead(lambda path: path.symlink_to(path.name)), "not a regular file"),
]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two result files; tests that change one get a copy of both."""
    folder = tmp_path_factory.mktemp("pair")
    return results.write(made_result("good"), folder), results.write(made_result(wrong=42), folder)


@pytest.mark.parametrize(("name", "damage", "said"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_damaged_file_is_refused_by_name_and_the_others_are_read(pair, tmp_path, name, damage, said):
    good, path = (Path(shutil.copy(file, tmp_path)) for file in pair)
    if callable(damage):
        damage(path)
    elif isinstance(damage, bytes):
        path.write_bytes(damage)
    else:
        edited(path, **damage)
    found, [refused] = results.read_all(tmp_path)
    assert [place for place, _ in found] == [good]
    with pytest.raises(MNISTError, match=said) as caught:
        results.read(path)
    assert str(refused) == str(caught.value)
    assert str(refused).startswith(f"{path}: ")
    assert str(refused).isprintable()
    assert len(str(refused)) < 1_000


@pytest.mark.parametrize(
    "content", ["[]", "null", '{"kind": "run"', '{"kind": "failure", "seed": true}', '{"recipe": "no kind"}']
)
def test_a_damaged_file_about_a_failure_is_refused_by_name(tmp_path, content):
    (tmp_path / "a.failure.json").write_text(content)
    (tmp_path / "b.failure.json").write_text('{"kind": "failure", "recipe": "ours", "error": "it broke"}')
    assert [failure["error"] for failure in results.read_failures(tmp_path)] == ["it broke"]
    found, [refused] = results.read_all(tmp_path)
    assert not found
    assert str(refused).startswith(f"{tmp_path / 'a.failure.json'}: ")


def test_a_folder_of_any_depth_and_name_is_no_trap(tmp_path):
    results.write(made_result(), tmp_path)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    tmp_path.joinpath(*["d"] * 30).mkdir(parents=True)  # 1,000 would be too deep for Python
    found, [refused] = results.read_all(tmp_path)
    assert len(found) == 1
    assert "nested deeper than 20" in str(refused)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(MNISTError, match="no such folder"):
        results.read_all(tmp_path / "gone")
