import math
import pickle

import numpy as np
import pytest
from conftest import forge, made_result

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import store
from mnist_tutorial.benchmark.result import Failure, Result, pack
from mnist_tutorial.benchmark.splits import SPLITS, split_for, true_labels
from mnist_tutorial.data.reference import DIGESTS


@pytest.fixture
def written(tmp_path):
    return store.write(made_result(wrong=42), tmp_path)


@pytest.mark.parametrize("evaluated_on", SPLITS)
@pytest.mark.parametrize("variant", DIGESTS)
def test_the_labels_are_known_without_mnist(request, variant, evaluated_on):
    mnist = request.getfixturevalue({"full": "mnist"}.get(variant, variant))
    _, other = split_for(mnist, evaluated_on)
    np.testing.assert_array_equal(true_labels(variant, evaluated_on), other.labels)


def test_the_held_out_digits_are_fixed_stratified_and_not_trained_on(mnist):
    train, held_out = split_for(mnist, "validation")
    assert (len(train), len(held_out)) == (55_000, 5_000)
    assert not set(train.index) & set(held_out.index)
    shares = np.bincount(held_out.labels) / np.bincount(mnist.train.labels)
    np.testing.assert_allclose(shares, 1 / 12, atol=2e-4)
    np.testing.assert_array_equal(split_for(mnist, "validation")[1].index, held_out.index)
    assert split_for(mnist, "test") == (mnist.train, mnist.test)  # for the test, all training digits are trained on


def test_what_is_read_is_what_was_written_and_never_overwritten(written):
    result, content = made_result(wrong=42), written.read_bytes()
    assert store.read(written) == result != made_result(wrong=43)
    assert (result.accuracy, int((result.predicted != result.labels).sum())) == (0.9958, 42)
    assert pickle.loads(pickle.dumps(result)) == result
    assert store.write(made_result(wrong=1), written.parent) is None
    assert {path.name: path.read_bytes() for path in written.parent.iterdir()} == {f"{result.name}.json": content}


def test_the_published_results_are_read_and_small():
    read, refused = store.read_all(store.published())
    assert refused == []
    assert len({result.recipe for _, result in read}) > 10
    assert max(path.stat().st_size for path, _ in read) < 60_000
    assert all(path.stem == result.name for path, result in read)


def test_a_training_that_diverged_is_stored_without_nan(tmp_path):
    path = store.write(made_result(loss_curve={"images": [1, 2], "loss": [1.0, math.nan]}), tmp_path)
    read = store.read(path)
    assert read.loss_curve == {"images": [1, 2], "loss": [1.0, None]}
    store.save(path, read)
    assert store.read(path) == read


# How a file is damaged (fields, with the checksum corrected, as another release might; or the bytes), and what is said.
FAULTS = {
    "an earlier format": ({"format": 3}, "written in format 3, expected 4"),
    "another accuracy": ({"accuracy": 0.999}, "claims an accuracy of 0.999; that of its predictions is 0.9958"),
    "few predictions": ({"predicted": pack(np.zeros(9))}, "9 predictions; expected 10,000"),
    "other digits": ({"digests": {"test_images": "ab" * 32}}, "made with other data"),
    "an unknown split": ({"evaluated_on": "fun"}, "evaluated_on is 'fun': it should be 'validation' or 'test'"),
    "another kind of file": ({"kind": "robustness"}, "not about a run"),
    "edited": (lambda content: content.replace(b'"wall": 10.0', b'"wall": 0.1'), "edited after it was written"),
    "cut short": (lambda content: content[:-100], "cut short, or not JSON"),
    "brackets without end": (lambda content: b"[" * 100_000, "recursion"),
    "predictions of other bytes": ({"predicted": "ABCD"}, "incorrect header check"),
    "5 MB": (lambda content: b" " * 5_000_000, "larger than"),
}


@pytest.mark.parametrize(("damage", "words"), FAULTS.values(), ids=FAULTS)
def test_a_damaged_file_is_refused_by_name_and_the_others_are_read(damage, words, written):
    good = store.write(made_result("good"), written.parent)
    if callable(damage):
        written.write_bytes(damage(written.read_bytes()))
    else:
        forge(written, **damage)
    with pytest.raises(MNISTError, match=words) as caught:
        store.read(written)
    assert str(caught.value).startswith(f"{written}: ")
    assert "delete" not in str(caught.value)
    read, refused = store.read_all(written.parent)
    assert [path for path, _ in read] == [good]
    assert [str(error) for error in refused] == [str(caught.value)] * (words != "not about a run")


def test_what_is_no_result_is_called_what_it_is(tmp_path):
    (tmp_path / "mine.py").write_text("def mine(run): ...")
    with pytest.raises(MNISTError, match=r"mine\.py: not a result; expected a \.json file"):
        store.read(tmp_path / "mine.py")
    with pytest.raises(MNISTError, match="cannot be read"):
        store.read(tmp_path / "gone.json")
    with pytest.raises(MNISTError, match="no such folder"):
        store.read_all(tmp_path / "gone")


def test_all_kinds_of_files_are_read_at_once_and_each_damaged_one_is_refused_once(written):
    folder = written.parent
    failure = Failure("ours", 0, "test", "it broke", "2026-11-23T07:59:00+00:00")
    store.save(folder / "b.failure.json", failure)
    (folder / "a.failure.json").write_text('{"kind": "failure"')
    (folder / "somebody's.json").write_text('{"kind": []}')
    (folder / "._b.failure.json").write_text("which macOS adds")
    read, [refused] = store.read_all(folder, [Result, Failure])
    assert read == [(folder / "b.failure.json", failure), (written, store.read(written))]
    assert str(refused).startswith(f"{folder / 'a.failure.json'}: cut short")
    assert store.read_all(folder)[0] == read[1:]
