"""The lock: the releases that the course is tested with."""

from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent


def lock() -> Path:
    """Return the file ``requirements.lock``: in the package, or in the clone of the repository.

    Returns
    -------
    Path
    """
    installed = HERE / "requirements.lock"
    return installed if installed.is_file() else HERE.parents[1] / "requirements.lock"


def pins(environment: dict[str, str] | None = None) -> dict[str, str]:
    """List the locked releases.

    Parameters
    ----------
    environment : dict of str to str, optional
        Values of the markers that tell systems and Pythons apart, as in ``{"sys_platform": "win32"}``; by default
        those of this Python.

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
    values = default_environment() | (environment or {})
    lines = lock().read_text(encoding="utf-8").splitlines()
    requirements = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if not requirement.marker or requirement.marker.evaluate(values)
    }
