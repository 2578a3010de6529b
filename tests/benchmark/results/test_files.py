import json

import numpy as np
import pytest
from conftest import made_result

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.results import files as results
from mnist_tutorial.benchmark.results.result import pack


@pytest.fixture
def written(tmp_path):
    return results.write(made_result(wrong=42), tmp_path)


def edited(path, checksum=True, **changes):
    """Edit a result file by hand; a determined person also corrects the checksum."""
    content = json.loads(path.read_text()) | changes
    del content["sha256"]
    path.write_text(json.dumps(content | {"sha256": results._checksum(content) if checksum else "0"}))
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
    written.write_text(json.dumps(content | {"sha256": results._checksum(content)}))
    assert results.read(written) == made_result(wrong=42)


def test_a_result_is_never_overwritten(written):
    before = written.read_bytes()
    assert results.write(made_result(wrong=1), written.parent) is None
    assert written.read_bytes() == before
    assert len(list(written.parent.iterdir())) == 1


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 7}, "written in format 7, expected 1 or 2"),
        ({"test_accuracy": 0.999}, "claims an accuracy of 0.999; that of its predictions is 0.9958"),
        ({"predictions": pack(np.zeros(9))}, "9 predictions; expected 10,000"),
        ({"predictions": "nonsense"}, "its predictions cannot be unpacked"),
        ({"digests": made_result().digests | {"test_images": "ab" * 32}}, "SHA-256 of test_images is abababababab"),
        ({"evaluated_on": "fun"}, "evaluated_on is 'fun', expected validation or test"),
        ({"wall": "short"}, "wall is 'short', expected float"),
        ({"wall": float("nan")}, "wall is nan, expected float"),
        ({"machine": None}, "machine is None, expected dict"),
        ({"parameters": "many"}, "parameters is 'many', expected int or NoneType"),
        ({"source": "def ours(run): ...  # faster"}, "source text does not match its SHA-256"),
        ({"evaluations": []}, r"evaluated on \[\], expected one look at 10,000 test digits"),
        ({"evaluations": 2 * made_result().evaluations}, "expected one look at 10,000 test digits"),
    ],
)
def test_an_inconsistent_file_is_refused(written, changes, message):
    with pytest.raises(MNISTError, match=message) as caught:
        results.read(edited(written, **changes))
    assert str(written) in str(caught.value)


def test_a_file_edited_by_hand_is_refused(written):
    with pytest.raises(MNISTError, match="edited after it was written"):
        results.read(edited(written, checksum=False, wall=0.1))


def test_a_file_cut_short_is_refused(written):
    written.write_bytes(written.read_bytes()[:2000])
    with pytest.raises(MNISTError, match="cut short"):
        results.read(written)


def test_a_file_without_a_field_is_refused(written):
    content = json.loads(written.read_text())
    del content["seed"]
    written.write_text(json.dumps(content))
    with pytest.raises(MNISTError, match="seed missing"):
        results.read(written)


def test_a_folder_gives_its_good_results_and_lists_the_refused(tmp_path):
    for seed in range(3):
        results.write(made_result(seed=seed), tmp_path)
    (tmp_path / "deeper").mkdir()
    results.write(made_result("theirs"), tmp_path / "deeper")
    (tmp_path / "loading.json").write_text('{"benchmark": "loading"}')  # of another command
    (tmp_path / "broken.json").write_text("{")
    found, refused = results.read_all(tmp_path)
    assert [result.name for _, result in found] == [
        made_result("theirs").name,
        *(made_result(seed=seed).name for seed in range(3)),
    ]
    assert len(refused) == 1
    assert "broken.json" in str(refused[0])


def test_failures_are_read_but_not_as_results(tmp_path):
    (tmp_path / "ours.failure.json").write_text('{"kind": "failure", "recipe": "ours", "error": "it broke"}')
    (tmp_path / "cut.failure.json").write_text('{"kind": ')
    assert [failure["error"] for failure in results.read_failures(tmp_path)] == ["it broke"]
    found, refused = results.read_all(tmp_path)
    assert not found
    assert ["cut.failure.json" in str(error) for error in refused] == [True]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(MNISTError, match="no such folder"):
        results.read_all(tmp_path / "gone")
