"""Targets: the systems and Pythons that a kit is for."""

import platform
import re
from dataclasses import dataclass

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms

from mnist_tutorial.errors import MNISTError

# Values of markers, platforms of wheels, and uv's name of the system. Linux with glibc 2.28 (2018) and macOS 14 are the
# oldest that torch has wheels for.
_LINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
_OLD_NAMES = [f"{name}_x86_64" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
SYSTEMS = {
    "linux": ("Linux", "linux", "posix", "x86_64", [*_LINUX, *_OLD_NAMES], "x86_64-manylinux_2_28"),
    "macos": ("Darwin", "darwin", "posix", "arm64", list(mac_platforms((14, 0), "arm64")), "aarch64-apple-darwin"),
    "windows": ("Windows", "win32", "nt", "AMD64", ["win_amd64"], "x86_64-pc-windows-msvc"),
}


@dataclass(frozen=True)
class Target:
    """A system with a Python.

    Attributes
    ----------
    system : str
        One of `SYSTEMS`.
    python : str
        As in ``"3.12"``.
    """

    system: str
    python: str

    def __str__(self) -> str:
        return f"{self.system} ({self.machine}), Python {self.python}"

    @property
    def machine(self) -> str:
        """The processor."""
        return SYSTEMS[self.system][3]

    @property
    def platforms(self) -> list[str]:
        """The platforms of wheels that run there, best first."""
        return SYSTEMS[self.system][4]

    @property
    def platform(self) -> str:
        """The name that uv has for it."""
        return SYSTEMS[self.system][5]

    @property
    def environment(self) -> dict[str, str]:
        """Values of the markers in the lock."""
        name, platform_name, os_name, machine, *_ = SYSTEMS[self.system]
        return {
            "platform_system": name,
            "sys_platform": platform_name,
            "os_name": os_name,
            "platform_machine": machine,
            "python_version": self.python,
            "python_full_version": f"{self.python}.99",  # the latest: students install that
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }

    def tags(self) -> frozenset[Tag]:
        """List the tags of wheels that run there."""
        version = tuple(map(int, self.python.split(".")))
        interpreter = f"cp{version[0]}{version[1]}"
        return frozenset(cpython_tags(version, platforms=self.platforms)) | frozenset(
            compatible_tags(version, interpreter, self.platforms)
        )


def target(system: str | None = None, python: str | None = None) -> Target:
    """Make a target.

    Parameters
    ----------
    system : str, optional
        One of `SYSTEMS`; by default, this one.
    python : str, optional
        As in ``"3.12"``; by default, this one.

    Returns
    -------
    Target

    Raises
    ------
    MNISTError
        If the course does not run there.

    Examples
    --------
    >>> print(target("windows", "3.12"))
    windows (AMD64), Python 3.12
    """
    names = {values[0]: name for name, values in SYSTEMS.items()}
    system = system or names.get(platform.system(), platform.system())
    python = python or ".".join(platform.python_version_tuple()[:2])
    if system not in SYSTEMS:
        raise MNISTError(f"platform is {system!r}; expected one or more of {','.join(SYSTEMS)}")
    if not re.fullmatch(r"3\.\d{1,2}", python) or int(python[2:]) < 11:
        raise MNISTError(f"Python is {python!r}; expected 3.11 or newer, as in --python 3.12")
    return Target(system, python)
