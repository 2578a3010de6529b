"""The examination: all checks, one after the other."""

from collections.abc import Callable, Iterator

from mnist_tutorial.setup.doctor import data, machine, software, training
from mnist_tutorial.setup.doctor.finding import Finding


def checks() -> dict[str, Callable[[], Finding]]:
    """Return the checks: name to function.

    Returns
    -------
    dict of str to callable
        The ones that explain the failure of others come first.
    """
    return {
        "Python": software.python,
        "releases": software.releases,
        "console": software.console,
        **({"long paths": software.long_paths} if software.WINDOWS else {}),
        "memory": machine.memory,
        "disk": machine.disk,
        "other programs": machine.load,
        "cache": data.cache,
        "mirrors": data.mirrors,
        "torch": training.torch_build,
        "precision": training.precision,
        "training": training.training,
        "kernel": software.kernel,
    }


def examine() -> Iterator[tuple[str, Finding]]:
    """Run all checks.

    Yields
    ------
    name : str
    finding : Finding
        A check that raises is a problem, and the others go on.
    """
    for name, check in checks().items():
        try:
            yield name, check()
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            yield name, Finding("problem", reason, "set the course up anew; if it stays, report it with this line")
