import json
import math

import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import files as results
from mnist_tutorial.benchmark.predictions import pack
from mnist_tutorial.benchmark.published import published


@pytest.fixture
def written(tmp_path):
    return results.write(made_result(wrong=42), tmp_path)


def edited(path, **changes):
    """Edit a result file by hand, its checksum included."""
    content = json.loads(path.read_text()) | changes
    del content["sha256"]
    path.write_text(json.dumps(content | {"sha256": results.checksum(content)}))


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


def test_the_published_results_are_read():
    found, refused = results.read_all(published())
    assert refused == []
    assert len({result.recipe for _, result in found}) > 10


def test_a_result_is_never_overwritten(written):
    before = written.read_bytes()
    assert results.write(made_result(wrong=1), written.parent) is None
    assert written.read_bytes() == before
    assert len(list(written.parent.iterdir())) == 1


def test_a_training_that_diverged_is_stored_without_nan(tmp_path):
    path = results.write(made_result(loss_curve={"images": [1, 2], "loss": [1.0, math.nan]}), tmp_path)
    assert "NaN" not in path.read_text()
    read = results.read(path)
    assert read.loss_curve == {"images": [1, 2], "loss": [1.0, None]}
    results.rewrite(read, path)
    assert results.read(path) == read


# How a file is damaged (fields, with the checksum corrected; or the bytes), and a part of what is said about it.
FAULTS = {
    "a later format": ({"format": 7}, "written in format 7, expected 1 to 3"),
    "another accuracy": ({"test_accuracy": 0.999}, "claims an accuracy of 0.999; that of its predictions is 0.9958"),
    "few predictions": ({"predictions": pack(np.zeros(9))}, "9 predictions; expected 10,000"),
    "nonsense": ({"predictions": "nonsense"}, "predictions cannot be unpacked"),
    "other digits": ({"digests": {"test_images": "ab" * 32}}, "made with other data"),
    "an unknown split": ({"evaluated_on": "fun"}, "evaluated_on is 'fun', expected 'validation' or 'test'"),
    "text for a number": ({"wall": "short"}, "wall is 'short', expected a valid number"),
    "another kind of file": ({"kind": "robustness"}, "not about a run"),
    "edited": (lambda content: content.replace(b'"wall": 10.0', b'"wall": 0.1'), "edited after it was written"),
    "a login page": (lambda content: b"<!doctype html>", "cut short, or not JSON"),
    "5 MB": (lambda content: b" " * 5_000_000, "larger than"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_damaged_file_is_refused_by_name_and_the_others_are_read(name, written):
    damage, said = FAULTS[name]
    good = results.write(made_result("good"), written.parent)
    if callable(damage):
        written.write_bytes(damage(written.read_bytes()))
    else:
        edited(written, **damage)
    with pytest.raises(MNISTError, match=said) as caught:
        results.read(written)
    assert str(caught.value).startswith(f"{written}: ")
    found, refused = results.read_all(written.parent)
    assert [place for place, _ in found] == [good]
    assert [str(error) for error in refused] == [str(caught.value)] * (name != "another kind of file")


def test_a_damaged_file_about_a_failure_is_refused_by_name(tmp_path):
    (tmp_path / "a.failure.json").write_text('{"kind": "failure"')
    (tmp_path / "b.failure.json").write_text('{"kind": "failure", "recipe": "ours", "error": "it broke"}')
    assert [failure["error"] for failure in results.read_failures(tmp_path)] == ["it broke"]
    found, [refused] = results.read_all(tmp_path)
    assert not found
    assert str(refused).startswith(f"{tmp_path / 'a.failure.json'}: ")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(MNISTError, match="no such folder"):
        results.read_all(tmp_path / "gone")
