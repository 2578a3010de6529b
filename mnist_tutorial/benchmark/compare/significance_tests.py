"""Significance tests: whether two models, or two recipes, differ by more than chance explains."""

from pathlib import Path

import numpy as np

from mnist_tutorial.benchmark.compare.comparison import RUN, Comparison, misclassified, predictions
from mnist_tutorial.benchmark.compare.selection import RESULTS, select
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.seeds import each_seed_once
from mnist_tutorial.benchmark.results.versions import by_version, changes
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import mcnemar, welch

MODELS = "This compares two trained networks, not their recipes: another seed trains another network."


def compare(a: str, b: str, folder: Path | str | None = None) -> Comparison:
    """Compare two models, or two recipes.

    Parameters
    ----------
    a, b : str
        Two result files; or two recipes with results in the folder, or folders with the results of one recipe each.
    folder : Path, optional
        By default ``results`` and, for names that are not found there, the published results; a remark says so.

    Raises
    ------
    MNISTError
        If there are no such results, or if they cannot be compared.
    """
    first, second = (select(name, folder) for name in (a, b))
    names = (first.name, second.name) if first.name != second.name else (f"A ({a})", f"B ({b})")
    if first.is_model != second.is_model:
        model, recipe = (a, b) if first.is_model else (b, a)
        raise MNISTError(
            f"{model} is one trained network, and {recipe} is a recipe; expected two files, or two recipes"
        )
    published = [selection.name for selection in (first, second) if selection.is_published]
    remarks = (
        (f"not in {RESULTS}, so taken from the published results: {', '.join(dict.fromkeys(published))}",)
        if published
        else ()
    )
    if first.is_model:
        return compare_models(first.results[0], second.results[0], names, remarks=remarks)
    refused = dict.fromkeys(f"left out: {error}" for selection in (first, second) for error in selection.refused)
    return compare_recipes(first.results, second.results, names, (*remarks, *refused))


def compare_models(
    a: Result, b: Result, names: tuple[str, str] | None = None, scope: str = MODELS, remarks: tuple[str, ...] = ()
) -> Comparison:
    """Compare two trained networks by their predictions, with the exact McNemar test.

    Parameters
    ----------
    a, b : Result
    names : (str, str), optional
        The names of their files by default.
    scope : str
        What this holds for.
    remarks : tuple of str

    Raises
    ------
    MNISTError
        If they were not evaluated on the same digits.
    """
    names = names or (a.name, b.name)
    if _digits(a) != _digits(b):
        raise MNISTError(
            f"{names[0]} was evaluated on {_digits(a)}, and {names[1]} on {_digits(b)}; "
            "expected two runs on the same variant and split"
        )
    test, images = mcnemar(misclassified(a), misclassified(b)), len(a.labels)
    return Comparison(
        "models",
        names,
        ([a], [b]),
        test.only_a - test.only_b,
        test.low * images,
        test.high * images,
        test.p_value,
        scope,
        (test.only_a, test.only_b),
        remarks,
    )


def compare_recipes(
    a: list[Result], b: list[Result], names: tuple[str, str] | None = None, remarks: tuple[str, ...] = ()
) -> Comparison:
    """Compare two recipes by their runs with several seeds, with Welch's test.

    Test runs count; if not both sides have some, validation runs. Recipes without random numbers, which predict the
    same with every seed, are compared as models.

    Parameters
    ----------
    a, b : list of Result
        All runs of each recipe.
    names : (str, str), optional
        The names of the recipes by default.
    remarks : tuple of str

    Raises
    ------
    MNISTError
        If they were not evaluated on the same digits; if a recipe has fewer than two seeds, or several versions.
    """
    names = names or (a[0].recipe, b[0].recipe)
    a, b, remark = _comparable(a, b, names)
    remarks += remark
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
        return compare_models(a[0], b[0], names, scope, remarks)
    test = welch(*([misclassified(run).sum() for run in runs] for runs in (a, b)))
    return Comparison(
        "recipes",
        names,
        (a, b),
        0.0 - test.difference,
        -test.high,
        -test.low,
        test.p_value,
        f"This compares the recipes on these digits, from {len(a)} and {len(b)} runs.",
        None,
        remarks,
    )


def compare_by_best_test(a: list[Result], b: list[Result], names: tuple[str, str] | None = None) -> Comparison:
    """Compare two recipes by the best test that their runs allow.

    Over seeds; if there are too few, or if they do not vary, by the two networks closest to the mean accuracies.

    Parameters
    ----------
    a, b : list of Result
        Each of one recipe, variant and split.
    names : (str, str), optional
    """
    comparison = compare_recipes(a, b, names) if min(len(a), len(b)) > 1 else None
    if comparison is None or comparison.verdict == "not testable":
        return compare_models(_typical(a), _typical(b), names)
    return comparison


def is_deterministic(runs: list[Result]) -> bool:
    """Whether several runs make the same predictions."""
    return len(runs) > 1 and len(set(predictions(runs))) == 1


def require_one_version(runs: list[Result], name: str) -> None:
    """Refuse runs of several recipes that share a name.

    Raises
    ------
    MNISTError
        If code was changed between the runs, or if their numbers of processes differ.
    """
    for what, values in (
        ("versions of the code", sorted(group[0].version[:8] for group in by_version(runs))),
        ("numbers of processes", sorted({str(run.processes) for run in runs})),
    ):
        if len(values) > 1:
            raise MNISTError(
                f"{name}: found runs of {len(values)} {what}: {', '.join(values)}; expected one; move the files of "
                "each into their own folder, and name the folders"
            )


def _comparable(a, b, names):
    """Choose the runs of both recipes on the same digits."""
    for split in ("test", "validation"):
        for variant in ("full", "sample"):
            chosen = [[run for run in runs if (run.evaluated_on, run.variant) == (split, variant)] for runs in (a, b)]
            if all(chosen):
                remarks = []
                if split == "validation":
                    remarks.append("not both have test runs, so their validation runs were compared")
                for i, name in enumerate(names):
                    chosen[i], remark = _of_present_code(chosen[i], name)
                    require_one_version(chosen[i], name)
                    remarks += remark
                return *map(each_seed_once, chosen), tuple(remarks)
    digits_a, digits_b = (" and ".join(sorted({_digits(run) for run in runs})) for runs in (a, b))
    raise MNISTError(
        f"{names[0]} was evaluated on {digits_a}, and {names[1]} on {digits_b}; expected the same variant and split; "
        f"run {RUN} {a[0].recipe} {b[0].recipe} --seeds 5 --evaluate test"
    )


def _of_present_code(runs, name):
    """Leave out runs of other code if there are some of the present one; returns runs and remarks."""
    current = [run for group in by_version(runs) if not changes(group) for run in group]
    if not current:
        return runs, [f"{name}: stale, since code has changed since these runs"]
    left_out = len(runs) - len(current)
    return current, [f"{name}: {left_out} runs of other code are left out"] if left_out else []


def _typical(runs):
    mean = np.mean([run.accuracy for run in runs])
    return min(runs, key=lambda run: abs(run.accuracy - mean))


def _digits(run):
    return f"the {run.evaluated_on} digits of the {run.variant} MNIST"
