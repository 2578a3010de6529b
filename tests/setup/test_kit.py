"""Kits of small wheels, with the names and releases of the lock: pip and uv are real, and need no network.

The whole thing, with all wheels, is in test_kit_alone.py.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import send

import mnist_tutorial
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup import kit
from mnist_tutorial.setup.kit import wheel
from mnist_tutorial.setup.kit.wheels import Wheels
from mnist_tutorial.setup.lock import lock, needed, releases

HERE = kit.target("linux")
LAST = "yarl"  # of the packages that pip fetches
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kit of these tests is for Linux")


def small_wheel(folder, name, release, files=(), tag="py3-none-any"):
    stem = f"{name.replace('-', '_')}-{release}"
    path = folder / f"{stem}-{tag}.whl"
    contents = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n".encode(),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        **{where.format(stem): content for where, content in files},
    }
    record = "".join(f"{member},{record_hash(content)},{len(content)}\n" for member, content in contents.items())
    record += f"{stem}.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in [*contents.items(), (f"{stem}.dist-info/RECORD", record.encode())]:
            archive.writestr(zipfile.ZipInfo(member), content)
    return path


def record_hash(content):
    return "sha256=" + base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder with a small wheel for each release of the lock, and a lock that has their hashes."""
    folder = tmp_path_factory.mktemp("index")
    program = Path(sys.executable).with_name("uv").read_bytes()
    for release in releases(HERE.environment).values():
        files = [("{}.data/scripts/uv", program)] if release.name == "uv" else []
        small_wheel(folder, release.name, release.version, files)

    def hashes(entry):
        name, release = re.match(r"([\w.-]+)==([^\s;]+)", entry[0]).groups()
        path = folder / f"{name.replace('-', '_')}-{release}-py3-none-any.whl"
        return re.sub(
            r"(\\\n    --hash=\S+ ?)+", f"\\\\\n    --hash=sha256:{digest(path) if path.exists() else 0}", entry[0]
        )

    small_lock = tmp_path_factory.mktemp("lock") / "requirements.lock"
    text = lock().read_text(encoding="utf-8")
    small_lock.write_text(re.sub(r"^\w(.*\n(?!\w))*.*\n", hashes, text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(folder))
        patch.setattr(wheel, "ROOT", folder)  # no clone: our wheel is packed again, since building needs a network
        yield folder, small_lock


@pytest.fixture(scope="module")
def interrupted(index, tmp_path_factory):
    """A kit in a folder that lacks its last wheels, and the error."""
    links, small_lock = index
    folder = tmp_path_factory.mktemp("kit") / "my kit"
    (hidden,) = links.glob(f"{LAST}-*.whl")
    aside = hidden.rename(folder.parent / hidden.name)
    with pytest.raises(MNISTError) as error:
        kit.write(folder, kit.Options((HERE,), lock=small_lock))
    aside.rename(hidden)
    unfinished = subprocess.run(verify(folder), text=True, capture_output=True)
    return folder, str(error.value), unfinished, {path.name: path.stat() for path in (folder / "wheels").iterdir()}


@pytest.fixture(scope="module")
def whole(index, interrupted, mnist):
    kit.write(interrupted[0], kit.Options((HERE,), lock=index[1]))
    return interrupted[0]


@pytest.fixture
def copy(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "a copy", copy_function=os.link))


def verify(folder):
    return [sys.executable, "-m", "mnist_tutorial", "kit", str(folder), "--verify"]


def change(path, position=-1):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.unlink()  # it is a link
    path.write_bytes(content)


def start(folder, *arguments, home):
    return subprocess.run(
        ["sh", str(folder / "start.sh"), *map(str, arguments)],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHON": sys.executable},
        text=True,
        capture_output=True,
        timeout=300,
    )


def test_a_release_without_a_wheel_is_named(interrupted):
    assert f"{LAST}==" in interrupted[1]
    assert str(HERE) in interrupted[1]
    assert interrupted[2].returncode == 1
    assert [line[:7] for line in interrupted[2].stderr.splitlines()] == ["error: "]


def test_an_interrupted_kit_is_carried_on(interrupted, whole):
    assert subprocess.run(verify(whole)).returncode == 0
    now = {path.name: path.stat() for path in (whole / "wheels").iterdir()}
    kept = [name for name, before in interrupted[3].items() if now[name].st_ino == before.st_ino]
    assert len(kept) > 100
    assert len(now) > len(kept)
    assert not (whole / "unfinished.json").exists()


