"""The kit: a folder from which a room without a network sets the course up."""

import hashlib
import os
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from mnist_tutorial.data.cache import atomic
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.load import load
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError

ROOT = Path(__file__).parents[2]  # of the clone
TEXTS = ("README.txt", "start.py", "start.sh", "start.command", "start.bat")
README, DIGITS, REQUIREMENTS, SUMS = TEXTS[0], "mnist.zip", "requirements.txt", "SHA256SUMS"
# The processor of each system, uv's name of both, and the platforms of wheels that run there, best first. Linux with
# glibc 2.28 (2018) and macOS 14 are the oldest that torch has wheels for.
GLIBC = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
SYSTEMS = {
    "linux": ("x86_64", "x86_64-manylinux_2_28", [*GLIBC, "manylinux2014_x86_64", "linux_x86_64"]),
    "macos": ("arm64", "aarch64-apple-darwin", ["macosx_14_0_arm64"]),
    "windows": ("AMD64", "x86_64-pc-windows-msvc", ["win_amd64"]),
}
HERE = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}.get(platform.system(), platform.system())
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"  # the small build for Linux, which has no part of CUDA:
CUDA = re.compile("(nvidia|cuda)-|triton=")
SOURCE_ONLY = "lazy-import="  # no wheel on the index; it is pure Python, so the one that is built here runs everywhere
CLONE = "git clone https://github.com/DeepTrackAI/mnist-tutorial && cd mnist-tutorial && make setup"


def write(
    folder: Path, systems: Sequence[str], python: str, torch_index: str | None = None, root: Path = ROOT
) -> Iterator[str]:
    """Write a kit for some of `SYSTEMS` with this Python, as in ``"3.12"``; yield a sentence for each part of it.

    `torch_index` has the small build of torch for Linux. What an interrupted call has downloaded is kept. MNISTError if
    the folder holds other files by the names of ours, or a kit with other options, or if a part is not available.
    """
    if unknown := set(systems) - set(SYSTEMS):
        raise MNISTError(f"platform is {unknown.pop()!r}; expected one or more of {','.join(SYSTEMS)}")
    if not re.fullmatch(r"3\.\d{1,2}", python) or int(python[2:]) < 11:
        raise MNISTError(f"Python is {python!r}; expected 3.11 or newer, as in --python 3.12")
    if not (root / "requirements.lock").is_file():
        raise MNISTError(f"the wheels of a kit are those of requirements.lock; expected a clone: {CLONE}")
    machines = ", ".join(f"{system} ({SYSTEMS[system][0]})" for system in systems)
    machines += f", torch {'without' if torch_index else 'with'} CUDA" * ("linux" in systems)
    texts = {}
    for name in TEXTS:
        text = (files(__package__) / "texts" / name).read_bytes()  # bytes: line ends differ
        texts[name] = text.replace(b"@SYSTEMS@", machines.encode()).replace(b"@PYTHON@", python.encode())
    readme = folder / README  # it names the options
    there = [name for name in (*TEXTS, DIGITS, SUMS, *SYSTEMS) if (folder / name).exists()]
    if there and not (readme.is_file() and readme.read_bytes() == texts[README]):
        expected = "expected a new folder, or a kit with the same options"
        raise MNISTError(f"{folder} holds other files, or a kit with other options: {', '.join(there)}; {expected}")
    mnist = load("full")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SUMS).unlink(missing_ok=True)  # written last, it says that all is there
    for name, text in texts.items():
        (folder / name).write_bytes(text)
        (folder / name).chmod(0o755 if name.startswith("start") else 0o644)
    paths = [folder / name for name in (DIGITS, *TEXTS)]
    for system in systems:
        wheels = _fetch(folder / system, system, python, torch_index if system == "linux" else None, root)
        unpacked = sum(entry.file_size for path in wheels for entry in zipfile.ZipFile(path).infolist())
        yield f"{system}, Python {python}: {len(wheels)} wheels, {_size(wheels)}, installed {unpacked / 1e6:,.0f} MB"
        paths += [folder / system / REQUIREMENTS, *wheels]
    to_zip(mnist, folder / DIGITS, force=True)
    with atomic(folder / SUMS) as part:
        sums = (f"{digest}  {path.relative_to(folder).as_posix()}\n" for path, digest in _digests(paths).items())
        part.write_bytes("".join(sums).encode())
    yield f"{folder}: {len(paths)} files, {_size(paths)}; students run start.sh, start.command or start.bat"


