"""`make setup` of a small project, with indexes on this machine in the place of PyPI's and torch's."""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT, send

sys.path.insert(0, str(ROOT / "tools"))
import torch_backend

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one build")
UV = ROOT / ".venv/bin/uv"
PYTHON = f"cp3{sys.version_info[1]}"
LINUX = f"manylinux_2_28_{platform.machine()}"
CLOSED = "http://127.0.0.1:9/whl"  # nobody answers at this port
LOCK = "torch==2.15.0 \\\n    --hash=sha256:{torch}\ntorchvision==0.29.2 \\\n    --hash=sha256:{torchvision}\n"
PROJECT = """
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
[project]
name = "small"
version = "1"
dependencies = ["torch>=2.15", "torchvision"]
[project.optional-dependencies]
lab = []
dev = []
dask = []
[tool.uv.build-backend]
module-root = ""
"""


def wheel(folder, name, version, tag=f"{PYTHON}-{PYTHON}-{LINUX}"):
    """Make a small wheel; returns its digest."""
    metadata, path = f"{name}-{version}.dist-info", folder / f"{name}-{version}-{tag}.whl"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{metadata}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{metadata}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    record = ""
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{file},sha256={digest},{len(text)}\n"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{metadata}/RECORD": f"{record}{metadata}/RECORD,,\n"}.items():
            archive.writestr(file, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path, answer):
    """Two indexes: ``pypi/`` has the default builds of torch and torchvision, and ``whl/cpu/`` the small ones."""

    def respond(handler):
        path = tmp_path / "index" / handler.path.replace("%2B", "+").strip("/")
        if path.is_file():
            return send(handler, path.read_bytes())
        links = [f'<a href="{file.name.replace("+", "%2B")}">{file.name}</a>' for file in path.glob("*.whl")]
        send(handler, "\n".join(links).encode(), 200 if links else 404, Content_Type="text/html")

    return answer(respond)


@pytest.fixture
def project(tmp_path, index):
    """A folder in which `make setup` works as in a clone; the value is a function that calls make there."""
    releases = {"torch": "2.15.0", "torchvision": "0.29.2"}
    digests = {name: wheel(tmp_path / "index/pypi" / name, name, version) for name, version in releases.items()}
    for name, version in releases.items():
        wheel(tmp_path / "index/whl/cpu" / name, name, f"{version}+cpu")
    folder = tmp_path / "project"
    (folder / "small").mkdir(parents=True)
    (folder / "small/__init__.py").touch()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "requirements.lock").write_text(LOCK.format(**digests))
    (folder / "tools").mkdir()
    for name in ("Makefile", "tools/torch_backend.py"):
        shutil.copy(ROOT / name, folder / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "UV_"))}
    environment = {name: value for name, value in environment.items() if "proxy" not in name.lower()}
    environment |= {"UV_DEFAULT_INDEX": f"{index}pypi", "UV_CACHE_DIR": str(tmp_path / "uv"), "UV_NO_CONFIG": "1"}
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder / ".venv"], env=environment, check=True)
    (folder / ".venv/bin/uv").symlink_to(UV.resolve())  # there is no second one to download

    def make(*arguments, backend=None, index=f"{index}whl"):
        chosen = [f"TORCH_BACKEND={backend}"] if backend else []
        command = ["make", *arguments, *chosen, f"TORCH_INDEX={index}"]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)

    make.folder = folder
    return make


@pytest.fixture
def no_driver(monkeypatch):
    if torch_backend.driver():
        pytest.skip("an NVIDIA driver is here")


def installed(project):
    """Return the versions of torch and torchvision that Python imports there."""
    code = "import torch, torchvision; print(torch.__version__, torchvision.__version__)"
    python = project.folder / ".venv/bin/python"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def explanations(done):
    return [line for line in done.stderr.splitlines() if line.startswith("torch: ")]


