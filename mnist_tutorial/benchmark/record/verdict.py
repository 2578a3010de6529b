"""The verdict on a folder that claims a record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mnist_tutorial.benchmark.record.entry import REASON, REFERENCE, Entry, begin
from mnist_tutorial.benchmark.record.requirements import p_value, unmet
from mnist_tutorial.benchmark.summary import describe

TARGETS = ("99.0", "99.5", "99.7")  # percent of the test digits


@dataclass(frozen=True)
class Verdict:
    """Whether a folder holds a record, and what it claims.

    Attributes
    ----------
    target : str
        One of `TARGETS`.
    entry : Entry
    reasons : list of str
        Why it is refused; empty if it is accepted.
    """

    target: str
    entry: Entry
    reasons: list[str]

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    @property
    def date(self) -> str:
        """The day on which the session began, in UTC."""
        return min(map(begin, self.entry.runs)).date().isoformat()

    @property
    def p_value(self) -> float:
        """How often a recipe whose true mean is the target does so well by chance."""
        return p_value(self.entry.accuracies, float(self.target) / 100)

    def lines(self) -> Iterator[str]:
        """Write the claim, the reasons against it, and the verdict, line by line."""
        entry = self.entry
        if len(entry.runs) > 1:
            accuracies = 100 * entry.accuracies
            yield (
                f"{entry.recipe}, n = {len(accuracies)}: {accuracies.mean():.3f} ± {accuracies.std(ddof=1):.3f} % of "
                f"the test digits; more than {self.target} % with p = {self.p_value:.2g}"
            )
            yield f"median of training: {entry.seconds:.2f} s"
            if entry.references:
                yield (
                    f"median of {len(entry.references)} runs of {REFERENCE}: {entry.reference_seconds:.2f} s; "
                    f"ratio {entry.ratio:.3f}"
                )
            yield describe([*entry.runs, *entry.references])
            if entry.runs[0].machine.get("commit") is None:
                yield "The commit is unknown, since the package does not run from a clone of its repository."
            if entry.set_aside:
                yield f"{len(entry.set_aside)} contended runs were repeated."
            if not entry.reason:
                yield f"To submit it, write what made it faster into {entry.folder / REASON}."
        yield from (f"refused: {reason}" for reason in self.reasons)
        yield "refused" if self.reasons else "accepted"


def check(folder: Path, target: str, variant: str = "full") -> Verdict:
    """Check a folder that claims a record.

    Parameters
    ----------
    folder : Path
        With the result files of one session.
    target : {"99.0", "99.5", "99.7"}
    variant : {"full", "sample"}
        The variant of MNIST that is expected.

    Returns
    -------
    Verdict

    Raises
    ------
    MNISTError
        If there is no such folder.
    """
    entry = Entry.read(folder)
    return Verdict(target, entry, list(unmet(entry, float(target), variant)))
