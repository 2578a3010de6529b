import numpy as np
import pytest
from conftest import forge

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import code, robustness
from mnist_tutorial.benchmark.recipe import Task, load_recipe
from mnist_tutorial.benchmark.report.figures import draw_robustness, to_png
from mnist_tutorial.benchmark.robustness import CORRUPTIONS, Robustness, corrupted, evaluate
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.benchmark.splits import split_for
from mnist_tutorial.benchmark.store import read_all, save

EACH = {name: [round(1 - 0.1 * s, 2) for s in range(1, 6)] for name in CORRUPTIONS}


def made(**others):
    fields = {"recipe": "ours", "seed": 0, "evaluated_on": "test", "variant": "full", "clean": 0.99, "accuracies": EACH}
    fields |= {"precision": "32-true", "seconds": 50.0, "code": {"a": "1"}, "machine": {"processor": "a processor"}}
    return Robustness(**(fields | {"started": "2026-11-26T08:00:00+00:00"} | others))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_set_is_the_published_one_and_harder_than_the_one_before(name, mnist, sample):
    held_out = split_for(mnist, "validation")[1]
    assert corrupted(mnist.test, name, 3).images.dtype == np.uint8
    corrupted(held_out, name, 5)
    distances = [
        np.abs(corrupted(sample.test, name, s).images.astype(float) - sample.test.images).mean() for s in range(1, 6)
    ]
    assert distances == sorted(distances)


@pytest.mark.full
@pytest.mark.parametrize(("capability", "threads"), [("default", "1"), ("default", "3"), ("avx2", "2")])
def test_a_set_is_the_same_with_any_number_of_threads_and_on_older_processors(capability, threads, run_python):
    script = "import mnist_tutorial as mt; from mnist_tutorial.benchmark.robustness import CORRUPTIONS, corrupted\n"
    script += "for name in CORRUPTIONS: corrupted(mt.load('sample').test, name, 2)"
    done = run_python("-c", script, ATEN_CPU_CAPABILITY=capability, OMP_NUM_THREADS=threads)
    assert done.returncode == 0, done.stderr


def test_a_set_that_comes_out_differently_is_refused(sample, monkeypatch):
    make = robustness.corrupt
    monkeypatch.setattr(robustness, "corrupt", lambda *arguments: make(*arguments) ^ np.eye(28, dtype=np.uint8))
    with pytest.raises(MNISTError, match=r"rotate at strength 2 of .* sample: SHA-256"):
        corrupted(sample.test, "rotate", 2)


def test_other_digits_corruptions_and_strengths_are_refused(sample):
    few = sample.test.take(100, seed=0)
    wrong = [(few, "rotate", 2, "SHA-256"), (sample.test, "rotated", 2, "rotated")]
    for split, name, strength, match in wrong + [(sample.test, "rotate", s, "1 to 5") for s in (0, 6, 1.5, "1")]:
        with pytest.raises(MNISTError, match=match):
            corrupted(split, name, strength)


def test_a_network_predicts_each_set_once_and_gets_no_labels(sample, quick_file):
    task = Task(load_recipe(f"{quick_file}:quick"), 0, "test", "sample")
    run, seen = Run(sample.train, 0), []

    def predict(network, split):
        seen.append(split)
        return np.eye(10)[split.images.astype(int).sum((1, 2)) % 10]

    run.predict = predict
    found = evaluate(run, "a network", task, {"a": "1"})
    assert len(seen) == 61
    assert len({split.images.tobytes() for split in seen}) == 61
    assert all((split.labels == -1).all() for split in seen)
    answers = corrupted(sample.test, "shear", 4).images.astype(int).sum((1, 2)) % 10
    assert found.accuracies["shear"][3] == np.mean(answers == sample.test.labels)


def test_what_is_read_is_what_was_written_and_results_are_read_beside_it(tmp_path):
    save(path := tmp_path / "ours.json", made())
    assert read_all(tmp_path, [Robustness]) == ([(path, made())], [])
    assert read_all(tmp_path) == ([], [])
    assert made().name == f"ours-{code.version({'a': '1'})[:8]}-robustness-seed0"
    assert made().mean == pytest.approx(0.7)
    assert made(variant="sample", evaluated_on="validation").name.endswith("-sample-robustness-validation-seed0")


@pytest.mark.parametrize(
    ("problem", "fields"),
    [("suite is '000", {"suite": "0" * 64}), ("accuracies.rotate", {"accuracies": EACH | {"rotate": [0.5]}})],
)
def test_a_file_of_another_suite_or_with_gaps_is_refused(problem, fields, tmp_path):
    save(path := tmp_path / "ours.json", made())
    forge(path, **fields)
    read, [refused] = read_all(tmp_path, [Robustness])
    assert not read
    assert problem in str(refused)


def test_the_picture_has_a_curve_for_each_corruption(tmp_path):
    figure = draw_robustness(made(recipe="ours_$x^2$"))
    curves = [axes.lines[-1].get_ydata() for axes in figure.axes]
    assert len(curves) == len(CORRUPTIONS)
    np.testing.assert_allclose(curves[3], [99, 90, 80, 70, 60, 50])
    to_png(figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
