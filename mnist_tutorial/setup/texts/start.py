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
BYTECODE = 1.4  # what is installed takes this many times the space, with the bytecode
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
    fill_cache(python)
    print(f"Opening {folder / 'course'}; to end JupyterLab, press Ctrl-C here.", flush=True)
    command = [str(python), "-m", "mnist_tutorial", "lab", str(folder / "course"), *arguments]
    if os.name == "posix":
        os.execve(command[0], command, OURS)  # signals then reach JupyterLab
    sys.exit(subprocess.run(command, env=OURS).returncode)


def install(folder, python):
    """Make the environment, unless it is there already."""
    place, state, work = folder / "environment", folder / ".mnist-kit", folder / ".mnist-kit-work"
    wanted = (WHEELS / "requirements.txt").read_text(encoding="utf-8")
    made = state.read_text(encoding="utf-8") if state.is_file() else None
    if made == wanted and python.is_file():
        return
    if made is None and place.exists():
        sys.exit(f"error: {place} is there already, and not ours; choose another folder: start FOLDER")
    folder.mkdir(parents=True, exist_ok=True)
    wheels = list(WHEELS.glob("[!.]*.whl"))
    if damaged := [wheel for wheel in wheels if not zipfile.is_zipfile(wheel)]:
        sys.exit(f"error: {damaged[0]} is cut off; copy the kit again")
    need = BYTECODE * sum(entry.file_size for wheel in wheels for entry in zipfile.ZipFile(wheel).infolist())
    if (free := shutil.disk_usage(folder).free) < need:
        sys.exit(f"error: {folder} has {free / 1e9:.1f} GB free; the course needs {need / 1e9:.1f} GB: start FOLDER")
    state.write_text("unfinished", encoding="utf-8")
    print(f"Setting the course up in {folder}; this takes some minutes.", flush=True)
    common = ["--offline", "--no-config", "--quiet", "--cache-dir", work / "cache"]  # files are linked, not copied
    try:
        zipfile.ZipFile(next(WHEELS.glob("uv-*.whl"))).extractall(work)
        uv = next(path for path in work.glob("*.data/scripts/uv*") if path.stem == "uv")
        uv.chmod(0o755)
        run(uv, "venv", *common, "--clear", "--python", sys.executable, place)
        options = ["--python", python, "--no-index", "--find-links", WHEELS, "--compile-bytecode"]
        run(uv, "pip", "install", *common, *options, "--requirements", WHEELS / "requirements.txt")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    state.write_text(wanted, encoding="utf-8")


def fill_cache(python):
    """Put the digits where the course looks for them; it verifies them."""
    code = "from mnist_tutorial.data import cache_folder; print(cache_folder())"
    digits = Path(subprocess.check_output([python, "-c", code], env=OURS, encoding="utf-8").strip(), "mnist-kit.zip")
    digits.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(KIT / "mnist.zip", digits)
        run(python, "-m", "mnist_tutorial", "fetch")
    finally:
        digits.unlink(missing_ok=True)


def run(*command):
    subprocess.run(list(map(str, command)), env=OURS, check=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (subprocess.CalledProcessError, zipfile.BadZipFile, StopIteration, OSError) as error:
        sys.exit(f"error: {error or 'a file is missing'}; copy the kit again, or show this to your teacher")