def test_it_has_what_students_need_and_no_more(index, whole):
    text = (whole / "requirements-linux.txt").read_text(encoding="utf-8")
    names = {line.partition("==")[0] for line in text.splitlines()}
    assert {"mnist-tutorial[lab]", "torch", "jupyterlab", "deeptrack"} <= names
    assert not {"pytest", "ruff", "distributed", "uv", "pywinpty"} & names
    assert all("--hash=sha256:" in line for line in text.splitlines())


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (lambda folder: (folder / "mnist.zip").unlink(), "missing: mnist.zip"),
        (lambda folder: change(folder / "start.py", 50), "changed: start.py"),
        (lambda folder: (folder / "wheels/mine.whl").write_text("mine"), "extra: wheels/mine.whl"),
    ],
)
def test_verify_names_each_difference(copy, damage, finding):
    damage(copy)
    done = subprocess.run(verify(copy), text=True, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{finding}\n")


def test_what_systems_leave_on_a_stick_is_no_difference(copy):
    (copy / ".DS_Store").write_bytes(b"")
    (copy / "wheels/._torch.whl").write_bytes(b"")
    (copy / "System Volume Information").mkdir()
    (copy / "System Volume Information/WPSettings.dat").write_bytes(b"")
    assert kit.verify(copy)[1] == []


def test_files_that_are_not_ours_stay(index, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(MNISTError, match="other files"):
        kit.write(tmp_path, kit.Options((HERE,), lock=index[1]))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_kit_with_other_options_stays(index, copy):
    with pytest.raises(MNISTError, match="systems"):
        kit.write(copy, kit.Options((kit.target("windows"),), lock=index[1]))
    assert kit.verify(copy)[1] == []


@pytest.mark.parametrize("options", [["--platform", "amiga"], ["--python", "3.10"], ["--torch-backend", "abacus"]])
def test_wrong_options_are_one_line(run_python, tmp_path, options):
    done = run_python("-m", "mnist_tutorial", "kit", str(tmp_path / "kit"), *options)
    assert done.returncode == 1
    assert options[1] in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "kit").exists()


def test_a_wheel_with_another_hash_is_refused(index, tmp_path):
    _, small_lock = index
    locked = releases(HERE.environment, small_lock)["tqdm"]
    tampered = locked._replace(hashes=frozenset(["0" * 64]))
    with pytest.raises(MNISTError, match="tqdm"):
        list(Wheels(tmp_path).fetch(HERE, [tampered]))
    assert list(tmp_path.glob("**/*.whl")) == []


def test_the_small_torch_comes_from_its_own_index(index, answer, tmp_path, monkeypatch):
    chosen = needed(releases(HERE.environment, index[1]), ["lab"])
    built = {name: small_wheel(tmp_path, name, f"{chosen[name].version}+cpu") for name in ("torch", "torchvision")}

    def respond(handler):
        name = unquote(handler.path).strip("/").rpartition("/")[2]
        if name in built:  # the page of a package
            send(handler, f'<a href="{built[name].name}">{built[name].name}</a>'.encode(), Content_Type="text/html")
        else:
            send(handler, (tmp_path / name).read_bytes())

    address = f"{answer(respond)}whl"
    found, _ = kit.torch_build("auto", address)
    assert found == f"{address}/cpu"
    monkeypatch.delenv("PIP_NO_INDEX")
    some = [chosen[name] for name in ("torch", "torchvision", "triton", "nvidia-cublas")]
    (tmp_path / "wheels").mkdir()
    fetched = list(Wheels(tmp_path / "wheels").fetch(HERE, some, found))
    assert [digest(path) for path in fetched] == [digest(path) for path in built.values()]


def test_without_torchs_index_it_is_the_default_build(no_network):
    assert kit.torch_build("auto", "https://localhost:9/whl")[0] is None


@LINUX
@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda folder: (folder / "mnist.zip").unlink(), "mnist.zip"),
        (lambda folder: change(next(folder.glob("wheels/tqdm-*")), 100), "tqdm"),
        (lambda folder: edit(folder, "python", "3.99"), "3.99"),
        (lambda folder: edit(folder, "systems", {"windows": "AMD64"}), "windows"),
    ],
)
def test_start_says_what_is_wrong_with_a_kit(copy, tmp_path, damage, word):
    damage(copy)
    done = start(copy, tmp_path / "course", home=tmp_path)
    assert done.returncode == 1
    assert word in done.stderr
    assert [line[:7] for line in done.stderr.splitlines()] == ["error: "]


def edit(folder, name, value):
    path = folder / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["options"][name] = value
    path.unlink()
    path.write_text(json.dumps(content), encoding="utf-8")


@LINUX
def test_start_leaves_what_is_not_ours(whole, tmp_path):
    (tmp_path / "mine/environment").mkdir(parents=True)
    done = start(whole, tmp_path / "mine", home=tmp_path)
    assert done.returncode == 1
    assert [line[:7] for line in done.stderr.splitlines()] == ["error: "]
    assert [path.name for path in (tmp_path / "mine").rglob("*")] == ["environment"]


@LINUX
def test_start_names_the_python_that_is_missing(whole, tmp_path):
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "sh"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        ["sh", str(whole / "start.sh")], env={"PATH": str(tmp_path / "bin")}, text=True, capture_output=True
    )
    assert done.returncode == 1
    assert "https://www.python.org/downloads/" in done.stderr
    assert HERE.python in done.stderr


def test_the_scripts_have_the_line_ends_of_their_system(whole):
    assert (whole / "start.bat").read_bytes().count(b"\r\n") == (whole / "start.bat").read_bytes().count(b"\n")
    assert b"\r" not in (whole / "start.sh").read_bytes()
    assert all(
        b"@PYTHON@" not in path.read_bytes() for path in whole.iterdir() if path.suffix in (".sh", ".bat", ".txt")
    )


def test_an_installed_package_is_packed_again(tmp_path):
    package = Path(mnist_tutorial.__file__).parent
    sources = [path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    files = [(path.relative_to(package.parent).as_posix(), path.read_bytes()) for path in sources]
    original = small_wheel(tmp_path, "mnist-tutorial", "0.1.0", files)
    with zipfile.ZipFile(original) as archive:
        archive.extractall(tmp_path / "site")
        expected = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "site/mnist_tutorial-0.1.0.dist-info/INSTALLER").write_text("pip")
    (tmp_path / "out").mkdir()
    code = "from pathlib import Path; from mnist_tutorial.setup.kit.wheel import our_wheel; our_wheel(Path('.'))"

    def pack():
        command = [sys.executable, "-c", code]
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
        return subprocess.run(command, cwd=tmp_path / "out", env=environment, text=True, capture_output=True)

    done = pack()
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "out" / original.name) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    (tmp_path / "site/mnist_tutorial/py.typed").write_text("changed")
    assert "py.typed" in pack().stderr.splitlines()[-1]
