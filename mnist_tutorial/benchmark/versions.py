"""Versions: results of different code are never taken together."""

from collections.abc import Iterable

from mnist_tutorial.benchmark.code import agree
from mnist_tutorial.benchmark.result import Result


def by_version(results: Iterable[Result]) -> list[list[Result]]:
    """Group results by the code that gives them.

    Two results belong together if the same code is known to give both: that which ran, or that with which a run was
    reproduced.

    Parameters
    ----------
    results : iterable of Result
        Of one recipe.

    Returns
    -------
    list of list of Result
    """
    groups: list[list[Result]] = []
    for result in results:
        same = [group for group in groups if any(_same(result, other) for other in group)]
        merged = [other for group in same for other in group]
        groups = [group for group in groups if group not in same]
        groups.append([*merged, result])
    return groups


def changes(results: Iterable[Result]) -> list[str]:
    """List what has changed since results of one version were made; empty if one of them is of the present code."""
    return min((result.changes for result in results), key=len)


def _same(a: Result, b: Result) -> bool:
    return any(agree(one, other) for one in a.codes for other in b.codes)
