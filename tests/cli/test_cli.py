import hashlib
import zipfile

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.data.reference import DIGESTS


def run(*arguments):
    """Run a command in this process."""
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def sample_zip(path, *options):
    return run("export", "--variant", "sample", "--zip", path, *options)


def test_export_writes_folder_and_zip_and_verify_takes_both_and_force_overwrites(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"mine")
    done = sample_zip(tmp_path / "a.zip")
    assert done.exit_code == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {tmp_path / 'a.zip'} exists")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]
    done = sample_zip(tmp_path / "a.zip", tmp_path / "tree", "--layout", "flat", "--manifest", "--force")
    assert done.exit_code == 0, done.stderr
    folder, archive, *uses = done.stdout.splitlines()
    assert folder.startswith(f"{tmp_path / 'tree'}: MNIST sample")
    digest = hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    for words in ("MNIST sample", "5,003 files", digest):
        assert words in archive
    with zipfile.ZipFile(tmp_path / "a.zip") as files:
        for name in ("README.md", "manifest.csv", "mnist/train/7_000123.png"):
            assert files.read(f"MNIST_dataset/{name}") == (tmp_path / "tree" / name).read_bytes()
    assert uses[1].endswith(f'MNIST_dataset: "{tmp_path / "tree"}"')
    assert uses[2].endswith('--layout torchvision is for torchvision.datasets.MNIST("DIR")')
    for path in (tmp_path / "tree", tmp_path / "a.zip"):
        done = run("verify", path)
        assert (done.exit_code, done.stdout.split(",")[0]) == (0, f"{path}: MNIST sample")


@pytest.mark.parametrize("arguments", [[], [""], ["--zip", ""], ["a", "--zip", ""], ["a", "--variant", "half"]])
def test_a_wrong_option_or_no_name_is_a_usage_error_and_writes_nothing(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("export", "--variant", "sample", *arguments)
    assert done.exit_code == 2
    assert ("half" if "half" in arguments else "--zip FILE") in done.stderr
    assert not list(tmp_path.iterdir())


def test_verify_names_the_first_five_and_the_count(class_tree):
    for path in sorted(class_tree.glob("train/7/*.png"))[:23]:
        path.unlink()
    done = run("verify", class_tree)
    assert done.exit_code == 1
    first, *findings, rest = done.stderr.splitlines()
    assert first == f"{class_tree}: MNIST sample, incomplete: 23 missing"
    assert findings == [f"  missing: train/7/7_{number:06}.png" for number in range(5)]
    assert "18 more" in rest


def test_cite_prints_the_citations_of_the_readme():
    done = run("cite")
    assert done.exit_code == 0
    bibtex = done.stdout.split("```bibtex\n")[1].split("```")[0]
    assert bibtex.count("@article{") == 2
    assert bibtex in (ROOT / "README.md").read_text(encoding="utf-8")


def test_fetch_prints_what_is_in_the_cache_with_its_digests(mnist):
    done = run("fetch")
    assert done.exit_code == 0
    for words in ("MNIST full", "60,000 + 10,000", mnist.origin, mnist.fetched, *DIGESTS["full"]):
        assert words in done.stdout
    assert done.stderr == ""


def test_fetch_offline_is_an_error_and_prints_nothing_animated(run_python, empty_cache, no_network):
    done = run_python("-m", "mnist_tutorial", "fetch")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: no mirror delivered MNIST:")
    assert "Traceback" not in done.stderr
    assert "\r" not in done.stderr
    assert run("fetch", "--variant", "auto").stdout.startswith("MNIST sample: 4,000 + 1,000 digits")


COMMANDS = ["fetch", "export", "verify", "cite", "lab", "doctor", "kit", "workshop", "grade", "benchmark run"]
COMMANDS += [f"benchmark {name}" for name in ("reproduce", "report", "compare", "check", "record", "robustness")]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_loads_nothing_heavy(command, run_python):
    done = run_python("-X", "importtime", "-m", "mnist_tutorial", *command.split(), "--help")
    assert f"Example: python -m mnist_tutorial {command}" in " ".join(done.stdout.split())
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"numpy", "torch", "deeptrack", "matplotlib", "rich", "requests"}


def test_what_cannot_be_read_or_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    gone = tmp_path / "gone.zip"
    for done, path in ((run("verify", gone), gone), (sample_zip(tmp_path / "file/a.zip"), tmp_path / "file")):
        assert done.exit_code == 1
        [line] = done.stderr.splitlines()
        assert line.startswith("error: ")
        assert str(path) in line
