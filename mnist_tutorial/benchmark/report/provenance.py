"""Provenance: the machines, commits and packages behind a set of runs."""

import ast
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator

from mnist_tutorial.benchmark.results.code import PACKAGE, RECIPE
from mnist_tutorial.benchmark.results.result import Result


def differences(runs: list[Result]) -> Iterator[str]:
    """List what differs between runs that are summarized together.

    Yields
    ------
    str
        Nothing if all runs have the same commit, no uncommitted changes, and the same packages.
    """
    commits = sorted({str(run.machine.get("commit"))[:10] for run in runs})
    if len(commits) > 1:
        yield f"runs from {len(commits)} commits: {', '.join(commits)}"
    if dirty := sum(bool(run.machine.get("dirty")) for run in runs):
        share = "all" if dirty == len(runs) else f"{dirty} of {len(runs)}"
        yield f"{share} runs with uncommitted changes"
    releases = defaultdict(set)
    for run in runs:
        for package, release in run.machine.get("versions", {}).items():
            releases[package].add(release)
    for package, versions in releases.items():
        if len(versions) > 1:
            yield f"runs with {package} {' and '.join(sorted(versions))}"
    for name in ("precision", "threads"):
        values = sorted({str(getattr(run, name)) for run in runs})
        if len(values) > 1:
            yield f"runs with {name} {' and '.join(values)}"


def imports(run: Result) -> str:
    """Say in a sentence which code a run used beside the text of its recipe.

    Returns
    -------
    str
        The version of our code; the packages that the text imports, with their releases; and other files.
    """
    ours = [name for name in run.code if name.startswith(f"{PACKAGE}.")]
    files = [name for name in run.code if name not in ours and not name.startswith(RECIPE)]
    parts = [f"Code version {run.version[:8]}: {len(ours)} modules of this package" if run.code else "Code unknown"]
    parts.append(f"imports {', '.join(packages)}" if (packages := _packages(run)) else "no imports of its own")
    if files:
        parts.append(f"files that are in no package and not kept here: {', '.join(files)}")
    return "; ".join(parts) + "."


def _packages(run: Result) -> list[str]:
    """List what the text of a recipe imports, without Python's own modules and this package."""
    try:
        nodes = list(ast.walk(ast.parse(textwrap.dedent(run.source))))
    except (SyntaxError, ValueError, RecursionError):
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    tops = sorted({name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {PACKAGE})
    return [f"{top} {run.versions[top]}" if top in run.versions else top for top in tops]


def describe(runs: list[Result]) -> str:
    """Describe in one line the machine on which runs were made.

    Parameters
    ----------
    runs : list of Result
        All on the same hardware.

    Returns
    -------
    str
        Hardware and packages of the latest run; dates and commits of all runs.
    """
    machine = max(runs, key=lambda run: run.started).machine
    hardware = [machine.get("processor"), f"{machine.get('cores')} cores", machine.get("device"), machine.get("system")]
    versions = {"Python": machine.get("python"), **machine.get("versions", {})}
    dates = sorted({run.started[:10] for run in runs})
    commits = sorted({str(run.machine["commit"])[:10] for run in runs if run.machine.get("commit")})
    return (
        f"{', '.join(str(part) for part in hardware if part)}; "
        f"{', '.join(f'{name} {number}' for name, number in versions.items() if number)}; "
        f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}"
        + (f"; commit{'s' * (len(commits) > 1)} {', '.join(commits)}" if commits else "")
    )
