"""Writing a kit: wheels, digits, start scripts and, last of all, the manifest."""

import zipfile
from collections.abc import Callable
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from packaging.utils import parse_wheel_filename

from mnist_tutorial.data import atomic, load
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.kit import manifest
from mnist_tutorial.setup.kit.target import Target
from mnist_tutorial.setup.kit.tools import resolve
from mnist_tutorial.setup.kit.wheel import NAME, our_wheel
from mnist_tutorial.setup.kit.wheels import Wheels
from mnist_tutorial.setup.lock import lock, needed, releases

EXTRAS = ["lab"]
UV = "uv"  # it installs a kit, much faster than pip
TEXTS = ("start.py", "start.sh", "start.command", "start.bat", "README.txt")
WHEELS, DIGITS = "wheels", "mnist.zip"


class Options(NamedTuple):
    """What a kit is for.

    Attributes
    ----------
    targets : tuple of Target
        Of one Python.
    torch_index : str or None
        The index of torch's build for processors, for Linux; None for the locked build, with CUDA.
    lock : Path or None
        By default, ours.
    """

    targets: tuple[Target, ...]
    torch_index: str | None = None
    lock: Path | None = None


def write(folder: Path, options: Options, report: Callable[[str], None] = lambda line: None) -> dict:
    """Write a kit; if it is interrupted, the next call carries on.

    Parameters
    ----------
    folder : Path
        New, empty, or a kit with the same options.
    options : Options
    report : callable
        Called with a line about each part that is complete.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    MNISTError
        If the folder holds something else or cannot be written, a wheel is not available, or MNIST is not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        described = _described(options)
        _begin(folder, described)
        (folder / WHEELS).mkdir(exist_ok=True)
        content = {"options": described, **_fill(folder, options, described, report)}
        manifest.save(folder, content)
        (folder / manifest.UNFINISHED).unlink()
        return content
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); expected a folder that you "
            "may write to, with several GB of free space. Mend it or choose another one, and run the command again"
        ) from error


def _described(options):
    return {
        "mnist-tutorial": version(NAME),
        "python": options.targets[0].python,
        "systems": {each.system: each.machine for each in options.targets},
        "torch": "cpu" if options.torch_index else "default",
        "lock": manifest.sha256(options.lock or lock()),
    }


def _begin(folder, described):
    """Mark the folder as ours and unfinished."""
    earlier = manifest.read(folder) or manifest.read(folder, manifest.UNFINISHED)
    if earlier is None and any(not manifest.is_junk(path.name) for path in folder.iterdir()):
        raise MNISTError(f"{folder} holds other files; expected a new folder, an empty one, or a kit")
    if earlier and earlier["options"] != described:
        differing = ", ".join(name for name in described if earlier["options"].get(name) != described[name])
        raise MNISTError(
            f"{folder} is a kit with other options ({differing}); choose another folder, or delete this one"
        )
    manifest.save(folder, {"options": described}, manifest.UNFINISHED)
    (folder / manifest.NAME).unlink(missing_ok=True)


def _fill(folder, options, described, report):
    """Write all files but the manifest, and describe them for it."""
    installed = {}
    wheels = Wheels(folder / WHEELS)
    (ours,) = wheels.add(our_wheel)
    report(f"{ours.name}: the course, with the doctor and the results")
    written = [ours]
    for target in options.targets:
        locked = releases(target.environment, options.lock)
        chosen = [*needed(locked, EXTRAS, target.environment).values(), locked[UV]]
        torch_index = options.torch_index if target.system == "linux" else None
        with progress_bar(f"wheels for {target.system}", " wheels", total=len(chosen)) as bar:
            paths = []
            for path in wheels.fetch(target, chosen, torch_index):
                paths.append(path)
                bar.update()
        requirements = folder / f"requirements-{target.system}.txt"
        _write(requirements, _requirements([ours, *paths], wheels.digests))
        resolve(wheels.folder, requirements, target.environment["python_full_version"], target.platform)
        written += [*paths, requirements]
        size = sum(path.stat().st_size for path in paths)
        installed[target.system] = _unpacked(paths)
        report(
            f"{target}: {len(paths)} wheels, {size / 1e6:,.0f} MB; {installed[target.system] / 1e6:,.0f} MB installed"
        )
    digits = folder / DIGITS
    to_zip(load("full"), digits, force=True)
    report(f"{DIGITS}: MNIST, {digits.stat().st_size / 1e6:,.0f} MB")
    for name in TEXTS:
        text = (files(__package__) / "texts" / name).read_bytes()  # bytes: start.bat has the line ends of Windows
        text = text.replace(b"@PYTHON@", described["python"].encode())
        _write(folder / name, text, 0o755 if name.startswith("start") else 0o644)
    written += [digits, *(folder / name for name in TEXTS)]
    entries = {
        path.relative_to(folder).as_posix(): manifest.entry(path, wheels.digests.get(path.name))
        for path in sorted(set(written))
    }
    return {"installed": installed, "files": entries}


def _requirements(paths, digests):
    lines = []
    for path in paths:
        name, release, *_ = parse_wheel_filename(path.name)
        extras = f"[{','.join(EXTRAS)}]" if name == NAME else ""
        if name != UV:
            lines.append(f"{name}{extras}=={release} --hash=sha256:{digests[path.name]}\n")
    return "".join(sorted(lines)).encode()


def _unpacked(paths):
    total = 0
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            total += sum(entry.file_size for entry in archive.infolist())
    return total


def _write(path, content, mode=0o644):
    with atomic(path) as part:
        part.write_bytes(content)
        part.chmod(mode)
