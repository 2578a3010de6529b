import hashlib
import json

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_tutorial.benchmark.speed.measurement import Route
from mnist_tutorial.cli import app
from mnist_tutorial.data.export import to_folder
from mnist_tutorial.data.reference import DIGESTS

OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "PATH": ""}


def sample_zip(run_python, path, *options):
    return run_python("-m", "mnist_tutorial", "export", "--variant", "sample", "--zip", str(path), *options)


def test_export_writes_folder_and_zip_and_verify_takes_both(run_python, tmp_path):
    options = [str(tmp_path / "tree"), "--layout", "flat", "--manifest"]
    done = sample_zip(run_python, tmp_path / "a.zip", *options)
    assert done.returncode == 0, done.stderr
    folder, archive = done.stdout.splitlines()
    assert folder == f"{tmp_path / 'tree'}: MNIST sample, complete; 5,003 files written"
    digest = hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    assert archive == f"{tmp_path / 'a.zip'}: MNIST sample, 5,003 files, SHA-256 {digest}"
    assert (tmp_path / "tree/mnist/train/7_000123.png").exists()
    for path in (tmp_path / "tree", tmp_path / "a.zip"):
        done = run_python("-m", "mnist_tutorial", "verify", str(path))
        assert (done.returncode, done.stdout) == (0, f"{path}: MNIST sample, complete and unchanged\n")


def test_export_never_overwrites_without_force(run_python, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"mine")
    done = sample_zip(run_python, tmp_path / "a.zip")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'a.zip'} exists; to overwrite it: --force\n"
    assert sample_zip(run_python, tmp_path / "a.zip", "--force").returncode == 0


def test_export_without_a_place_is_a_usage_error(run_python):
    done = run_python("-m", "mnist_tutorial", "export")
    assert done.returncode == 2
    assert done.stderr == "error: nowhere to write to; expected DIR, --zip FILE, or both\n"


def test_export_to_where_nothing_can_be_written_is_one_line(run_python, tmp_path):
    (tmp_path / "file").write_text("")
    done = sample_zip(run_python, tmp_path / "file/a.zip")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert str(tmp_path / "file") in line


def test_verify_names_the_first_twenty_and_the_count(run_python, sample, tmp_path):
    to_folder(sample, tmp_path)
    for path in sorted(tmp_path.glob("train/7/*.png"))[:23]:
        path.unlink()
    done = run_python("-m", "mnist_tutorial", "verify", str(tmp_path))
    assert done.returncode == 1
    first, *findings, rest = done.stderr.splitlines()
    assert first == f"{tmp_path}: not MNIST sample: 23 missing"
    assert findings == [f"  missing: train/7/7_{number:06}.png" for number in range(20)]
    assert rest == "  ... and 3 more"


def test_verify_of_nothing_is_an_error(run_python, tmp_path):
    done = run_python("-m", "mnist_tutorial", "verify", str(tmp_path / "gone.zip"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path / 'gone.zip'} does not exist; expected a folder")


def test_cite_prints_what_the_readme_has(run_python):
    done = run_python("-m", "mnist_tutorial", "cite")
    assert done.returncode == 0
    bibtex = done.stdout.split("```bibtex\n")[1].split("```")[0]
    assert bibtex.count("@article{") == 2
    assert bibtex in (ROOT / "README.md").read_text(encoding="utf-8")


def test_info_shows_variant_digests_versions_and_device(run_python, mnist):
    done = run_python("-m", "mnist_tutorial", "info")
    assert done.returncode == 0
    assert "variant" in done.stdout
    assert "full" in done.stdout
    for digest in DIGESTS["full"]:
        assert digest in done.stdout
    assert mnist.origin in done.stdout
    assert mnist.fetched in done.stdout
    for name in ("deeptrack", "deeplay", "torch", "CPU", "cache"):
        assert name in done.stdout
    assert done.stderr == ""


def test_fetch_says_what_is_there(run_python, mnist):
    done = run_python("-m", "mnist_tutorial", "fetch", "--variant", "full")
    assert done.returncode == 0
    assert done.stdout == f"MNIST full: 60,000 + 10,000 digits, verified, from {mnist.origin}\n"


def test_offline_the_full_set_is_an_error_that_scripts_can_see(run_python, tmp_path):
    cache = str(tmp_path / "cache")
    done = run_python("-m", "mnist_tutorial", "fetch", "--variant", "full", MNIST_TUTORIAL_CACHE=cache, **OFFLINE)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: no mirror delivered MNIST:")
    assert "Traceback" not in done.stderr


def test_offline_fetch_falls_back_on_the_sample_visibly(run_python, tmp_path):
    done = run_python("-m", "mnist_tutorial", "fetch", MNIST_TUTORIAL_CACHE=str(tmp_path / "cache"), **OFFLINE)
    assert done.returncode == 0
    assert done.stdout.startswith("MNIST sample: 4,000 + 1,000 digits")
    assert "This is a SAMPLE of MNIST" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["fetch", "--help"], ["export", "--help"]])
def test_help_loads_nothing_heavy(arguments, run_python):
    done = run_python("-X", "importtime", "-m", "mnist_tutorial", *arguments)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"numpy", "torch", "deeptrack", "matplotlib", "rich"}


def test_a_wrong_variant_is_a_usage_error(run_python):
    done = run_python("-m", "mnist_tutorial", "fetch", "--variant", "half")
    assert done.returncode == 2
    assert "half" in done.stderr


def test_benchmark_prints_a_table_and_writes_json_and_a_chart(monkeypatch, tmp_path):
    def routes(split, folder):  # the real ones take half a minute, and have tests of their own
        return [Route("ours", lambda: (lambda: sum(range(10_000)), len(split)), ""), Route("broken", lambda: 1 / 0, "")]

    monkeypatch.setattr("mnist_tutorial.benchmark.speed.overhead.routes", routes)
    options = ["--variant", "sample", "--repeats", "1", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["benchmark", "overhead", *options])
    measured = json.loads((tmp_path / "overhead.json").read_text())
    assert measured["variant"] == "sample"
    ours, broken = measured["rows"]
    assert "ZeroDivisionError" in broken["failure"]
    assert "overhead, MNIST sample: median of 1 repeats, in turn" in done.stdout
    assert done.exit_code == (not ours["times"]), done.output  # disturbed by other tests
    if ours["times"]:
        assert done.stdout.splitlines()[-1] == str(tmp_path / "overhead.png")
    else:
        assert "error: other programs used the processor too often to measure ours 1 times" in done.stderr


def test_benchmark_into_a_file_is_one_line(run_python, tmp_path):
    (tmp_path / "file").write_text("")
    options = ["--variant", "sample", "--repeats", "1", "--out", str(tmp_path / "file")]
    done = run_python("-m", "mnist_tutorial", "benchmark", "overhead", *options)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "overhead, MNIST sample" not in done.stdout  # said before it measures, not after
