"""Where runs come from: their machines, commits and packages."""

from collections import defaultdict


def differences(runs):
    """Tell in what runs differ that are taken together.

    Parameters
    ----------
    runs : list of Result

    Yields
    ------
    str
        Nothing if they are all of one commit, without changes, and with the same packages.
    """
    commits = sorted({str(run.machine.get("commit"))[:10] for run in runs})
    if len(commits) > 1:
        yield f"runs from {len(commits)} commits: {', '.join(commits)}"
    if dirty := sum(bool(run.machine.get("dirty")) for run in runs):
        some = "all" if dirty == len(runs) else f"{dirty} of {len(runs)}"
        yield f"{some} runs with changes that are in no commit"
    releases = defaultdict(set)
    for run in runs:
        for package, release in run.machine.get("versions", {}).items():
            releases[package].add(release)
    for package, found in releases.items():
        if len(found) > 1:
            yield f"runs with {package} {' and '.join(sorted(found))}"
    for name in ("precision", "threads"):
        if len(found := {getattr(run, name) for run in runs}) > 1:
            yield f"runs with {name} {' and '.join(sorted(map(str, found)))}"


def line(runs):
    """Describe what runs ran on that share their hardware.

    Parameters
    ----------
    runs : list of Result

    Returns
    -------
    str
        Hardware and packages of the last run, dates and commits of all.
    """
    about = max(runs, key=lambda run: run.started).machine
    parts = [about.get("processor"), f"{about.get('cores')} cores", about.get("device"), about.get("system")]
    versions = {"Python": about.get("python"), **about.get("versions", {})}
    dates = sorted({run.started[:10] for run in runs})
    commits = sorted({str(run.machine["commit"])[:10] for run in runs if run.machine.get("commit")})
    return (
        f"{', '.join(str(part) for part in parts if part)}; "
        f"{', '.join(f'{name} {number}' for name, number in versions.items() if number)}; "
        f"{' to '.join(dict.fromkeys([dates[0], dates[-1]]))}"
        + (f"; commit{'s' * (len(commits) > 1)} {', '.join(commits)}" if commits else "")
    )
