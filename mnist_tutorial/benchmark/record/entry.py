"""An entry: the result files of one session that claims a record."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from mnist_tutorial.benchmark.results import Result, read_all, read_failures

REFERENCE = "train-mnist-fast"  # the recipe whose time is the unit: bare torch, and nothing of ours
SET_ASIDE = "contended"  # the subfolder for runs that were repeated, because other programs used the processor
REASON = "reason.txt"  # one line: what made it faster


@dataclass(frozen=True)
class Entry:
    """What the files of a folder say, before anybody has checked whether it is a record.

    Attributes
    ----------
    folder : Path
    runs : list of Result
        The runs of the recipe, ordered by seed.
    references : list of Result
        The runs of the reference, ordered by time.
    set_aside : list of Result
        Runs that were repeated, because they were contended.
    problems : list of str
        One for each file that cannot be trusted, and each run that failed.
    """

    folder: Path
    runs: list[Result]
    references: list[Result]
    set_aside: list[Result]
    problems: list[str]

    @classmethod
    def read(cls, folder: Path) -> "Entry":
        """Read the files of a session.

        Raises
        ------
        MNISTError
            If there is no such folder.
        """
        found, refused = read_all(folder)
        problems = [str(error) for error in refused]
        problems += [
            f"seed {failure.get('seed')} of {failure.get('recipe')} failed" for failure in read_failures(folder)
        ]
        runs, set_aside = [], []
        for path, result in found:
            try:
                begin(result)
            except ValueError:
                problems.append(f"{path}: started at {result.started!r}, expected a time as in ISO 8601; run it again")
            else:
                (set_aside if Path(folder, SET_ASIDE) in path.parents else runs).append(result)
        references = sorted((run for run in runs if run.recipe == REFERENCE), key=begin)
        runs = sorted((run for run in runs if run.recipe != REFERENCE), key=lambda run: run.seed)
        return cls(Path(folder), runs, references, set_aside, problems)

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return self.runs[0].recipe

    @property
    def accuracies(self) -> np.ndarray:
        """The accuracy of each seed, from 0 to 1: that of its first try, so that nobody can choose among tries."""
        first = {}
        for run in sorted((*self.runs, *self.set_aside), key=begin):
            first.setdefault((run.recipe, run.seed), run.accuracy)
        return np.array([first[run.recipe, run.seed] for run in self.runs])

    @property
    def seconds(self) -> float:
        """The median seconds of training."""
        return median(run.wall for run in self.runs)

    @property
    def reference_seconds(self) -> float | None:
        """The median seconds of the reference; None without reference."""
        return median(run.wall for run in self.references) if self.references else None

    @property
    def ratio(self) -> float | None:
        """Seconds of training per second of the reference: this is what a record is compared by."""
        return self.seconds / self.reference_seconds if self.references else None

    @property
    def reason(self) -> str:
        """What made it faster, in the words of those who submit it; empty if they have written nothing."""
        path = self.folder / REASON
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""


def begin(run: Result) -> datetime:
    """Read the time at which a run started.

    Raises
    ------
    ValueError
        If it is no time as in ISO 8601.
    """
    time = datetime.fromisoformat(run.started)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