def verify(folder: Path) -> int:
    """Count the files of a kit; if it is incomplete, or a file is missing or changed, that is an MNISTError."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        expected = {folder / name: digest for digest, name in (line.split("  ", 1) for line in lines or [""])}
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        advice = f"copy it again, or finish it, with the same options: python -m mnist_tutorial kit {folder}"
        raise MNISTError(f"{folder} is no complete kit; expected a list of its files, {SUMS}: {advice}") from error
    present = _digests([path for path in expected if path.is_file()])
    if wrong := [path for path, digest in expected.items() if present.get(path) != digest]:
        names = [f"\n{'changed' if path in present else 'missing'}: {path.relative_to(folder)}" for path in wrong]
        raise MNISTError(f"{folder}: {len(wrong)} of {len(expected)} files differ; copy them again{''.join(names)}")
    return len(expected)


def _fetch(folder, system, python, torch_index, root):
    """Fetch the wheels that a system needs; pip skips those that are there and whole."""
    folder.mkdir(exist_ok=True)
    _, target, platforms = SYSTEMS[system]
    with TemporaryDirectory(prefix=".", dir=folder, ignore_cleanup_errors=True) as scratch:
        # With the extra comes uv, a wheel of the kit, which installs the others.
        release = ["--python-version", f"{python}.99"]
        options = ["--python-platform", target, *release, "--extra", "lab", "--extra", "kit"]
        options += ["--constraints", root / "requirements.lock", "--no-header", "--no-annotate"]
        pins = _run(scratch, "uv", "pip", "compile", "--quiet", *options, root / "pyproject.toml").splitlines()
        pins = [pin for pin in pins if not (torch_index and CUDA.match(pin))]
        built = [pin for pin in pins if pin.startswith(SOURCE_ONLY)]
        small = [pin for pin in pins if torch_index and pin.startswith(("torch=", "torchvision="))]
        _run(scratch, "pip", "wheel", "--no-deps", "--wheel-dir", folder, root, *built)
        download = ["pip", "download", "--no-deps", "--only-binary", ":all:", "--implementation", "cp", *release]
        download += ["--dest", folder, *(f"--platform={name}" for name in platforms)]
        if small:
            _run(scratch, *download, "--index-url", torch_index, *(f"{pin}+cpu" for pin in small))
        _run(scratch, *download, *(pin for pin in pins if pin not in built + small))
    needed = ["mnist-tutorial", *(pin for pin in pins if not pin.startswith("uv="))]
    (folder / REQUIREMENTS).write_text("\n".join([*needed, ""]), encoding="utf-8")
    return sorted(folder.glob("[!.]*.whl"))


def _run(scratch, *command):
    """Run a module, with a folder for temporary files: that of the system may be too small for torch."""
    # Without the last variable, uv takes macOS 13 for the oldest.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch) | {"MACOSX_DEPLOYMENT_TARGET": "14.0"}
    command = [sys.executable, "-m", *map(str, command)]
    shown = None if "download" in command and sys.stdout.isatty() else subprocess.PIPE  # pip then shows its progress
    done = subprocess.run(command, env=environment, stdout=shown, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode:
        reason = " ".join(done.stderr.rpartition("ERROR: ")[2].split())
        advice = "check the network and the free space, or choose another --python or --platform"
        raise MNISTError(f"{' '.join(command[2:4])}: {reason}; {advice}, and run the command again")
    return done.stdout


def _size(paths):
    return f"{sum(path.stat().st_size for path in paths) / 1e6:,.0f} MB"


def _digests(paths):
    """Map files to their SHA-256."""
    digests = {}
    for path in progress_bar("checking", " files", iterable=paths):
        with path.open("rb") as file:
            digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
