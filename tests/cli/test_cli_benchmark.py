import re
import shutil
from dataclasses import replace

import pytest
from conftest import here, made_result
from filelock import FileLock
from typer.testing import CliRunner

from mnist_tutorial.benchmark.result import Failure
from mnist_tutorial.benchmark.robustness import CORRUPTIONS, Robustness
from mnist_tutorial.benchmark.store import read, read_all, save, write
from mnist_tutorial.cli import app

NO_CURVE = {"images": [], "seconds": [], "accuracy": []}


def benchmark(*arguments):
    """Run a command in this process, which has imported what it needs."""
    done = CliRunner().invoke(app, ["benchmark", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def folder(tmp_path):
    """Results of three recipes: the second makes half as many errors."""
    out = tmp_path / "results"
    out.mkdir()
    for seed in range(3):
        write(made_result("theirs", seed, 100 + seed), out)
        write(made_result("ours", seed, 50 + seed), out)
        write(made_result("train-mnist-fast", seed, 100 + seed, wall=10.0 + seed / 10), out)
    return out


@pytest.fixture
def run(quick_file, tmp_path, monkeypatch):
    """Train on the sample, in this process; test_worker.py runs the command in a process of its own."""
    monkeypatch.setattr("mnist_tutorial.benchmark.worker.run_locally", here)

    def command(*names, options=("--evaluate", "test"), seeds=1):
        recipes = [f"--recipe={quick_file}:{name}" for name in names]
        return benchmark("run", *recipes, "--variant", "sample", "--seeds", seeds, "--out", tmp_path / "out", *options)

    return command


def test_run_goes_on_after_a_failure_and_ends_with_1(run, tmp_path):
    done = run("crashing", "quick")
    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    lines = re.findall(r"^(\w+)-[0-9a-f]{8}-sample-test-seed0: (.*)$", done.stdout, re.MULTILINE)
    assert [name for name, _ in lines] == ["crashing", "quick"]
    assert lines[0][1] == "failed: RuntimeError: it broke"
    assert re.match(r"\d\d\.\d\d% of the test digits, \d\.\d s", lines[1][1])
    assert f"error: 1 of 2 runs failed; see {tmp_path / 'out'}/*.failure.json" in done.stderr
    [(path, _)], _ = read_all(tmp_path / "out")
    assert f"\n{path.stem}: " in done.stdout  # so that you find the file


def test_run_evaluates_on_both_kinds_of_digits_and_a_log_file_has_no_bars(run, tmp_path):
    first, *lines = run("random_guess", options=[], seeds="5-6").stdout.splitlines()
    assert first == "4 of 4 runs to do"
    assert len(lines) == 4
    assert all(line.startswith("random-guess-") for line in lines)
    done = {(result.evaluated_on, result.seed) for _, result in read_all(tmp_path / "out")[0]}
    assert done == {("test", 5), ("test", 6), ("validation", 5), ("validation", 6)}
    assert run("random_guess", seeds="9-5").exit_code == 2


def test_run_stops_before_a_folder_in_use_and_a_damaged_result(run, tmp_path):
    run("random_guess")
    [path] = (tmp_path / "out").iterdir()
    content = path.read_bytes()
    with FileLock(path.with_name(".lock")):  # as a second run in the folder holds it
        done = run("quick", "random_guess")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {tmp_path / 'out'}: another process is at work in it")
    assert path.read_bytes() == content
    path.write_bytes(content[:300])
    done = run("random_guess")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {path}: cut short")
    assert path.read_bytes() == content[:300]


def test_reproduce_ends_with_0_if_all_is_the_same_1_if_not_and_2_if_it_could_not_be_trained(run, quick_file, tmp_path):
    run("random_guess")
    [path] = (tmp_path / "out").iterdir()
    done = benchmark("reproduce", path)
    assert (done.exit_code, done.stdout) == (0, f"{path}: identical: all 1,000 predictions are the same\n")
    other = write(replace(read(path), seed=1), tmp_path)
    done = benchmark("reproduce", other)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{other}: different: ")
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{")
    done = benchmark("reproduce", damaged, quick_file, other, path)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {damaged}: cut short")
    assert f"error: {quick_file}: not a result" in done.stderr
    assert f"{path}: identical" in done.stdout  # the others go on


def test_report_writes_a_page_and_lists_the_refused_files(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    done = benchmark("report", tmp_path / "empty", "--out", tmp_path / "site")
    assert (done.exit_code, (tmp_path / "site").exists()) == (1, False)
    assert done.stderr.startswith(
        f"error: {tmp_path}/empty holds no results; `benchmark run cnn --out {tmp_path}/empty`"
    )
    (folder / "cut.json").write_text('{"kind": "run"')
    done = benchmark("report", folder, "--out", tmp_path / "site")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [str(tmp_path / "site" / name) for name in ("index.html", "report.md")]
    assert done.stderr.startswith(f"refused: {folder / 'cut.json'}: cut short")
    assert "99.49" in (tmp_path / "site/report.md").read_text(encoding="utf-8")
    assert "cut.json" in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_compare_and_report_take_published_results_where_there_are_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = benchmark("compare", "cnn", "cnn-1s")
    assert done.exit_code == 0
    assert "published results: cnn-1s\n" in done.stdout
    given = benchmark("compare", "cnn", "cnn-1s", "--results", tmp_path)
    assert given.exit_code == 1
    assert given.stderr.startswith("error: ")
    done = benchmark("report")
    assert done.exit_code == 0
    assert "published results" in done.stdout
    assert "| cnn-augmented" in (tmp_path / "report/report.md").read_text(encoding="utf-8")
    (tmp_path / "results").mkdir()
    for seed, code in ((0, 1), (1, 0)):  # a single run of ours is too few
        write(made_result("ours", seed), tmp_path / "results")
        done = benchmark("compare", "ours", "cnn")
        assert done.exit_code == code
    assert "published results: cnn\n" in done.stdout
    done = benchmark("report")
    assert "published results" not in done.stdout
    assert "cnn-augmented" not in (tmp_path / "report/report.md").read_text(encoding="utf-8")


def test_a_file_that_is_not_ours_or_was_changed_is_replaced_with_force_only(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    write(made_result(evaluated_on="validation", validation_curve=NO_CURVE), folder)  # nothing to draw, which is quick

    def refused(path, text):
        done = benchmark("report", folder, "--out", tmp_path)
        [line] = done.stderr.splitlines()
        assert line.startswith(f"error: {path}")
        assert "--force" in line
        return done.exit_code == 1 and path.read_text(encoding="utf-8").endswith(text)

    for name in ("index.html", "report.md"):
        path = tmp_path / name
        path.write_text("mine")
        assert refused(path, "mine")
        for options in (["--force"], []):  # our own is replaced without
            assert benchmark("report", folder, "--out", tmp_path, *options).exit_code == 0
        with path.open("a", encoding="utf-8") as file:
            file.write("A remark.\n")
        assert refused(path, "A remark.\n")
        assert benchmark("report", folder, "--out", tmp_path, "--force").exit_code == 0
        assert "A remark." not in path.read_text(encoding="utf-8")


def test_the_report_of_a_class_names_people_and_is_shown_here(tmp_path):
    for name in (":x:[b]", "Ben"):
        (tmp_path / "class" / name / "results").mkdir(parents=True)
        for seed in range(3):
            busy = {"parameters": 279_818_000, "wall": 1234.5, "other_cpu_seconds": 10.0 * (seed == 0)}
            write(made_result("cnn-augmented", seed, 900 + seed, **busy), tmp_path / "class" / name / "results")
    save(tmp_path / "class/Ben/mine.failure.json", Failure("mine", 0, "test", "it broke", "2026-11-23"))
    done = benchmark("report", tmp_path / "class", "--out", tmp_path / "site")
    assert done.exit_code == 0
    for shown in (done.stdout, (tmp_path / "site/index.html").read_text(encoding="utf-8")):
        for words in (":x:[b]", "1,234 (2 of 3)", "same predictions as", "Ben/cnn-augmented"):
            assert words in shown
    lines = (tmp_path / "site/report.md").read_text(encoding="utf-8").splitlines()
    assert "| :x:\\[b\\] | cnn-augmented | Ben/cnn-augmented | 279,818,000 | 90.99 ± 0.01 | 3 |" in " ".join(lines)
    assert any("same predictions under another name" in line for line in lines)
    assert "People: 2." in lines[4]
    assert "- Ben/mine, seed 0, test: it broke" in lines


def test_compare_answers_in_a_sentence_and_check_ends_with_1_when_a_recipe_got_worse(folder, tmp_path):
    done = benchmark("compare", "theirs", "ours", "--results", folder)
    assert done.exit_code == 0
    assert "ours makes 50.0 fewer errors than theirs on 10,000 test digits" in done.stdout
    now = shutil.copytree(folder, tmp_path / "now")
    for seed in range(3):
        (now / f"{made_result('ours', seed).name}.json").unlink()
        write(made_result("ours", seed, 150 + seed), now)
    done = benchmark("check", folder, now)
    assert done.exit_code == 1
    assert "ours" in done.stderr
    assert "theirs" not in done.stderr


@pytest.mark.full
def test_robustness_trains_a_recipe_and_measures_it_on_all_corruptions(run_python, quick_file, tmp_path):
    options = [f"{quick_file}:quick", "--variant", "sample", "--out", str(tmp_path / "out")]
    done = run_python("-m", "mnist_tutorial", "benchmark", "robustness", *options)
    assert (done.returncode, done.stderr) == (0, "")  # no bar where there is no terminal
    [(_, measured)], refused = read_all(tmp_path / "out", [Robustness])
    assert refused == []
    assert (measured.recipe, measured.evaluated_on, measured.variant, measured.seed) == ("quick", "test", "sample", 0)
    assert measured.clean > 0.75
    assert measured.accuracies["rotate"][4] < measured.accuracies["rotate"][0] < measured.clean + 0.02
    assert all(corruption in done.stdout for corruption in CORRUPTIONS)
    assert f"{measured.mean:.2%}" in done.stdout
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".json", ".png"]
