"""pyproject.toml, requirements.lock, environment.yml and the Makefile say the same."""

import os
import re
import subprocess
import tomllib
from importlib import metadata

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
