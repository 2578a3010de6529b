import pytest

from mnist_tutorial.digests import DIGESTS

OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "PATH": ""}


def test_info_shows_variant_digests_versions_and_device(run_python, mnist):
    done = run_python("-m", "mnist_tutorial", "info")
    assert done.returncode == 0
    assert "variant" in done.stdout
    assert "full" in done.stdout
    for digest in DIGESTS["full"]:
        assert digest in done.stdout
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


@pytest.mark.parametrize("arguments", [["--help"], ["fetch", "--help"]])
def test_help_loads_nothing_heavy(arguments, run_python):
    done = run_python("-X", "importtime", "-m", "mnist_tutorial", *arguments)
    assert done.returncode == 0
    assert "fetch" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"numpy", "torch", "deeptrack", "matplotlib", "rich"}


def test_a_wrong_variant_is_a_usage_error(run_python):
    done = run_python("-m", "mnist_tutorial", "fetch", "--variant", "half")
    assert done.returncode == 2
    assert "half" in done.stderr
