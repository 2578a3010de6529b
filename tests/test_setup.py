"""pyproject.toml, requirements.lock, environment.yml and the Makefile say the same."""

import re
import shutil
import subprocess
import tomllib

import pytest
import yaml
from conftest import ROOT
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WANTED = [*PROJECT["dependencies"], *(name for extra in PROJECT["optional-dependencies"].values() for name in extra)]
LOCK = (ROOT / "requirements.lock").read_text()


def locked():
    """Map each name to its pinned versions; the universal lock has some twice, for different Pythons or systems."""
    pins = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", LOCK, re.MULTILINE):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def test_each_dependency_is_named_once():
    names = [canonicalize_name(Requirement(text).name) for text in WANTED]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("text", WANTED)
def test_the_lock_has_a_release_within_the_bounds_of_each(text):
    wanted = Requirement(text)
    versions = locked()[canonicalize_name(wanted.name)]
    assert versions
    assert all(version in wanted.specifier for version in versions)


def test_the_lock_has_a_hash_for_each_and_no_address():
    pins = re.findall(r"^[A-Za-z0-9._-]+==.*\\$", LOCK, re.MULTILINE)
    assert len(pins) == sum(len(versions) for versions in locked().values())
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_conda_takes_python_and_pip_and_the_rest_comes_from_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    *conda, pip = environment["dependencies"]
    assert conda == [f"python{PROJECT['requires-python']}", "pip"]
    extras = ",".join(sorted(PROJECT["optional-dependencies"], reverse=True))
    assert pip == {"pip": [f"--editable .[{extras}]"]}


def test_what_is_installed_is_what_is_locked():
    from importlib.metadata import version

    python = default_environment()["python_version"]
    for text in WANTED:
        name = canonicalize_name(Requirement(text).name)
        assert version(name).split("+")[0] in locked()[name], f"{name} on Python {python}: run make setup"


def test_make_help_lists_each_target_once():
    done = subprocess.run([shutil.which("make"), "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make (\w+)  ", done.stdout, re.MULTILINE)
    assert {"setup", "lab", "test", "lint", "lock", "clean"} <= set(listed)
    assert len(listed) == len(set(listed)) == len(done.stdout.splitlines())


def test_a_second_set_up_does_nothing():
    done = subprocess.run([shutil.which("make"), "-n", "setup"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Nothing to be done" in done.stdout


def test_ci_calls_what_a_newcomer_calls():
    assert re.findall(r"^make \w+$", (ROOT / ".ci/run").read_text(), re.MULTILINE) == ["make lint", "make test"]
