"""Provenance: the machines, commits and packages behind a set of runs."""

from collections import defaultdict
from collections.abc import Iterator

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
