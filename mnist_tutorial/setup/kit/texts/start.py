"""Set the course up from this kit, without a network, and open it in JupyterLab.

    python start.py [FOLDER] [OPTION ...]

FOLDER, by default `mnist-course` in your home folder, is for the Python environment and the notebooks; everything after
it is for JupyterLab. Run it again to open the course again. It needs Python, and nothing else.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

KIT = Path(__file__).resolve().parent
SYSTEM = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}.get(platform.system(), platform.system())
BYTECODE = 1.4  # what is installed takes this many times the space, with the bytecode


class Problem(Exception):
    """What a person can mend."""


def main():
    arguments = sys.argv[1:]
    named = arguments and not arguments[0].startswith("-")
    folder = (Path(arguments.pop(0)) if named else Path.home() / "mnist-course").expanduser().absolute()
    manifest = read_manifest()
    check_system(manifest)
    python = environment(folder, manifest)
    fill_cache(python)
    print(f"Opening {folder / 'course'}; to end JupyterLab, press Ctrl-C here.", flush=True)
    command = list(map(str, [python, "-m", "mnist_tutorial", "lab", folder / "course", *arguments]))
    if os.name == "posix":
        os.execve(command[0], command, ours())  # signals then reach JupyterLab
    return subprocess.run(command, env=ours()).returncode


def read_manifest():
    """Read the list of files, and check all but the wheels, which are checked when they are installed."""
    try:
        manifest = json.loads((KIT / "manifest.json").read_text(encoding="utf-8"))
        for name, expected in manifest["files"].items():
            path = KIT / name
            if not path.is_file() or path.stat().st_size != expected["bytes"]:
                raise Problem(f"{path} is missing or cut off; copy the kit again")
            early = not name.startswith("wheels/") or is_uv(path)
            if early and hashlib.sha256(path.read_bytes()).hexdigest() != expected["sha256"]:
                raise Problem(f"{path} has been changed; copy the kit again")
    except FileNotFoundError:
        raise Problem(f"{KIT} is no complete kit: it has no manifest.json; copy it again") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Problem(f"{KIT / 'manifest.json'} is damaged; copy the kit again") from None
    return manifest


def check_system(manifest):
    systems, wanted = manifest["options"]["systems"], manifest["options"]["python"]
    if SYSTEM not in systems:
        raise Problem(f"this kit is for {', '.join(systems)}, not for {SYSTEM}; ask for one that is")
    if platform.machine().lower() != systems[SYSTEM].lower():
        raise Problem(f"this kit is for {SYSTEM} on {systems[SYSTEM]}; this Python runs on {platform.machine()}")
    if platform.python_version_tuple()[:2] != tuple(wanted.split(".")):
        raise Problem(
            f"this is Python {platform.python_version()}; the kit needs {wanted}: https://www.python.org/downloads/"
        )


def environment(folder, manifest):
    """Make the Python environment, unless it is there already, and return its Python."""
    place, state = folder / "environment", folder / ".mnist-kit"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    requirements = KIT / f"requirements-{SYSTEM}.txt"
    wanted = manifest["files"][requirements.name]["sha256"]
    made = state.read_text(encoding="utf-8") if state.is_file() else None
    if made == wanted and python.is_file():
        return python
    if made is None and place.exists():
        raise Problem(f"{place} is there already, and not ours; choose another folder: start FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    space, free = int(manifest["installed"][SYSTEM] * BYTECODE), shutil.disk_usage(folder).free
    if free < space:
        raise Problem(f"{folder} has {free / 1e9:.1f} GB of free space, and the course needs {space / 1e9:.1f} GB; "
                      "free some, or choose another folder: start FOLDER")  # fmt: skip
    state.write_text("unfinished", encoding="utf-8")
    print(f"Setting the course up in {folder}; this takes some minutes.", flush=True)
    work = folder / ".mnist-kit-work"  # on the same disk as the environment, so that files are linked, not copied
    try:
        uv = unpack_uv(work)
        common = ["--offline", "--no-config", "--no-progress", "--cache-dir", work / "cache"]
        run([uv, "venv", *common, "--quiet", "--clear", "--python", sys.executable, place])
        install = ["--no-index", "--find-links", KIT / "wheels", "--require-hashes", "--requirements", requirements]
        run([uv, "pip", "install", *common, "--quiet", "--compile-bytecode", "--python", python, *install])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    state.write_text(wanted, encoding="utf-8")
    return python


def unpack_uv(work):
    """Take the program uv, which installs wheels, out of its own wheel."""
    for wheel in filter(is_uv, (KIT / "wheels").iterdir()):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith((".data/scripts/uv", ".data/scripts/uv.exe")):
                    uv = work / name.rpartition("/")[2]
                    if (uv.suffix == ".exe") == (SYSTEM == "windows") and ("macosx" in wheel.name) == (
                        SYSTEM == "macos"
                    ):
                        work.mkdir(exist_ok=True)
                        uv.write_bytes(archive.read(name))
                        uv.chmod(0o755)
                        return uv
    raise Problem(f"{KIT / 'wheels'} has no uv for {SYSTEM}; copy the kit again")


def is_uv(path):
    return path.name.startswith("uv-")


def fill_cache(python):
    """Put the digits where the course looks for them; it verifies them."""
    code = "from mnist_tutorial.data import cache_folder; print(cache_folder())"
    cache = Path(run([python, "-c", code]).strip())
    cache.mkdir(parents=True, exist_ok=True)
    digits = cache / "mnist-kit.zip"
    try:
        shutil.copyfile(KIT / "mnist.zip", digits)
        print(run([python, "-m", "mnist_tutorial", "fetch"]).strip(), flush=True)
    finally:
        digits.unlink(missing_ok=True)


def ours():
    """Return the variables of the environment, without those that would lead uv or Python elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("UV_", "PIP_"))
        and name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MNIST_TUTORIAL_DATA")
    }
    return {**kept, "PYTHONUTF8": "1"}


def run(command):
    done = subprocess.run(list(map(str, command)), env=ours(), capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise Problem(f"{Path(command[0]).name} {command[1]}: {' '.join(lines[-6:])}")
    return done.stdout


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (Problem, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)