@pytest.mark.usefixtures("no_driver")
def test_without_a_driver_the_small_build_comes_and_stays(project, answer):
    done = project("setup")
    assert done.returncode == 0, done.stderr
    assert installed(project) == ["2.15.0+cpu", "0.29.2+cpu"]
    [line] = explanations(done)
    assert line.startswith("torch: the cpu build")
    asked = len(answer.requests)
    again = project("setup")
    assert (again.returncode, explanations(again), len(answer.requests)) == (0, [], asked)
    (project.folder / "pyproject.toml").touch()
    changed = project("setup", index=CLOSED)  # what is installed is enough
    assert explanations(changed) == []
    assert [path.name for path in (project.folder / ".venv").glob(".setup-*")] == [".setup-cpu"]


@pytest.mark.usefixtures("no_driver")
def test_where_the_index_is_closed_the_default_build_comes(project):
    done = project("setup", index=CLOSED)
    assert done.returncode == 0, done.stderr
    assert installed(project) == ["2.15.0", "0.29.2"]
    [line] = explanations(done)
    assert line.startswith("torch: the default build")
    assert "127.0.0.1" in line
    assert "Nothing to be done" in project("-n", "setup").stdout


def test_a_backend_that_is_given_is_taken(project, answer):
    assert project("setup", backend="default").returncode == 0
    assert installed(project) == ["2.15.0", "0.29.2"]
    assert not [path for path, _ in answer.requests if path.startswith("/whl")]
    done = project("setup", backend="cpu")
    assert done.returncode == 0, done.stderr
    assert installed(project) == ["2.15.0+cpu", "0.29.2+cpu"]
    assert explanations(done) == []
    done = project("setup", backend="default", index=CLOSED)
    assert done.returncode == 0, done.stderr
    assert installed(project) == ["2.15.0", "0.29.2"]


def test_a_dry_run_asks_nobody(project, answer):
    done = project("-n", "setup")
    assert done.returncode == 0
    assert "torch_backend.py" in done.stdout
    assert not answer.requests
    assert not list((project.folder / ".venv").glob(".setup-*"))


@pytest.mark.usefixtures("no_driver")
@pytest.mark.parametrize(
    ("name", "version", "tag"),
    [
        ("torchvision", "0.29.1+cpu", f"{PYTHON}-{PYTHON}-{LINUX}"),
        ("torchvision", "0.29.2+cpu", f"cp27-cp27m-{LINUX}"),
        ("torch", "2.15.0+cpu", f"{PYTHON}-{PYTHON}-manylinux_2_28_other"),
        ("torch", "2.15.0+cpu", f"{PYTHON}-{PYTHON}-win_amd64"),
    ],
)
def test_an_index_without_our_release_is_not_taken(project, tmp_path, index, name, version, tag):
    shutil.rmtree(tmp_path / "index/whl/cpu" / name)
    wheel(tmp_path / "index/whl/cpu" / name, name, version, tag)
    backend, reason = torch_backend.choose(f"{index}whl", (project.folder / "requirements.lock").read_text())
    assert backend == "default"
    assert name in reason


@pytest.mark.usefixtures("no_driver")
def test_a_login_page_is_not_taken_for_an_index(answer):
    address = answer(lambda handler: send(handler, b"<html>Welcome to our Wi-Fi</html>"))
    assert torch_backend.choose(address, "torch==2.15.0\ntorchvision==0.29.2\n")[0] == "default"


@pytest.mark.usefixtures("no_driver")
def test_a_silent_server_does_not_hold_anyone_up(answer, monkeypatch):
    import threading

    monkeypatch.setattr(torch_backend, "SECONDS", 0.2)
    over = threading.Event()
    address = answer(lambda handler: over.wait(60))
    backend, reason = torch_backend.choose(address, "torch==2.15.0\ntorchvision==0.29.2\n")
    over.set()
    assert (backend, reason.endswith("no answer in time")) == ("default", True)


@pytest.mark.parametrize(
    "files",
    [["proc/driver/nvidia/version"], ["dev/dxg", "usr/lib/wsl/lib/libcuda.so.1"], ["bin/nvidia-smi"]],
)
def test_a_driver_shows_itself(tmp_path, monkeypatch, files):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert torch_backend.driver(tmp_path) is None
    for name in files:
        assert torch_backend.driver(tmp_path) is None
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch(0o755)
    assert torch_backend.driver(tmp_path) == str(tmp_path / files[-1])
