"""Comparisons: whether two trained networks, or two recipes, differ by more than chance explains, in a sentence."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.table import Table

from mnist_tutorial.benchmark.report.table import terminal_table
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.store import published, read, read_all
from mnist_tutorial.benchmark.summary import by_version, each_seed_once
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import mcnemar, welch

RESULTS = Path("results")
TESTS = {"models": "exact McNemar test", "recipes": "Welch's test over seeds"}
SIGNIFICANCE_LEVEL = 0.05  # a smaller p-value is a difference


@dataclass(frozen=True)
class Comparison:
    """The difference between two sides, and whether chance explains it.

    `kind` is "models" or "recipes", as in `TESTS`. The second side makes `error_reduction` fewer errors, on average
    over its runs, with the 95 % interval `low` to `high`; `p_value` is two-sided.
    """

    kind: str
    names: tuple[str, str]
    runs: tuple[list[Result], list[Result]]
    error_reduction: float
    low: float
    high: float
    p_value: float
    remarks: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One of "identical", "different" and "not distinguishable"."""
        a, b = (sorted(run.predicted.tobytes() for run in side) for side in self.runs)
        if a == b:
            return "identical"
        return "different" if self.p_value < SIGNIFICANCE_LEVEL else "not distinguishable"

    @property
    def sentence(self) -> str:
        """The result, for a reader who knows no statistics."""
        (a, b), digits, verdict = self.names, _digits(self.runs[0][0]), self.verdict
        if verdict == "identical":
            return f"{a} and {b} are identical: they classify each of the {digits} alike."
        average, form = "", ",.0f"
        if self.kind == "recipes":
            average, form = f", on average over {len(self.runs[0])} and {len(self.runs[1])} seeds", ",.1f"
        difference, low, high = "they make equally many errors", self.low, self.high
        if self.error_reduction:
            better, worse, low, high = (b, a, low, high) if self.error_reduction > 0 else (a, b, -high, -low)
            difference = f"{better} makes {abs(self.error_reduction):{form}} fewer errors than {worse}"
        if verdict == "not distinguishable":
            difference = f"{a} and {b} are not distinguishable: {difference}"
        least = f"{low:,.1f}" if low > 0 else f"{-low:,.1f} more"
        share = f"{100 * self.p_value:.1f} %" if self.p_value >= 0.001 else "less than 0.1 %"
        return (
            f"{difference} on {digits}{average} (95 % interval: {least} to {high:,.1f} fewer). If both were equally "
            f"good, chance alone would make a difference this large in {share} of repetitions ({TESTS[self.kind]}: "
            f"p = {self.p_value:.2g})."
        )


def select(name: str, folder: Path | str | None = None) -> tuple[str, Result | list[Result], list[str]]:
    """Find a result file, or the results of a recipe; returns a short name for it, what was found, and remarks.

    `name` is a file; a recipe, or the name of a file, in `folder`; or a folder of one recipe's results. Without
    `folder`: in ``results``, then in the published results. MNISTError if nothing has this name.
    """
    own, recipes, remarks = Path(name), set(), []
    here, *elsewhere = [RESULTS, published()] if folder is None else [Path(folder)]
    for place in (here, own, *elsewhere):
        if place in elsewhere:
            remarks.append(f"not in {here}, so taken from the published results: {name}")
        for path in filter(Path.is_file, (own, place / name, place / f"{name}.json")):
            return path.stem, read(path), remarks
        results, refused = read_all(place) if place.is_dir() else ([], [])
        remarks += [f"left out: {error}" for error in refused]
        names = sorted({result.recipe for _, result in results})
        if place == own and len(names) > 1:
            raise MNISTError(f"{name}: holds {', '.join(names)}; expected one recipe; name it, with --results {name}")
        if chosen := [result for _, result in results if place == own or result.recipe == name]:
            return own.name or names[0], chosen, remarks
        recipes |= {*names}
    near = difflib.get_close_matches(name, sorted(recipes), 1, 0.4)
    raise MNISTError(
        f"{name}: no result file, no folder with results, and no recipe with results in {here}"
        f"{' or the published results' * len(elsewhere)}; there are {', '.join(sorted(recipes)) or 'none'}"
        + "".join(f"; did you mean {match}?" for match in near)
    )


def compare(a: str, b: str, folder: Path | str | None = None) -> Comparison:
    """Compare two result files, or two recipes; see `select` for the names, `compare_recipes` for the errors."""
    (name_a, first, remarks), (name_b, second, more) = select(a, folder), select(b, folder)
    names = (name_a, name_b) if name_a != name_b else (f"A ({a})", f"B ({b})")
    if type(first) is not type(second):
        model, recipe = (a, b) if isinstance(first, Result) else (b, a)
        raise MNISTError(f"{model} is one trained network, {recipe} is a recipe; expected two files, or two recipes")
    comparison = (compare_models if isinstance(first, Result) else compare_recipes)(first, second, names)
    return replace(comparison, remarks=(*dict.fromkeys(remarks + more), *comparison.remarks))


