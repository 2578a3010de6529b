"""The lock: the releases that the course is tested with."""

import re
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path
from typing import NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mnist_tutorial.errors import MNISTError

HERE = Path(__file__).parent


class Release(NamedTuple):
    """A locked release.

    Attributes
    ----------
    name : str
        Normalized.
    version : str
    hashes : frozenset of str
        The SHA-256 of each of its files, for all systems.
    parents : frozenset of str
        What needs it.
    """

    name: str
    version: str
    hashes: frozenset[str]
    parents: frozenset[str]


def lock() -> Path:
    """Return the file ``requirements.lock``: in the package, or in the clone of the repository.

    Returns
    -------
    Path
    """
    installed = HERE / "requirements.lock"
    return installed if installed.is_file() else HERE.parents[1] / "requirements.lock"


def releases(environment: dict[str, str] | None = None, path: Path | None = None) -> dict[str, Release]:
    """Read the locked releases.

    Parameters
    ----------
    environment : dict of str to str, optional
        Values of the markers that tell systems and Pythons apart, as in ``{"sys_platform": "win32"}``; by default
        those of this Python.
    path : Path, optional
        By default, our lock.

    Returns
    -------
    dict of str to Release
        By name.

    Examples
    --------
    >>> sorted(releases()["deeplay"].parents)
    ['mnist-tutorial']
    """
    values = default_environment() | (environment or {})
    found = {}
    # An entry is a line with the release, then indented lines: hashes, and comments that say what needs it.
    for entry in re.split(r"^(?=\w)", (path or lock()).read_text(encoding="utf-8"), flags=re.MULTILINE):
        if entry[:1].isalnum():
            requirement = Requirement(entry.splitlines()[0].rstrip(" \\"))
            if not requirement.marker or requirement.marker.evaluate(values):
                name = canonicalize_name(requirement.name)
                hashes = re.findall(r"--hash=sha256:(\w+)", entry)
                parents = re.findall(r"^    #(?: via)? +([\w.-]+)", entry.replace("# via\n", "\n"), re.MULTILINE)
                version = next(iter(requirement.specifier)).version
                found[name] = Release(name, version, frozenset(hashes), frozenset(map(canonicalize_name, parents)))
    return found


def pins(environment: dict[str, str] | None = None) -> dict[str, str]:
    """List the locked releases.

    Parameters
    ----------
    environment : dict of str to str, optional
        As for `releases`.

    Returns
    -------
    dict of str to str
        Normalized name to version.

    Examples
    --------
    >>> pins()["deeptrack"]
    '2.0.2'
    >>> "pywinpty" in pins({"sys_platform": "linux", "os_name": "posix"})
    False
    """
    return {name: release.version for name, release in releases(environment).items()}


def needed(
    locked: dict[str, Release], extras: Iterable[str], environment: dict[str, str] | None = None
) -> dict[str, Release]:
    """Choose the releases that our package needs.

    Parameters
    ----------
    locked : dict of str to Release
        As `releases` returns it.
    extras : iterable of str
        Those of our optional dependencies that are wanted, as in ``["lab"]``.
    environment : dict of str to str, optional
        As for `releases`.

    Returns
    -------
    dict of str to Release

    Raises
    ------
    MNISTError
        If our package has no metadata to tell.

    Examples
    --------
    >>> chosen = needed(releases(), ["lab"])
    >>> "jupyterlab" in chosen, "pytest" in chosen
    (True, False)
    """
    values = default_environment() | (environment or {})
    ours = [Requirement(line) for line in requires("mnist-tutorial") or []]
    chosen = {
        canonicalize_name(requirement.name)
        for requirement in ours
        if not requirement.marker
        or any(requirement.marker.evaluate(values | {"extra": extra}) for extra in ["", *extras])
    }
    if not chosen:
        raise MNISTError("the installed mnist-tutorial says nothing of what it needs; install it again")
    while more := {name for name, release in locked.items() if release.parents & chosen} - chosen:
        chosen |= more
    return {name: release for name, release in locked.items() if name in chosen}
