"""`make setup` of a small project out of reach of torch's index; the wheels in its folder are all that there is."""

import re
import subprocess

import pytest
from conftest import ROOT

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
