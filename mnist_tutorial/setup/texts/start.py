"""Set the course up from this kit, without a network, and open it in JupyterLab.

    python start.py [FOLDER] [OPTION ...]

FOLDER, by default `mnist-course` in your home folder, is for the Python environment and the notebooks; what follows it
is for JupyterLab. Run it again to open the course again. It needs Python, and nothing else.
"""

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

MACHINE = f"{platform.system()} ({platform.machine()})"
KIT = Path(__file__).resolve().parent
SYSTEMS = {"Linux (x86_64)": "linux", "Darwin (arm64)": "macos", "Windows (AMD64)": "windows"}
WHEELS = KIT / SYSTEMS.get(MACHINE, MACHINE)
OTHERS = ("UV_", "PIP_", "PYTHON", "MNIST_TUTORIAL_DATA")  # which would lead uv, Python or the course elsewhere
OURS = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)} | {"PYTHONUTF8": "1"}


def main():
    arguments = sys.argv[1:]
    named = arguments and not arguments[0].startswith("-")
    folder = (Path(arguments.pop(0)) if named else Path.home() / "mnist-course").expanduser().absolute()
    here = platform.python_version()
    if not WHEELS.is_dir() or here.rpartition(".")[0] != "@PYTHON@":
        needed = "@SYSTEMS@, with Python @PYTHON@: https://www.python.org/downloads/"
        sys.exit(f"error: this is {MACHINE}, with Python {here}; the kit is for {needed}")
    if not (KIT / "SHA256SUMS").is_file():
        sys.exit(f"error: {KIT} is no complete kit, without SHA256SUMS; copy it again")
    python = folder / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install(folder, python)
    # The digits go where the course looks for them; it verifies them, and keeps a copy of its own.
    cache = run(python, "-c", "from mnist_tutorial.data import cache_folder; print(cache_folder())").strip()
    digits = Path(cache, "mnist-kit.zip")
    digits.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(KIT / "mnist.zip", digits)
        run(python, "-m", "mnist_tutorial", "fetch")
    finally:
        digits.unlink(missing_ok=True)
    print(f"Opening {folder / 'course'}; to end JupyterLab, press Ctrl-C here.", flush=True)
    command = [str(python), "-m", "mnist_tutorial", "lab", str(folder / "course"), *arguments]
    if os.name == "posix":
        os.execve(command[0], command, OURS)  # signals then reach JupyterLab
    sys.exit(subprocess.run(command, env=OURS).returncode)


def install(folder, python):
    """Make the environment, unless it is there already."""
    place, work, wanted = folder / "environment", folder / ".mnist-kit", WHEELS / "requirements.txt"
    made = place / "kit.txt"
    if made.is_file() and made.read_bytes() == wanted.read_bytes():
        return
    if place.exists() and not made.exists():
        sys.exit(f"error: {place} is there already, and not ours; choose another folder: start FOLDER")
    print(f"Setting the course up in {folder}; this takes some minutes.", flush=True)
    common = ["--offline", "--no-config", "--quiet", "--cache-dir", work / "cache"]  # files are linked, not copied
    try:
        zipfile.ZipFile(next(WHEELS.glob("uv-*.whl"))).extractall(work)
        uv = next(path for path in work.glob("*.data/scripts/uv*") if path.stem == "uv")
        uv.chmod(0o755)
        run(uv, "venv", *common, "--clear", "--python", sys.executable, place)
        made.touch()
        options = ["--python", python, "--no-index", "--find-links", WHEELS, "--compile-bytecode"]
        run(uv, "pip", "install", *common, *options, "--requirements", wanted)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    shutil.copyfile(wanted, made)


def run(*command):
    """Run a command, and return what it prints; if it fails, say why, and stop."""
    done = subprocess.run([*map(str, command)], env=OURS, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise OSError(" ".join(done.stderr.split()))
    return done.stdout


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (zipfile.BadZipFile, StopIteration, OSError) as error:
        advice = "copy the kit again, free some space (start FOLDER: elsewhere), or show this to your teacher"
        sys.exit(f"error: {error or 'a file is missing'}; {advice}")
