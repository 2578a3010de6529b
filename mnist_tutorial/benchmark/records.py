"""Speed records: the session that claims one, the check of its folder by the rules of RULES.md, and the history."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table
from scipy.stats import ttest_1samp

from mnist_tutorial.benchmark import suite
from mnist_tutorial.benchmark.code import digest
from mnist_tutorial.benchmark.recipe import Recipe, Task, load_recipe
from mnist_tutorial.benchmark.report.table import markdown_table, percent
from mnist_tutorial.benchmark.report.table import seconds as in_seconds
from mnist_tutorial.benchmark.result import Result, read, read_all, read_failures
from mnist_tutorial.benchmark.summary import describe
from mnist_tutorial.errors import MNISTError, printable

TARGETS = ("99.0", "99.5", "99.7")  # percent of the test digits
REFERENCE = "train-mnist-fast"  # the recipe whose time is the unit: bare torch, and nothing of ours
SET_ASIDE = "contended"  # the subfolder for runs that were repeated, because other programs used the processor
REASON = "reason.txt"  # one line: what made it faster
SEEDS = 10  # with fewer, a t-test says little about the spread
LEVEL = 0.01
REFERENCES = 5
TRIES = 10  # of a run that other programs slow down: each costs time, but nobody gains accuracy by it
GAP = timedelta(hours=3)  # between references: a machine that has been turned off, or was busy for long, is another one
PREDICTION = 2  # times the training: room for several views of each digit, and none for training that comes later
HARDWARE = ("processor", "cores", "device", "system", "threads", "openmp", "python", "commit")
HEADINGS = ("target", "date", "recipe", "seconds", "ratio", "n", "mean, %", "p", "machine", "commit", "reason")


@dataclass(frozen=True)
class Entry:
    """The files of a session that claims a record, and the `reasons` to refuse it: none if it is accepted.

    `runs` of the recipe are ordered by seed, `references` by time; `set_aside` are contended runs that were repeated.
    """

    folder: Path
    target: str
    runs: list[Result]
    references: list[Result]
    set_aside: list[Result]
    reasons: list[str]

    @cached_property
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
    def ratio(self) -> float:
        """Seconds of training per second of the reference: this is what a record is compared by."""
        return self.seconds / median(run.wall for run in self.references)

    @property
    def date(self) -> str:
        """The day on which the session began, in UTC."""
        return min(map(begin, self.runs)).date().isoformat()

    @property
    def p_value(self) -> float:
        """How often a recipe whose true mean is the target does so well by chance."""
        return p_value(self.accuracies, float(self.target) / 100)

    @property
    def reason(self) -> str:
        """What made it faster, in the words of those who submit it; empty if they have written nothing."""
        path = self.folder / REASON
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""

    def lines(self) -> Iterator[str]:
        """Write the claim, the reasons against it, and the verdict, line by line."""
        if len(self.runs) > 1:
            mean, spread = 100 * self.accuracies.mean(), 100 * self.accuracies.std(ddof=1)
            yield (
                f"{self.runs[0].recipe}, n = {len(self.runs)}: {mean:.3f} ± {spread:.3f} % of the test digits; "
                f"more than {self.target} % with p = {self.p_value:.2g}"
            )
            yield f"median of training: {self.seconds:.2f} s"
            if self.references:
                reference = f"{len(self.references)} runs of {REFERENCE}: {self.seconds / self.ratio:.2f} s"
                yield f"median of {reference}; ratio {self.ratio:.3f}"
            yield describe([*self.runs, *self.references])
            if self.runs[0].machine.get("commit") is None:
                yield "The commit is unknown, since the package does not run from a clone of its repository."
            if self.set_aside:
                yield f"{len(self.set_aside)} contended runs were repeated."
            if not self.reason:
                yield f"To submit it, write what made it faster into {self.folder / REASON}."
        yield from (f"refused: {reason}" for reason in self.reasons)
        yield "refused" if self.reasons else "accepted"


def begin(run: Result) -> datetime:
    """Read the time at which a run started; ValueError if it is none as in ISO 8601."""
    time = datetime.fromisoformat(run.started)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def p_value(accuracies: np.ndarray, target: float) -> float:
    """Test by a one-sided t-test whether the mean over all seeds exceeds a target; without any spread, 0 or 1.

    Examples
    --------
    >>> f"{p_value(np.array([0.991, 0.992, 0.9905]), 0.99):.3f}"
    '0.059'
    """
    if not np.ptp(accuracies):
        return float(not accuracies[0] > target)
    return float(ttest_1samp(accuracies, target, alternative="greater").pvalue)


def check(folder: Path, target: str, variant: str = "full") -> Entry:
    """Check a folder with the result files of one session against one of the `TARGETS`; MNISTError if it is missing."""
    results, refused = read_all(folder)
    failed = (f"seed {failure.get('seed')} of {failure.get('recipe')} failed" for failure in read_failures(folder))
    reasons, runs, set_aside = [*map(str, refused), *failed], [], []
    for path, result in results:
        try:
            begin(result)
        except ValueError:
            reasons.append(f"{path}: started at {result.started!r}, expected a time as in ISO 8601; run it again")
        else:
            (set_aside if Path(folder, SET_ASIDE) in path.parents else runs).append(result)
    references = sorted((run for run in runs if run.recipe == REFERENCE), key=begin)
    runs = sorted((run for run in runs if run.recipe != REFERENCE), key=lambda run: run.seed)
    entry = Entry(Path(folder), target, runs, references, set_aside, reasons)
    if runs:
        for run in (*runs, *references):
            if (on := (run.evaluated_on, run.variant)) != ("test", variant):
                reasons.append(f"{run.name}: {on[0]} digits of the {on[1]} MNIST; expected test digits of {variant}")
        for rule in (_one_recipe, _seeds, _accuracy, _contention, _references, _one_machine):
            reasons.extend(rule(entry))
    else:
        reasons.append(f"{folder}: no runs of a recipe other than the reference; expected at least {SEEDS}")
    return entry


def _one_recipe(entry: Entry) -> Iterator[str]:
    runs = [*entry.runs, *entry.references]
    recipes = sorted({run.recipe for run in entry.runs})
    if len(recipes) > 1:
        yield f"runs of several recipes, {', '.join(recipes)}; expected one, and {REFERENCE}"
    digests = defaultdict(set)
    for module, value in (item for run in runs for item in run.code.items()):
        digests[module].add(value)
    if several := [module for module, values in sorted(digests.items()) if len(values) > 1]:
        yield f"the code of {', '.join(several)} is not the same in all runs"


def _seeds(entry: Entry) -> Iterator[str]:
    seeds = [run.seed for run in entry.runs]
    if len(seeds) < SEEDS:
        yield f"{len(seeds)} runs; expected at least {SEEDS}"
    if seeds != list(range(len(seeds))):
        yield f"the seeds are {', '.join(map(str, seeds))}; expected 0 to {len(seeds) - 1}, each once"
    counts = Counter(run.predicted.tobytes() for run in entry.runs)
    if alike := [str(run.seed) for run in entry.runs if counts[run.predicted.tobytes()] > 1]:
        yield (
            f"seeds {', '.join(alike)} share all their predictions: files were copied, or the recipe seeds its own "
            "generators; expected a new network for each seed"
        )


def _accuracy(entry: Entry) -> Iterator[str]:
    p = entry.p_value if len(entry.runs) > 1 else np.nan
    if not p < LEVEL:
        mean = f"mean accuracy {entry.accuracies.mean():.3%} with p = {p:.2g}"
        yield f"{mean}; expected more than {entry.target}% with p < {LEVEL}"
    prediction = median(run.prediction for run in entry.runs)
    if prediction > PREDICTION * entry.seconds:
        found = f"predictions take {prediction:.2f} s, training {entry.seconds:.2f} s"
        yield f"{found}; expected at most {PREDICTION} times as long"


def _contention(entry: Entry) -> Iterator[str]:
    for run in (*entry.runs, *entry.references):
        if run.contended:
            others = f"other programs used {run.other_cpu_seconds:.2g} s of the processor"
            yield f"{run.name}: {others}, it used {run.cpu_seconds:.2g} s; close them, and begin again"
    for run in entry.set_aside:
        if not run.contended:
            yield f"{run.name}: set aside although no other program was busy; nobody may choose among runs"
    for (recipe, seed), count in Counter((run.recipe, run.seed) for run in entry.set_aside).items():
        if count >= TRIES:
            yield f"seed {seed} of {recipe}: set aside {count} times; expected at most {TRIES - 1}"


def _references(entry: Entry) -> Iterator[str]:
    references, runs = entry.references, sorted(entry.runs, key=begin)
    if len(references) < REFERENCES:
        yield f"{len(references)} runs of the reference {REFERENCE}; expected at least {REFERENCES}"
    if any(digest(run.source) != digest(load_recipe(REFERENCE).source) for run in references):
        yield f"the code of {REFERENCE} is not that of this package"
    if not references:
        return
    if begin(references[0]) > begin(runs[0]):
        yield f"the first run of the reference started at {references[0].started}, after the first run of the recipe"
    if begin(references[-1]) < begin(runs[-1]):
        yield f"the last run of the reference started at {references[-1].started}, before the last run of the recipe"
    most = ceil(len(runs) / (REFERENCES - 1))
    for a, b in pairwise(references):
        between = sum(begin(a) < begin(run) < begin(b) for run in runs)
        if between > most:
            yield f"{between} runs between the references of {a.started} and {b.started}; expected at most {most}"
        if begin(b) - begin(a) > GAP:
            yield f"the references of {a.started} and {b.started} are more than three hours apart; run it in one go"


def _one_machine(entry: Entry) -> Iterator[str]:
    runs = [*entry.runs, *entry.references]
    for name in HARDWARE:
        values = Counter(str(run.machine.get(name)) for run in runs)
        if len(values) > 1:
            counts = ", ".join(f"{value} ({n} runs)" for value, n in values.most_common())
            yield f"{name} is not the same in all runs: {counts}"
    if len({(run.devices, run.nodes, run.threads) for run in runs}) > 1:
        yield "the runs trained with different numbers of threads, devices or machines"
    packages = sorted({name for run in runs for name in run.versions})
    if changed := [name for name in packages if len({run.versions.get(name) for run in runs}) > 1]:
        yield f"the versions of {', '.join(changed)} are not the same in all runs"
    if any(run.machine.get("dirty") for run in runs):
        yield "the code had changes that are in no commit; commit them, and run it again"


def plan(recipe: Recipe, seeds: int, variant: str = "full") -> list[Task]:
    """List the runs of a session: the reference first, last, and evenly spread in between."""
    if recipe.name == REFERENCE:
        raise MNISTError(f"{REFERENCE} is the reference, whose ratio is 1; expected another recipe")
    runs = suite.plan([recipe], range(seeds), ["test"], variant)
    references = suite.plan([load_recipe(REFERENCE)], range(REFERENCES), ["test"], variant)
    tasks = []
    for i, reference in enumerate(references):
        first, last = (k * seeds // (REFERENCES - 1) for k in (i - 1, i))
        tasks += [*runs[max(0, first) : last], reference]
    return tasks


def run(tasks: list[Task], folder: Path, workers: suite.Workers) -> Iterator[suite.Event]:
    """Do the tasks of a plan that have no result yet, in turn; a contended run is set aside, and done again.

    The session ends when a run fails. Raises MNISTError if the folder has results of other runs or other code, cannot
    be written, or is used by another process, and if other programs slow down all `TRIES` of a run.
    """
    own = {path for task in tasks for path in task.results(folder) if task.recipe.gave(read(path))}
    if others := sorted(set(folder.glob("*-seed*[0-9].json")) - own):
        raise MNISTError(
            f"{folder} has results of other runs, or of other code, such as {others[0].name}; choose another folder "
            "with --out"
        )
    for task in tasks:
        repeat = True
        _set_aside(task, folder)  # an earlier session may have been interrupted before it could
        while repeat:
            for event in suite.run([task], folder, workers):
                yield event
                if event.kind == "failed":
                    return
            repeat = _set_aside(task, folder)


def _set_aside(task: Task, folder: Path) -> bool:
    """Move the file of a contended run out of the way; returns whether the run is to be repeated."""
    if not any(read(path).contended for path in task.results(folder)):
        return False
    for place in (folder / SET_ASIDE / str(number) for number in range(1, TRIES)):
        if not task.results(place):
            place.mkdir(parents=True, exist_ok=True)
            for path in task.results(folder):
                path.rename(place / path.name)
            return True
    raise MNISTError(
        f"{task.name}: other programs used the processor in each of {TRIES} tries; close them, and begin again in "
        "another folder with --out"
    )


def entries(folder: Path, target: str) -> list[Entry]:
    """Check all folders in FOLDER/TARGET: the lowest ratio, which is the record, first; those that are refused last."""
    place = Path(folder, target)
    checked = [check(path, target) for path in sorted(place.iterdir()) if path.is_dir()] if place.is_dir() else []
    return sorted(checked, key=lambda entry: (bool(entry.reasons), 0 if entry.reasons else entry.ratio))


def history(folder: Path) -> list[Entry]:
    """List the accepted folders that were records when they were made, oldest first, target by target."""
    records = []
    for target in TARGETS:
        best, accepted = float("inf"), [entry for entry in entries(folder, target) if not entry.reasons]
        for entry in sorted(accepted, key=lambda entry: (entry.date, -entry.ratio)):
            if entry.ratio < best:
                best = entry.ratio
                records.append(entry)
    return records


def markdown(accepted: Iterable[Entry]) -> str:
    """Write accepted folders as a table in Markdown."""
    return markdown_table(HEADINGS, map(_row, accepted), HEADINGS).rstrip()


def table(accepted: Iterable[Entry]) -> Table:
    """Show accepted folders in the terminal."""
    shown = Table(*HEADINGS, box=box.SIMPLE)
    for entry in accepted:
        shown.add_row(*(escape(printable(cell)) for cell in _row(entry)))
    return shown


def _row(entry: Entry) -> list[str]:
    machine = entry.runs[0].machine
    return [
        f"{entry.target} %",
        entry.date,
        entry.runs[0].recipe,
        in_seconds(entry.seconds),
        f"{entry.ratio:.3f}",
        str(len(entry.runs)),
        f"{percent(entry.accuracies.mean())} ± {percent(entry.accuracies.std(ddof=1))}",
        f"{entry.p_value:.1g}",
        f"{machine.get('processor')}, {machine.get('cores')} cores, {machine.get('device')}",
        (machine.get("commit") or "unknown")[:10],
        entry.reason.partition("\n")[0] or "–",
    ]
