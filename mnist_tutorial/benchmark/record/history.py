"""The history of the records: which folders are accepted, and which of them were the fastest of their day."""

from collections.abc import Iterable
from pathlib import Path

from rich import box
from rich.markup import escape as escape_markup
from rich.table import Table

from mnist_tutorial.benchmark.record.verdict import TARGETS, Verdict, check
from mnist_tutorial.benchmark.report.table import escape, percent, seconds
from mnist_tutorial.errors import printable

HEADINGS = ("target", "date", "recipe", "seconds", "ratio", "n", "mean, %", "p", "machine", "commit", "reason")


def verdicts(folder: Path, target: str) -> list[Verdict]:
    """Check all folders that claim a record.

    Parameters
    ----------
    folder : Path
        With a folder for each target, in which there is a folder for each session.
    target : {"99.0", "99.5", "99.7"}

    Returns
    -------
    list of Verdict
        The lowest ratio first, which is the record; those that are refused come last.
    """
    place = Path(folder, target)
    found = [check(path, target) for path in sorted(place.iterdir()) if path.is_dir()] if place.is_dir() else []
    return sorted(found, key=lambda verdict: (not verdict.accepted, verdict.entry.ratio if verdict.accepted else 0))


def records(folder: Path) -> list[Verdict]:
    """List the accepted folders that were records when they were made, oldest first, target by target.

    Parameters
    ----------
    folder : Path
        As in `verdicts`.
    """
    found = []
    for target in TARGETS:
        accepted = [verdict for verdict in verdicts(folder, target) if verdict.accepted]
        best = float("inf")
        for verdict in sorted(accepted, key=lambda verdict: (verdict.date, -verdict.entry.ratio)):
            if verdict.entry.ratio < best:
                best = verdict.entry.ratio
                found.append(verdict)
    return found


def markdown(found: Iterable[Verdict]) -> str:
    """Write accepted folders as a table in Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(map(escape, _row(verdict)) for verdict in found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table(found: Iterable[Verdict]) -> Table:
    """Show accepted folders in the terminal."""
    shown = Table(*HEADINGS, box=box.SIMPLE)
    for verdict in found:
        shown.add_row(*(escape_markup(printable(cell)) for cell in _row(verdict)))
    return shown


def _row(verdict: Verdict) -> list[str]:
    entry = verdict.entry
    machine = entry.runs[0].machine
    return [
        f"{verdict.target} %",
        verdict.date,
        entry.recipe,
        seconds(entry.seconds),
        f"{entry.ratio:.3f}",
        str(len(entry.runs)),
        f"{percent(entry.accuracies.mean())} ± {percent(entry.accuracies.std(ddof=1))}",
        f"{verdict.p_value:.1g}",
        f"{machine.get('processor')}, {machine.get('cores')} cores, {machine.get('device')}",
        (machine.get("commit") or "unknown")[:10],
        entry.reason.partition("\n")[0] or "–",
    ]
