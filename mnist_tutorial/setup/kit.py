"""The kit: a folder from which a room without a network sets the course up."""

import hashlib
import importlib.util
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
GLIBC = [*(f"_2_{minor}" for minor in range(28, 4, -1)), "2014", "2010", "1"]
SYSTEMS = {
    "linux": ("x86_64", "x86_64-manylinux_2_28", [*(f"manylinux{glibc}_x86_64" for glibc in GLIBC), "linux_x86_64"]),
    "macos": ("arm64", "aarch64-apple-darwin", ["macosx_14_0_arm64"]),
    "windows": ("AMD64", "x86_64-pc-windows-msvc", ["win_amd64"]),
}
HERE = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}.get(platform.system(), platform.system())
SOURCE_ONLY = "lazy-import="  # no wheel on the index; it is pure Python, so the one that is built here runs everywhere
TORCH, CUDA = re.compile("torch(vision)?="), re.compile("(nvidia|cuda)-|triton=")  # CUDA: what torch needs for it
BATCH = 16  # wheels in one call of pip: it takes a second to start, and an interruption loses a batch
JUNK = re.compile(r"\.|System Volume|\$RECYCLE|lost\+found|desktop\.ini|Thumbs\.db")  # that systems put on a stick
CLONE = "git clone https://github.com/DeepTrackAI/mnist-tutorial && cd mnist-tutorial && make setup"


def write(
    folder: Path, systems: Sequence[str], python: str, torch_index: str | None = None, root: Path = ROOT
) -> Iterator[str]:
    """Write a kit for some of `SYSTEMS` with this Python, as in ``"3.12"``; yield a sentence for each part of it.

    `torch_index` has torch's build for processors, for Linux; without it, torch comes with CUDA. `root` is a clone with
    pyproject.toml and requirements.lock. What an interrupted call has downloaded is kept. If the folder holds anything
    but a kit with these options, or a part is not available, that is an MNISTError.
    """
    if unknown := set(systems) - set(SYSTEMS):
        raise MNISTError(f"platform is {unknown.pop()!r}; expected one or more of {','.join(SYSTEMS)}")
    if not re.fullmatch(r"3\.\d{1,2}", python) or int(python[2:]) < 11:
        raise MNISTError(f"Python is {python!r}; expected 3.11 or newer, as in --python 3.12")
    if not (root / "requirements.lock").is_file():
        raise MNISTError(f"the wheels of a kit are those of requirements.lock; expected a clone: {CLONE}")
    machines = ", ".join(f"{system} ({SYSTEMS[system][0]})" for system in systems)
    torch = f", torch {'without' if torch_index else 'with'} CUDA" * ("linux" in systems)
    blanks = {"SYSTEMS": machines, "PYTHON": python, "TORCH": torch}
    texts = {name: _text(name, blanks) for name in TEXTS}
    mnist = load("full")
    _begin(folder, texts[README])
    for name, text in texts.items():  # the first says what this kit is for
        (folder / name).write_bytes(text)
        (folder / name).chmod(0o755 if name.startswith("start") else 0o644)
    paths = [folder / name for name in (DIGITS, *TEXTS)]
    for system in systems:
        wheels = _fetch(folder / system, system, python, torch_index if system == "linux" else None, root)
        packed = sum(path.stat().st_size for path in wheels)
        unpacked = sum(entry.file_size for path in wheels for entry in zipfile.ZipFile(path).infolist())
        sizes = f"{packed / 1e6:,.0f} MB, installed {unpacked / 1e6:,.0f} MB"
        yield f"{system}, Python {python}: {len(wheels)} wheels, {sizes}"
        paths += [folder / system / REQUIREMENTS, *wheels]
    to_zip(mnist, folder / DIGITS, force=True)
    sums = [f"{digest}  {path.relative_to(folder).as_posix()}\n" for path, digest in _digests(paths).items()]
    with atomic(folder / SUMS) as part:
        part.write_bytes("".join(sums).encode())
    size = sum(path.stat().st_size for path in paths)
    yield f"{folder}: {len(paths)} files, {size / 1e6:,.0f} MB; students run start.sh, start.command or start.bat"


