"""pyproject.toml, requirements.lock, environment.yml and the Makefile say the same, and `make setup` follows them."""

import os
import re
import subprocess
import tomllib
from importlib import metadata

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [*PROJECT["dependencies"], *(name for extra in EXTRAS.values() for name in extra)]
LOCK = (ROOT / "requirements.lock").read_text()


def locked():
    """Map each name to its pinned versions; the universal lock has some twice, for different Pythons or systems."""
    pins = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", LOCK, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def test_each_dependency_is_named_once_locked_within_its_bounds_and_installed():
    wanted = {canonicalize_name(Requirement(text).name): Requirement(text) for text in WANTED}
    assert len(wanted) == len(WANTED)
    for name, requirement in wanted.items():
        assert all(version in requirement.specifier for version in locked()[name]), name
        assert metadata.version(name).split("+")[0] in locked()[name], "run make setup"


def test_the_lock_has_a_hash_for_each_and_no_address():
    pins = re.findall(r"^[A-Za-z0-9._-]+==.*\\$", LOCK, re.MULTILINE)
    assert len(pins) == sum(map(len, locked().values()))
    assert not re.search("://|index-url", LOCK)


def test_conda_takes_python_and_pip_and_the_rest_comes_from_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    *conda, pip = environment["dependencies"]
    assert conda == [f"python{PROJECT['requires-python']}", "pip"]
    extras = ",".join(sorted(EXTRAS, reverse=True))
    assert pip == {"pip": [f"--editable .[{extras}]"]}


def test_make_help_lists_each_target_once_and_a_second_set_up_does_nothing():
    def make(*arguments):  # as a person would, also where these tests are run by make
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.check_output(["make", *arguments], cwd=ROOT, env=environment, text=True)

    shown = make("help")
    listed = re.findall(r"^  make (\S+)  ", shown, re.MULTILINE)
    assert {"setup", "lab", "test", "lint", "lock", "clean"} <= set(listed)
    assert len(listed) == len(set(listed)) == len(shown.splitlines())
    assert "Nothing to be done" in make("-n", "setup")


def test_ci_calls_what_a_newcomer_calls():
    [steps] = re.findall(r"^for step in (.+); do$", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert steps.split() == ["setup", "lint", "test", "check-site", "versions-lowest"]


# A small project out of reach of torch's index; the wheels in its folder are all that there is.
UV, MAKE = ROOT / ".venv/bin/uv", ("make", "--file", ROOT / "Makefile", "setup")
OUTSIDE = {"PATH": f"{UV.parent}:/usr/bin:/bin", "HTTPS_PROXY": "127.0.0.1:9", "UV_CACHE_DIR": "cache"}
OUTSIDE |= {"UV_DEFAULT_INDEX": "./", "UV_FIND_LINKS": "."}


@pytest.fixture
def run(tmp_path):
    def run(*command):
        said = subprocess.check_output(command, cwd=tmp_path, env=OUTSIDE, stderr=subprocess.STDOUT, text=True)
        return re.findall(r"torch: only the default build|Nothing to be done|[-+~] torch==.*", said)

    for name in ("torch", "torchvision"):
        run(UV, "init", "--lib", "--vcs", "none", name)
        run(UV, "build", "--wheel", "--out-dir", ".", name)
        run(UV, "version", "--frozen", "--project", name, "0.1.0+cpu")
        run(UV, "build", "--wheel", "--out-dir", "small", name)
    run(UV, "init", "--lib", "--vcs", "none", "--name", "project")
    run(UV, "add", "--frozen", "torch", "torchvision")
    run(UV, "pip", "compile", "--generate-hashes", "--output-file", "requirements.lock", "pyproject.toml")
    run(UV, "venv")
    (tmp_path / ".venv/bin/uv").symlink_to(UV)
    return run


def test_where_torchs_index_is_out_of_reach_the_default_build_comes(run):
    assert run(*MAKE) + run(*MAKE) == ["torch: only the default build", "+ torch==0.1.0", "Nothing to be done"]


def test_a_build_that_is_there_stays_until_another_is_named(run):
    run(UV, "pip", "install", "--no-index", "--find-links", "small", "torch==0.1.0+cpu", "torchvision==0.1.0+cpu")
    assert run(*MAKE) == []
    assert run(*MAKE, "TORCH_BACKEND=default") == ["- torch==0.1.0+cpu", "+ torch==0.1.0"]
