"""Checks of the software: Python, releases, console, kernel."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mnist_tutorial.errors import MNISTError
from mnist_tutorial.setup.doctor.finding import Finding
from mnist_tutorial.setup.lock import pins

WINDOWS = sys.platform == "win32"
SIGNS = "✓ ± †"  # that our commands print
MOST_NAMES = 5  # in a line


def python() -> Finding:
    """Check that Python is one that the course is tested with."""
    about, here = metadata("mnist-tutorial"), platform.python_version()
    if here not in SpecifierSet(about["Requires-Python"], prereleases=True):
        return Finding("problem", here, f"install Python {about['Requires-Python']}, and set the course up with it")
    tested = {line.rpartition(" ")[2] for line in about.get_all("Classifier", []) if ":: Python :: 3." in line}
    if ".".join(platform.python_version_tuple()[:2]) not in tested:
        return Finding("warning", here, f"the course is tested with Python {', '.join(sorted(tested))}")
    return Finding("ok", f"{here}, {sys.executable}")


def releases() -> Finding:
    """Check that all packages are here, within our bounds, and compare them with the lock."""
    wanted = [Requirement(line) for line in requires("mnist-tutorial") or []]
    wrong = [text for one in wanted if not one.marker or one.marker.evaluate({"extra": ""}) if (text := _wrong(one))]
    if wrong:
        return Finding(
            "problem", _some(wrong), f"install them: {sys.executable} -m pip install --upgrade mnist-tutorial"
        )
    locked = {name: (_version(name), release) for name, release in pins().items()}
    here = {name: pair for name, pair in locked.items() if pair[0]}
    other = [f"{name} {ours} (tested: {tested})" for name, (ours, tested) in here.items() if ours != tested]
    if other:
        found = f"{len(here) - len(other)} of {len(here)} as tested; {_some(other)}"
        return Finding("warning", found, "fine as long as everything runs; otherwise install requirements.lock")
    return Finding("ok", f"{len(here)} packages, all as tested")


def console() -> Finding:
    """Check that the console can show the signs that our commands print."""
    encoding = sys.stdout.encoding or "unknown"
    try:
        SIGNS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        advice = "some signs appear as question marks; set PYTHONIOENCODING=utf-8 (and on Windows run: chcp 65001)"
        return Finding("warning", f"encoding {encoding}", advice)
    return Finding("ok", f"encoding {encoding}")


def long_paths() -> Finding:
    """Check that Windows allows paths of more than 260 characters, which some packages have."""
    import winreg

    place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
        if winreg.QueryValueEx(key, "LongPathsEnabled")[0]:
            return Finding("ok", "enabled")
    return Finding("warning", "not enabled", "set the course up in a folder with a short path, such as C:\\mnist")


def kernel() -> Finding:
    """Start the kernel of the notebooks, and check that it uses this environment."""
    from mnist_tutorial.setup.lab import check_lab

    try:
        check_lab()
        from mnist_tutorial.setup.kernel import python_of_kernel

        return Finding("ok", f"python3 is {python_of_kernel()}")
    except MNISTError as error:
        found, _, advice = str(error).partition("; ")
        return Finding("problem", found, advice)


def _wrong(requirement):
    """Say what is wrong with a package, if anything is."""
    here = _version(requirement.name)
    if not here:
        return f"{requirement.name} is missing"
    if not requirement.specifier.contains(here, prereleases=True):
        return f"{requirement.name} is {here}; expected {requirement.specifier}"


def _version(name):
    try:
        return version(name).split("+")[0]  # torch's builds have names after a plus
    except PackageNotFoundError:
        return None


def _some(texts):
    more = f" and {len(texts) - MOST_NAMES} more" if len(texts) > MOST_NAMES else ""
    return ", ".join(texts[:MOST_NAMES]) + more