def verify(folder: Path) -> tuple[int, list[str]]:
    """Count the files of a kit, and list those that are not as they were written: ``["missing: mnist.zip"]``."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        expected = {folder / name: digest for digest, name in (line.split("  ", 1) for line in lines or [""])}
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        advice = f"copy it again, or finish it, with the same options: python -m mnist_tutorial kit {folder}"
        raise MNISTError(f"{folder} is no complete kit; expected a list of its files, {SUMS}: {advice}") from error
    present = _digests([path for path in expected if path.is_file()])
    wrong = [path for path, digest in expected.items() if present.get(path) != digest]
    kinds = {path: "changed" if path in present else "missing" for path in wrong}
    return len(expected), [f"{kind}: {path.relative_to(folder).as_posix()}" for path, kind in kinds.items()]


def _text(name, blanks):
    text = (files(__package__) / "texts" / name).read_bytes()  # bytes: start.bat has the line ends of Windows
    for blank, value in blanks.items():
        text = text.replace(f"@{blank}@".encode(), value.encode())
    return text


def _begin(folder, readme):
    """Make a folder ready for a kit with these options, unless it is something else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / README
    if not (path.is_file() and path.read_bytes() == readme) and not all(map(JUNK.match, os.listdir(folder))):
        expected = "expected a new folder, an empty one, or a kit with the same options"
        raise MNISTError(f"{folder} holds other files, or a kit with other options (see its {README}); {expected}")
    (folder / SUMS).unlink(missing_ok=True)


def _fetch(folder, system, python, torch_index, root):
    """Fetch the wheels that a system needs; pip skips those that are there and whole."""
    folder.mkdir(exist_ok=True)
    releases = _resolve(system, python, root)
    if torch_index:
        releases = {pin: text for pin, text in releases.items() if not CUDA.match(pin)}
    small = [pin for pin in releases if torch_index and TORCH.match(pin)]  # its files have hashes of their own
    built = [pin for pin in releases if pin.startswith(SOURCE_ONLY)]
    rest = [pin for pin in releases if pin not in small + built]
    build = ["wheel", "--wheel-dir", str(folder)]
    download = ["download", "--dest", str(folder), "--only-binary", ":all:", "--implementation", "cp"]
    download += ["--python-version", f"{python}.99", *(f"--platform={name}" for name in SYSTEMS[system][2])]
    batches = [(build, built), *((download, rest[start : start + BATCH]) for start in range(0, len(rest), BATCH))]
    with (
        TemporaryDirectory(prefix=".", dir=folder, ignore_cleanup_errors=True) as scratch,
        progress_bar(f"wheels for {system}", " wheels", total=len(releases)) as bar,
    ):
        _pip(scratch, *build, str(root))
        if small:
            _pip(scratch, *download, "--index-url", torch_index, *(f"{pin}+cpu" for pin in small))
        for command, pins in batches:
            requirements = Path(scratch, REQUIREMENTS)
            requirements.write_text("\n".join(releases[pin] for pin in pins), encoding="utf-8")
            if pins:
                _pip(scratch, *command, "--require-hashes", "--requirement", str(requirements))
            bar.update(len(pins))
    pins = [pin for pin in releases if not pin.startswith("uv=")]
    (folder / REQUIREMENTS).write_text("\n".join(["mnist-tutorial", *pins, ""]), encoding="utf-8")
    return sorted(folder.glob("[!.]*.whl"))


def _resolve(system, python, root):
    """Map what the course needs on a system, such as ``numpy==2.0.0``, to a requirement with hashes."""
    target = ["--python-platform", SYSTEMS[system][1], "--python-version", f"{python}.99", "--extra", "lab"]
    options = ["--constraints", str(root / "requirements.lock"), "--generate-hashes", "--no-header", "--no-annotate"]
    command = ["uv", "pip", "compile", "--quiet", *target, *options, str(root / "pyproject.toml"), "-"]
    # Its input is uv itself, which installs the kit. Without the variable, it takes macOS 13 for the oldest.
    requirements = _run(command, {"MACOSX_DEPLOYMENT_TARGET": "14.0"}, "uv").strip()
    return {text.split()[0]: text for text in re.split(r"\n(?=\w)", requirements)}


def _pip(scratch, command, *arguments):
    """Run pip, with its temporary files in a folder: that of the system may be too small for torch."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
    _run(["pip", command, "--no-deps", "--quiet", "--no-input", "--disable-pip-version-check", *arguments], places)


def _run(command, environment, text=""):
    """Run a module in a process of its own, and return what it prints."""
    if not importlib.util.find_spec(command[0]):
        raise MNISTError(f'{sys.executable} has no {command[0]}; install it: pip install "mnist-tutorial[lab,kit]"')
    command, environment = [sys.executable, "-m", *command], os.environ | environment | {"PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, input=text, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        reason = " ".join(done.stderr.rpartition("ERROR: ")[2].split())
        advice = "check the network and the free space, or choose another --python or --platform"
        raise MNISTError(f"{' '.join(command[2:4])}: {reason}; {advice}, and run the command again")
    return done.stdout


def _digests(paths):
    """Map files to their SHA-256."""
    digests = {}
    with progress_bar("checking", "B", total=sum(path.stat().st_size for path in paths), unit_scale=True) as bar:
        for path in paths:
            with path.open("rb") as file:
                digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
            bar.update(path.stat().st_size)
    return digests
