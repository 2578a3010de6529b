"""Kits of a small clone, whose few packages lie in a folder: pip and uv are real, and need no network.

The whole thing, with all wheels, is in test_kit_alone.py.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup import kit

PYTHON = platform.python_version().rpartition(".")[0]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kit of these tests is for Linux")
# Without a network, nothing can be built but by a backend of one's own: it takes a wheel that is there.
PROJECT = """
build-system = {requires = [], build-backend = "backend", backend-path = ["."]}
[project]
name = "mnist-tutorial"
version = "0.1.0"
dependencies = ["tqdm", "torch"]
optional-dependencies = {lab = ["jupyterlab"], kit = ["uv"]}
"""
BACKEND = """
import shutil
def build_wheel(folder, settings=None, metadata=None):
    shutil.copy("mnist_tutorial-0.1.0-py3-none-any.whl", folder)
    return "mnist_tutorial-0.1.0-py3-none-any.whl"
"""
LOCKED = {"tqdm": "1.2", "torch": "2.9.0", "nvidia-cublas": "13.1", "jupyterlab": "4.5", "pytest": "9.0", "uv": "0.9.9"}


def wheel(folder, name, release, needs=(), files=None):
    stem = f"{name.replace('-', '_')}-{release}"
    metadata = "".join(f"Requires-Dist: {other}\n" for other in needs)
    contents = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n{metadata}",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/RECORD": "",
        f"{name}.txt": "a file of this package " * 100,
        **(files or {}),
    }
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for member, content in contents.items():
            archive.writestr(member, content)
    return Path(archive.filename)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone with a lock, and an index, a folder with a page of links, which has newer releases, too."""
    root, index = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("index")
    for name, release in [*LOCKED.items(), ("tqdm", "99.0")]:
        wheel(index, name, release)
    wheel(index, "torch", LOCKED["torch"], ["nvidia-cublas"])
    program = Path(sys.executable).with_name("uv").read_bytes()
    wheel(index, "uv", LOCKED["uv"], files={f"uv-{LOCKED['uv']}.data/scripts/uv": program})
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in index.iterdir()}
    links = [f'<a href="{name}#sha256={digest}">{name}</a>' for name, digest in digests.items()]
    (index / "links.html").write_text("\n".join(links))
    wheel(root, "mnist-tutorial", "0.1.0", ["tqdm", "torch"])
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    (root / "requirements.lock").write_text("".join(f"{name}=={release}\n" for name, release in LOCKED.items()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("UV_NO_CONFIG", "1")
        for tool in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS"):
            patch.setenv(tool, index.as_uri())
        patch.setenv("PIP_FIND_LINKS", str(index / "links.html"))
        yield root, index


@pytest.fixture(scope="module")
def whole(clone, mnist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit") / "my kit"
    *_, last = kit.write(folder, ["linux"], PYTHON, root=clone[0])
    assert str(folder) in last
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "a copy"))


def verify(folder):
    command = [sys.executable, "-m", "mnist_tutorial", "kit", str(folder), "--verify"]
    return subprocess.run(command, text=True, capture_output=True)


def change(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_it_has_what_students_need_in_the_locked_releases(whole):
    wheels = {path.name.split("-")[0]: path.name.split("-")[1] for path in whole.glob("linux/*.whl")}
    expected = {name.replace("-", "_"): release for name, release in LOCKED.items() if name != "pytest"}
    assert wheels == expected | {"mnist_tutorial": "0.1.0"}
    with zipfile.ZipFile(whole / "mnist.zip") as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 70_000
    assert (whole / "start.bat").read_bytes().count(b"\r\n") == (whole / "start.bat").read_bytes().count(b"\n")
    assert b"\r" not in (whole / "start.sh").read_bytes()
    assert not [path.name for path in whole.glob("[Rs]*.*") if re.search(rb"@[A-Z]+@", path.read_bytes())]


def test_a_kit_that_was_interrupted_is_carried_on(clone, copy):
    root, index = clone
    damaged, kept = next(copy.glob("linux/torch-*.whl")), next(copy.glob("linux/tqdm-*.whl"))
    change(damaged)
    next(copy.glob("linux/jupyterlab-*.whl")).unlink()
    (hidden,) = index.glob("jupyterlab-*.whl")
    aside = hidden.rename(index / "hidden")
    before = kept.stat()
    with pytest.raises(MNISTError, match="jupyterlab"):
        list(kit.write(copy, ["linux"], PYTHON, root=root))
    aside.rename(hidden)
    assert verify(copy).returncode == 1
    list(kit.write(copy, ["linux"], PYTHON, root=root))
    assert damaged.read_bytes() == next(index.glob("torch-*.whl")).read_bytes()
    assert (kept.stat().st_ino, kept.stat().st_mtime) == (before.st_ino, before.st_mtime)
    assert verify(copy).returncode == 0


def test_verify_and_sha256sum_name_what_is_missing_or_changed(copy):
    (copy / ".DS_Store").write_bytes(b"")  # systems leave such files on a stick
    (copy / "linux/._torch.whl").write_bytes(b"")
    assert verify(copy).returncode == 0
    (copy / "mnist.zip").unlink()
    change(copy / "start.py")
    done = verify(copy)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[1:] == ["missing: mnist.zip", "changed: start.py"]
    if shutil.which("sha256sum"):
        done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=copy, capture_output=True, text=True)
        failed = [line.split(":")[0] for line in done.stdout.splitlines() if not line.endswith("OK")]
        assert failed == ["mnist.zip", "start.py"]


@pytest.mark.parametrize("content", [None, "", "cut o"])
def test_a_folder_that_is_no_complete_kit_is_one_line(tmp_path, content):
    if content is not None:
        (tmp_path / "SHA256SUMS").write_text(content)
    [line] = verify(tmp_path).stderr.splitlines()
    assert line.startswith(f"error: {tmp_path}")


def test_other_files_and_kits_with_other_options_stay(clone, copy, tmp_path):
    (tmp_path / "mine/linux").mkdir(parents=True)
    (tmp_path / "mine/README.txt").write_text("mine")
    for folder in (tmp_path / "mine", copy):
        with pytest.raises(MNISTError, match="other files"):
            list(kit.write(folder, ["windows"], PYTHON, root=clone[0]))
    assert (tmp_path / "mine/README.txt").read_text() == "mine"
    assert len([*(tmp_path / "mine").iterdir()]) == 2
    assert verify(copy).returncode == 0


@pytest.mark.parametrize("options", [["--platform", "amiga"], ["--python", "3.10"], ["--torch-backend", "abacus"]])
def test_wrong_options_and_a_missing_clone_are_named(run_python, tmp_path, options):
    with pytest.raises(MNISTError, match="git clone"):
        list(kit.write(tmp_path / "kit", ["linux"], PYTHON, root=tmp_path))
    done = run_python("-m", "mnist_tutorial", "kit", str(tmp_path / "kit"), *options)
    assert done.returncode in (1, 2)
    assert options[1] in done.stderr.splitlines()[-1]
    assert not (tmp_path / "kit").exists()


def test_the_small_torch_comes_from_its_own_index_and_without_cuda(clone, mnist, tmp_path):
    (tmp_path / "index/torch").mkdir(parents=True)
    built = wheel(tmp_path / "index/torch", "torch", f"{LOCKED['torch']}+cpu")
    (tmp_path / "index/torch/index.html").write_text(f'<a href="{built.name}">{built.name}</a>')
    list(kit.write(tmp_path / "kit", ["linux"], PYTHON, (tmp_path / "index").as_uri(), clone[0]))
    names = [path.name for path in (tmp_path / "kit/linux").glob("*.whl")]
    assert built.name in names
    assert not [name for name in names if name.startswith(("nvidia", f"torch-{LOCKED['torch']}-"))]


def start(folder, home, course="course", **environment):
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHON": sys.executable} | environment
    command = ["sh", str(folder / "start.sh"), course]
    done = subprocess.run(command, cwd=home, env=environment, text=True, capture_output=True, timeout=300)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@LINUX
def test_start_says_what_is_wrong_with_a_kit(copy, tmp_path):
    torch = next(copy.glob("linux/torch-*.whl"))
    for damage in (change, lambda path: path.write_bytes(path.read_bytes()[:500]), Path.unlink):
        damage(torch)
        message = start(copy, tmp_path)
        assert "torch" in message
        assert message.splitlines()[-1].startswith("error: ")
    (copy / "linux").rename(copy / "macos")
    assert "linux (x86_64)" in start(copy, tmp_path)
    (copy / "SHA256SUMS").unlink()
    (copy / "macos").rename(copy / "linux")
    assert "SHA256SUMS" in start(copy, tmp_path)


@LINUX
def test_start_leaves_what_is_not_ours(whole, tmp_path):
    (tmp_path / "mine/environment").mkdir(parents=True)
    assert str(tmp_path / "mine/environment") in start(whole, tmp_path, "mine")
    assert [path.name for path in (tmp_path / "mine").rglob("*")] == ["environment"]


@LINUX
def test_start_names_the_python_that_is_missing(whole, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "sh"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    message = start(whole, tmp_path, PATH=str(tmp_path / "bin"), PYTHON="")
    assert f"Python {PYTHON}" in message
    assert "https://www.python.org/downloads/" in message
