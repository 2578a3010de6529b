"""The wheel, in an environment and a folder of its own, does what README and docs/ show."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from importlib.metadata import version

import nbformat
import pytest
import yaml
from conftest import ROOT

import mnist_tutorial

UV = ROOT / ".venv/bin/uv"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = "\n".join([README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make is not there")
# What README and docs/ show, in this order in one empty folder, and what is run in its place where that takes long.
MINE = "--recipe my_file.py:my_recipe"
COMMANDS = {
    "workshop DIR --start 09:00": None,
    "grade HANDED_IN": None,
    "benchmark run --out results/cpu": "benchmark run logistic-regression --seeds 1 --out results/cpu",
    "benchmark report results/cpu": None,
    f"benchmark run {MINE} --evaluate validation": f"benchmark run {MINE} --evaluate validation --seeds 2",
    f"benchmark run {MINE} cnn": f"benchmark run {MINE} --evaluate test --seeds 2",
    "benchmark compare my-recipe cnn": None,
    "benchmark record 99.0": None,
    f"benchmark run {MINE} train-mnist-fast --seeds 10 --evaluate test --out mine": (
        f"benchmark run {MINE} --seeds 2 --evaluate test --out mine"
    ),
    "benchmark record 99.0 mine": None,
    "export --zip mnist.zip": None,
}
OTHERS = ["--help", "fetch", "cite", "verify mnist.zip", "benchmark compare cnn cnn-1s"]
ELSEWHERE = {"lab", "doctor", "workshop DIR", "kit KIT", "kit KIT --verify"}  # these have tests of their own


def uv(*arguments, cwd=ROOT):
    done = subprocess.run([UV, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    for kind in ("--wheel", "--sdist"):
        uv("build", "--quiet", kind, "--out-dir", folder)
    return folder


def wheel(folder):
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def here(dist, mnist, tmp_path_factory):
    """An empty folder outside the clone; the value runs Python of an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    python = folder / "env/bin/python"
    uv("venv", "--quiet", "--python", sys.executable, folder / "env")
    install = ["pip", "install", "--quiet", "--python", python, "--constraints", "requirements.lock"]
    if build := version("torch").partition("+")[2]:  # this build and no other is on this machine
        index = f"https://download.pytorch.org/whl/{build}"
        uv(*install, "--no-deps", "--no-verify-hashes", "--index", index, "torch", "torchvision")
    uv(*install, f"mnist-tutorial[lab] @ {wheel(dist).as_uri()}")
    (folder / "here").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER"))}
    environment["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"

    def run(*arguments):
        command = [python, *arguments]
        return subprocess.run(command, cwd=run.folder, env=environment, capture_output=True, text=True, timeout=400)

    run.folder, run.python = folder / "here", python
    return run


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["version"] == mnist_tutorial.__version__ == citation["version"]
    assert {f"v{PROJECT['version']}"} == set(re.findall(r"/releases/download/(v[\w.]+)/", PAGES))


@pytest.mark.full
def test_the_metadata_leads_back_to_the_project_and_twine_has_no_objection(dist):
    with zipfile.ZipFile(wheel(dist)) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_string(archive.read(name).decode())
    addresses = dict(line.split(", ") for line in metadata.get_all("Project-URL"))
    assert {"Homepage", "Documentation", "Repository", "Issues"} <= set(addresses)
    assert all(metadata[name] for name in ("Author", "Maintainer"))
    text = metadata.get_payload()
    assert not re.findall(r"\]\((?![a-z]+:|#)[^)]+\)", text)
    for start, path in re.findall(r"(!?)\[[^\[\]]*\]\((?!https?:|#)([^)]+)\)", README):
        place = "raw.githubusercontent.com" if start else "github.com"
        assert re.search(rf"\(https://{place}/DeepTrackAI/mnist-tutorial/(blob/)?main/{re.escape(path)}\)", text)
    uv("tool", "run", "twine", "check", "--strict", *dist.glob("*.whl"), *dist.glob("*.tar.gz"))


@pytest.mark.full
def test_the_sdist_builds_the_same_wheel(dist, tmp_path):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    uv("build", "--quiet", "--wheel", "--out-dir", tmp_path / "again", source)
    assert wheel(tmp_path / "again").read_bytes() == wheel(dist).read_bytes()
    assert (source / "tests/test_wheel.py").is_file()


def test_every_command_of_the_pages_is_here():
    shown = re.findall(r"^(?:python -m mnist_tutorial) ([^#\n]*?) *(?:#.*)?$", PAGES, re.MULTILINE)
    assert set(COMMANDS) <= set(shown)
    assert set(shown) <= {*COMMANDS, *ELSEWHERE}


@pytest.mark.full
def test_every_command_of_the_pages_runs_in_an_empty_folder(here):
    place = here("-c", "import mnist_tutorial; print(mnist_tutorial.__file__)").stdout
    assert str(here.python.parent.parent) in place
    [example] = re.findall(r"```python\n(# my_file\.py\n.*?)```", PAGES, re.DOTALL)
    (here.folder / "my_file.py").write_text(example, encoding="utf-8")
    (here.folder / "HANDED_IN/ada").mkdir(parents=True)
    for command in [*(short or shown for shown, short in COMMANDS.items()), *OTHERS]:
        if command == "grade HANDED_IN":
            shutil.copy(here.folder / "DIR/student/01_loading.ipynb", here.folder / "HANDED_IN/ada")
        done = here("-m", "mnist_tutorial", *command.split())
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
    assert (here.folder / "report/index.html").is_file()
    assert "published results: cnn-1s" in done.stdout


@pytest.mark.full
def test_the_written_notebook_runs_and_jupyterlab_is_there(here):
    assert here("-m", "mnist_tutorial", "lab", "course", "--version").returncode == 0
    done = here("-m", "jupyter", "execute", "--inplace", "course/student/01_loading.ipynb")
    assert done.returncode == 0, done.stderr[-2000:]
    cells = nbformat.read(here.folder / "course/student/01_loading.ipynb", 4).cells
    assert any(output.output_type == "display_data" for cell in cells for output in cell.get("outputs", []))
