"""Comparisons: whether two trained networks, or two recipes, differ by more than chance explains, in a sentence."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from mnist_tutorial.benchmark.result import Result, published, read, read_all
from mnist_tutorial.benchmark.summary import by_version, changes, each_seed_once
from mnist_tutorial.errors import MNISTError, printable
from mnist_tutorial.stats import mcnemar, welch

RESULTS = Path("results")
RUN = "python -m mnist_tutorial benchmark run"
SIGNIFICANCE_LEVEL = 0.05  # a smaller p-value is a difference
MODELS = "This compares two trained networks, not their recipes: another seed trains another network."


@dataclass(frozen=True)
class Comparison:
    """The difference between two sides, and whether chance explains it.

    `kind` is "models" (McNemar's test on their predictions) or "recipes" (Welch's test over seeds), `runs` has those of
    each side. The second side makes `error_reduction` fewer errors, on average over its runs, with the 95 % interval
    `low` to `high`; the interval and the two-sided `p_value` are NaN if the runs do not vary over the seeds.
    `only_wrong` counts the digits that only the first, and only the second, of two models misclassifies.
    """

    kind: str
    names: tuple[str, str]
    runs: tuple[list[Result], list[Result]]
    error_reduction: float
    low: float
    high: float
    p_value: float
    scope: str
    only_wrong: tuple[int, int] | None = None
    remarks: tuple[str, ...] = ()

    @cached_property
    def errors(self) -> tuple[np.ndarray, ...]:
        """Errors of each run of each side."""
        return tuple(np.array([_wrong(run).sum() for run in runs]) for runs in self.runs)

    @property
    def digits(self) -> str:
        """The digits on which they were evaluated, in words."""
        run = self.runs[0][0]
        split = "test" if run.evaluated_on == "test" else "held-out"
        return f"{len(run.labels):,} {split} digits{' of the sample' if run.variant == 'sample' else ''}"

    @cached_property
    def verdict(self) -> str:
        """One of "identical", "different", "not distinguishable" and "not testable"."""
        if _predictions(self.runs[0]) == _predictions(self.runs[1]):
            return "identical"
        if np.isnan(self.low):
            return "not testable"
        return "different" if self.p_value < SIGNIFICANCE_LEVEL else "not distinguishable"

    @property
    def sentence(self) -> str:
        """The result, for a reader who knows no statistics."""
        (a, b), over_seeds, odds = self.names, self.kind == "recipes", ""
        if self.verdict == "identical":
            return f"{a} and {b} are identical: they classify each of the {self.digits} alike."
        if self.verdict == "not testable":
            recipes = " ".join(dict.fromkeys(runs[0].recipe for runs in self.runs))
            return (
                f"{a} and {b} cannot be tested: every run of {a} makes {self.errors[0][0]:,} errors and every run of "
                f"{b} makes {self.errors[1][0]:,}, so the variation between seeds is unknown; run more seeds: {RUN} "
                f"{recipes} --seeds 10 --evaluate {self.runs[0][0].evaluated_on}"
            )
        difference = f"{'they' if over_seeds else 'They'} make equally many errors"
        if self.error_reduction:
            better, worse = (b, a) if self.error_reduction > 0 else (a, b)
            difference = f"{better} makes {abs(self.error_reduction):,.{int(over_seeds)}f} fewer errors than {worse}"
            chance = f"{'seeds' if over_seeds else 'chance'} alone would make a difference this large"
            odds = f" If both were equally good, {chance} in {_repetitions(self.p_value)}."
        difference = f"{'On average over the seeds, ' if over_seeds else ''}{difference} on {self.digits}"
        if self.verdict == "different":
            low, high = sorted((abs(self.low), abs(self.high)))
            return f"{difference} (95 % interval: {low:,.1f} to {high:,.1f}).{odds} {self.scope}"
        low, high = (f"{abs(x):,.1f} fewer errors for {b if x > 0 else a}" for x in (self.low, self.high))
        return (
            f"{a} and {b} are not distinguishable. {difference}.{odds} "
            f"The difference may be anything from {low} to {high} (95 % interval). {self.scope}"
        )


class Selection(NamedTuple):
    """The results that a name on the command line stands for, and the invalid files beside them."""

    name: str
    results: list[Result]
    is_model: bool
    refused: Sequence[MNISTError] = ()
    is_published: bool = False


def select(name: str, folder: Path | str | None = None) -> Selection:
    """Find results: a file; a recipe, or the name of a file, in `folder`; or a folder of one recipe's results.

    Without `folder`: in ``results``, then in the published results. MNISTError if nothing has this name.
    """
    if Path(name).is_file():
        return Selection(Path(name).stem, [read(Path(name))], is_model=True)
    here, results, refused = Path(RESULTS if folder is None else folder), [], []
    for place in (here, published()) if folder is None else (here,):
        for path in filter(Path.is_file, (place / name, place / f"{name}.json")):
            return Selection(path.stem, [read(path)], is_model=True, is_published=place != here)
        valid, invalid = read_all(place) if place.is_dir() else ([], [])
        results += [result for _, result in valid]
        refused += invalid
        if chosen := [result for result in results if result.recipe == name]:
            return Selection(name, chosen, False, refused, is_published=place != here)
        if Path(name).is_dir():
            return _of_one_recipe(name)
    recipes = sorted({result.recipe for result in results})
    near = difflib.get_close_matches(name, recipes, 1, 0.4)
    raise MNISTError(
        f"{name}: no result file, no folder, and no recipe with results in {here}"
        f"{' or the published results' if folder is None else ''}; there are "
        f"{', '.join(recipes) or 'none'}{f'; did you mean {near[0]}?' if near else ''}"
    )


def _of_one_recipe(folder):
    results, refused = read_all(folder)
    recipes = sorted({result.recipe for _, result in results})
    if len(recipes) != 1:
        raise MNISTError(
            f"{folder}: found results of {len(recipes)} recipes{': ' if recipes else ''}{', '.join(recipes)}; expected "
            f"one; give the name of the recipe, and the folder as --results {folder}"
        )
    return Selection(Path(folder).name or recipes[0], [result for _, result in results], False, refused)


def compare(a: str, b: str, folder: Path | str | None = None) -> Comparison:
    """Compare two result files, or two recipes; see `select` for the names, `compare_recipes` for the errors."""
    first, second = select(a, folder), select(b, folder)
    names = (first.name, second.name) if first.name != second.name else (f"A ({a})", f"B ({b})")
    if first.is_model != second.is_model:
        model, recipe = (a, b) if first.is_model else (b, a)
        raise MNISTError(
            f"{model} is one trained network, and {recipe} is a recipe; expected two files, or two recipes"
        )
    remarks = [f"left out: {error}" for error in (*first.refused, *second.refused)]
    if elsewhere := dict.fromkeys(selection.name for selection in (first, second) if selection.is_published):
        remarks.insert(0, f"not in {RESULTS}, so taken from the published results: {', '.join(elsewhere)}")
    if first.is_model:
        comparison = compare_models(first.results[0], second.results[0], names)
    else:
        comparison = compare_recipes(first.results, second.results, names)
    return replace(comparison, remarks=(*dict.fromkeys(remarks), *comparison.remarks))


def compare_models(a: Result, b: Result, names: tuple[str, str] | None = None) -> Comparison:
    """Compare two trained networks by their predictions on the same digits, with the exact McNemar test.

    MNISTError if they were not evaluated on the same digits.
    """
    names = names or (a.name, b.name)
    if _digits(a) != _digits(b):
        raise _other_digits(names, [a], [b])
    only_a, only_b, _, low, high, p_value = mcnemar(_wrong(a), _wrong(b))
    fewer = only_a - only_b, low * len(a.labels), high * len(a.labels)
    return Comparison("models", names, ([a], [b]), *fewer, p_value, MODELS, (only_a, only_b))


def compare_recipes(a: list[Result], b: list[Result], names: tuple[str, str] | None = None) -> Comparison:
    """Compare two recipes, given all runs of each, with Welch's test over their seeds.

    Test runs count; if not both sides have some, validation runs. Recipes that predict the same with every seed are
    compared as models. MNISTError if they were not evaluated on the same digits, or if a recipe has fewer than two
    seeds, or several versions.
    """
    names = names or (a[0].recipe, b[0].recipe)
    a, b, remarks = _comparable(a, b, names)
    for name, runs in zip(names, (a, b), strict=True):
        if len(runs) < 2:
            sample = " --variant sample" if runs[0].variant == "sample" else ""
            raise MNISTError(
                f"{name} has one run ({_digits(runs[0])}); expected at least two seeds, better five; run "
                f"{RUN} {runs[0].recipe} --seeds 5 --evaluate {runs[0].evaluated_on}{sample}, "
                "or compare two files as models"
            )
    if is_deterministic(a) and is_deterministic(b):
        scope = "Both predict the same with every seed, so this holds for the recipes."
        return replace(compare_models(a[0], b[0], names), scope=scope, remarks=remarks)
    scope = f"This compares the recipes on these digits, from {len(a)} and {len(b)} runs."
    test = welch(*([_wrong(run).sum() for run in runs] for runs in (a, b)))
    limits = 0.0 - test.difference, -test.high, -test.low  # fewer errors, not more; and never -0
    return Comparison("recipes", names, (a, b), *limits, test.p_value, scope, remarks=remarks)


def compare_by_best_test(a: list[Result], b: list[Result]) -> Comparison:
    """Compare recipes over seeds; if these are too few, or do not vary, by the networks nearest to the mean accuracies.

    Each side has runs of one variant and split.
    """
    if min(len(a), len(b)) > 1 and (comparison := compare_recipes(a, b)).verdict != "not testable":
        return comparison
    return compare_models(_typical(a), _typical(b))


def _typical(runs):
    mean = np.mean([run.accuracy for run in runs])
    return min(runs, key=lambda run: abs(run.accuracy - mean))


def _comparable(a, b, names):
    """Choose the runs of both recipes on the same digits, those of the present code if there are some; and remarks."""
    for split, variant in product(("test", "validation"), ("full", "sample")):
        chosen = [[run for run in runs if (run.evaluated_on, run.variant) == (split, variant)] for runs in (a, b)]
        if not all(chosen):
            continue
        remarks = [] if split == "test" else ["not both have test runs, so their validation runs were compared"]
        for i, name in enumerate(names):
            current = [run for group in by_version(chosen[i]) if not changes(group) for run in group]
            if not current:
                remarks.append(f"{name}: stale, since code has changed since these runs")
            elif left_out := len(chosen[i]) - len(current):
                remarks.append(f"{name}: {left_out} runs of other code are left out")
            chosen[i] = of_one_version(current or chosen[i], name)
        return *chosen, tuple(remarks)
    raise _other_digits(names, a, b, f"; run {RUN} {a[0].recipe} {b[0].recipe} --seeds 5 --evaluate test")


def of_one_version(runs: list[Result], name: str) -> list[Result]:
    """Take each seed once; MNISTError if code, or the number of processes, was changed between the runs."""
    versions, processes = [group[0].version[:8] for group in by_version(runs)], {str(run.processes) for run in runs}
    for what, values in (("versions of the code", versions), ("numbers of processes", processes)):
        if len(values) > 1:
            raise MNISTError(
                f"{name}: found runs of {len(values)} {what}: {', '.join(sorted(values))}; expected one; move the "
                "files of each into their own folder, and name the folders"
            )
    return each_seed_once(runs)


def is_deterministic(runs: list[Result]) -> bool:
    """Whether several runs make the same predictions."""
    return len(runs) > 1 and len(set(_predictions(runs))) == 1


def _predictions(runs):
    return sorted(run.predicted.tobytes() for run in runs)


def _wrong(run):
    return run.predicted != run.labels


def _digits(run):
    return f"the {run.evaluated_on} digits of the {run.variant} MNIST"


def _other_digits(names, a, b, advice=""):
    on_a, on_b = (" and ".join(sorted({_digits(run) for run in runs})) for runs in (a, b))
    sentence = f"{names[0]} was evaluated on {on_a}, and {names[1]} on {on_b}; expected the same variant and split"
    return MNISTError(sentence + advice)


def _repetitions(p_value):
    many = 1000 if p_value < 0.01 else 100
    return f"{f'about {many * p_value:.0f}' if p_value >= 0.001 else 'fewer than 1'} of {many:,} repetitions"


def table(comparison: Comparison) -> Table:
    """Show a comparison in the terminal."""
    models, images = comparison.kind == "models", len(comparison.runs[0][0].labels)
    test, decimals = ("exact McNemar test", 0) if models else ("Welch's test over seeds", 1)
    shown = Table("", title=f"Two {comparison.kind} on {comparison.digits}: {test}", box=box.SIMPLE)
    for heading in ("accuracy, %", "errors", "only this one wrong" if models else "runs", "95 % interval", "p"):
        shown.add_column(heading, justify="right")
    counts = comparison.only_wrong if models else [len(errors) for errors in comparison.errors]
    for name, errors, count in zip(comparison.names, comparison.errors, counts, strict=True):
        shares = 100 * (1 - errors / images)
        accuracy = f"{shares[0]:.2f}" if models else f"{shares.mean():.3f} ± {shares.std(ddof=1):.3f}"
        shown.add_row(escape(printable(name)), accuracy, f"{errors.mean():,.{decimals}f}", f"{count:,}")
    known = not np.isnan(comparison.low)
    shown.add_row(
        "second minus first",
        f"{100 * comparison.error_reduction / images:+.{2 + decimals}f}",
        f"{0 - comparison.error_reduction:+,.{decimals}f}",
        "",
        f"{-comparison.high:+,.1f} to {-comparison.low:+,.1f} errors" if known else "unknown",
        f"{comparison.p_value:.2g}" if known else "unknown",
        style="bold",
    )
    return shown