def compare_models(a: Result, b: Result, names: tuple[str, str] | None = None) -> Comparison:
    """Compare two trained networks by their predictions on the same digits, with the exact McNemar test.

    MNISTError if they were not evaluated on the same digits.
    """
    names, n = names or (a.name, b.name), len(a.labels)
    _common_digits([a], [b], names)
    only_a, only_b, _, low, high, p_value = mcnemar(a.predicted != a.labels, b.predicted != b.labels)
    remarks = (
        f"only {names[0]} misclassifies {only_a:,} digits, and only {names[1]} {only_b:,}",
        "this compares two trained networks, not their recipes: another seed trains another network",
    )
    return Comparison("models", names, ([a], [b]), only_a - only_b, n * low, n * high, p_value, remarks)


def compare_recipes(a: list[Result], b: list[Result], names: tuple[str, str] | None = None) -> Comparison:
    """Compare two recipes, given all runs of each, with Welch's test over their seeds.

    Test runs count; if not both sides have some, validation runs. Recipes that predict the same with every seed are
    compared as models. MNISTError if they were not evaluated on the same digits, or if a recipe has fewer than two
    seeds, or several versions, or if the number of errors never varies.
    """
    names = names or (a[0].recipe, b[0].recipe)
    split, variant = _common_digits(a, b, names)
    remarks = [] if split == "test" else ["not both have test runs, so their validation runs were compared"]
    a, b = ([run for run in runs if (run.evaluated_on, run.variant) == (split, variant)] for runs in (a, b))
    a, b = (_seeds(runs, name, remarks) for runs, name in zip((a, b), names, strict=True))
    if is_deterministic(a) and is_deterministic(b):
        models = compare_models(a[0], b[0], names)
        remarks += [models.remarks[0], "both predict the same with every seed, so this holds for the recipes"]
        return replace(models, remarks=tuple(remarks))
    comparison = Comparison("recipes", names, (a, b), *welch(errors(b), errors(a)), remarks=tuple(remarks))
    if np.isnan(comparison.low) and comparison.verdict != "identical":
        counts, command = " and ".join(f"{errors(runs)[0]:,}" for runs in (a, b)), _command(10, a, b)
        raise MNISTError(f"{' and '.join(names)} make {counts} errors with each seed; expected a spread; run {command}")
    return comparison


def _common_digits(a, b, names):
    """Choose split and variant: in the order of the alphabet, so test before validation, and full before sample."""
    on_a, on_b = ({(run.evaluated_on, run.variant): _digits(run) for run in runs} for runs in (a, b))
    if common := on_a.keys() & on_b.keys():
        return min(common)
    seen = [f"{name} on {' and '.join(on.values())}" for name, on in zip(names, (on_a, on_b), strict=True)]
    raise MNISTError(f"evaluated {', but '.join(seen)}; expected the same digits; run {_command(5, a, b)}")


def _seeds(runs, name, remarks):
    """Choose the runs of the present code, if there are some, each seed once; adds to the remarks."""
    current = [run for group in by_version(runs) if not all(run.changes for run in group) for run in group]
    if not current:
        remarks.append(f"{name}: stale, since code has changed since these runs")
    elif len(current) < len(runs):
        remarks.append(f"{name}: {len(runs) - len(current)} runs of other code are left out")
    seeds = of_one_version(current or runs, name)
    if len(seeds) < 2:
        found, command = _digits(seeds[0]), _command(5, seeds)
        raise MNISTError(f"{name} has one run on {found}; expected two seeds, better five, or two files; run {command}")
    return seeds


def of_one_version(runs: list[Result], name: str) -> list[Result]:
    """Take each seed once; MNISTError if code, or the number of processes, was changed between the runs."""
    versions = {(group[0].version[:8], run.processes) for group in by_version(runs) for run in group}
    if len(versions) > 1:
        listed = " and ".join(f"code {code} in {processes} process(es)" for code, processes in sorted(versions))
        raise MNISTError(
            f"{name}: found runs of {listed}; expected one version; give each a folder, and name the folders"
        )
    return each_seed_once(runs)


def is_deterministic(runs: list[Result]) -> bool:
    """Whether several runs make the same predictions."""
    return len(runs) > 1 and len({run.predicted.tobytes() for run in runs}) == 1


def errors(runs: list[Result]) -> np.ndarray:
    """Count the errors of each run."""
    return np.array([(run.predicted != run.labels).sum() for run in runs])


def _digits(run):
    split = "test" if run.evaluated_on == "test" else "held-out"
    return f"{len(run.labels):,} {split} digits{' of the sample' if run.variant == 'sample' else ''}"


def _command(seeds, *sides):
    first, recipes = sides[0][0], " ".join(dict.fromkeys(runs[0].recipe for runs in sides))
    variant = " --variant sample" if first.variant == "sample" else ""
    return f"python -m mnist_tutorial benchmark run {recipes} --seeds {seeds} --evaluate {first.evaluated_on}{variant}"


def table(comparison: Comparison) -> Table:
    """Show both sides of a comparison in the terminal."""
    rows = []
    for name, runs in zip(comparison.names, comparison.runs, strict=True):
        accuracies, mean = [100 * run.accuracy for run in runs], errors(runs).mean()
        numbers = f"{accuracies[0]:.2f}", f"{mean:,.0f}"
        if len(runs) > 1:
            numbers = f"{np.mean(accuracies):.3f} ± {np.std(accuracies, ddof=1):.3f}", f"{mean:,.1f}"
        rows.append((name, *numbers, str(len(runs))))
    title = f"Two {comparison.kind} on {_digits(comparison.runs[0][0])}"
    return terminal_table(title, (comparison.kind, "accuracy, %", "errors", "runs"), rows)
