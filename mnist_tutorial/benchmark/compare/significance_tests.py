"""Significance: whether two models, or two recipes, differ by more than chance explains."""

from pathlib import Path

import numpy as np

from mnist_tutorial.benchmark.compare.comparison import RUN, Difference, predictions, wrong
from mnist_tutorial.benchmark.compare.selection import each_seed_once, select
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.stats import mcnemar, welch

MODELS = "This is about these two trained networks, not about their recipes: another seed trains another network."


def compare(a, b, folder=Path("results")):
    """Compare two models, or two recipes.

    Parameters
    ----------
    a, b : str
        Two result files; or two recipes whose results are in the folder, or folders with the results of one recipe.
    folder : Path

    Returns
    -------
    Difference

    Raises
    ------
    MNISTError
        If there is no such thing, or if they cannot be compared.
    """
    one, other = (select(text, folder) for text in (a, b))
    names = (one.name, other.name) if one.name != other.name else (f"A ({a})", f"B ({b})")
    if one.is_model != other.is_model:
        raise MNISTError(
            f"{a if one.is_model else b} is one trained network, and the other one is a recipe; "
            "expected two files, or two recipes"
        )
    if one.is_model:
        return compare_models(one.results[0], other.results[0], names)
    refused = dict.fromkeys(f"left out: {error}" for side in (one, other) for error in side.refused)
    return compare_recipes(one.results, other.results, names, tuple(refused))


def compare_models(a, b, names=None, about=MODELS, remarks=()):
    """Compare two trained networks by their predictions, with the exact McNemar test.

    Parameters
    ----------
    a, b : Result
    names : (str, str), optional
        By default those of their files.
    about : str
        What this holds for.
    remarks : tuple of str

    Returns
    -------
    Difference

    Raises
    ------
    MNISTError
        If they were not measured on the same digits.
    """
    names = names or (a.name, b.name)
    if _measured(a) != _measured(b):
        raise MNISTError(
            f"{names[0]} was measured on other digits ({_measured(a)}) than {names[1]} ({_measured(b)}); "
            "expected two runs of the same variant and split"
        )
    found, images = mcnemar(wrong(a), wrong(b)), len(a.labels)
    return Difference(
        "models",
        names,
        ([a], [b]),
        found.only_a - found.only_b,
        found.low * images,
        found.high * images,
        found.p_value,
        about,
        (found.only_a, found.only_b),
        remarks,
    )


def compare_recipes(a, b, names=None, remarks=()):
    """Compare two recipes by their runs with several seeds, with Welch's test.

    Runs for the record count; where not both sides have some, those for validation. Recipes without random numbers,
    which predict the same with each seed, are compared as models.

    Parameters
    ----------
    a, b : list of Result
        All runs of each.
    names : (str, str), optional
        By default those of the recipes.
    remarks : tuple of str

    Returns
    -------
    Difference

    Raises
    ------
    MNISTError
        If they were not measured on the same digits; if one has less than two seeds, or runs of several versions.
    """
    names = names or (a[0].recipe, b[0].recipe)
    a, b, more = _comparable(a, b, names)
    remarks += more
    for name, runs in zip(names, (a, b), strict=True):
        if len(runs) < 2:
            sample = " --variant sample" if runs[0].variant == "sample" else ""
            raise MNISTError(
                f"{name} has one run ({_measured(runs[0])}); expected two seeds, better five; run "
                f"{RUN} {runs[0].recipe} --seeds 5 --evaluate {runs[0].evaluated_on}{sample}, "
                "or compare two files as models"
            )
    if seeds_do_not_matter(a) and seeds_do_not_matter(b):
        about = "Both predict the same with every seed, so this holds for the recipes."
        return compare_models(a[0], b[0], names, about, remarks)
    found = welch(*([wrong(run).sum() for run in runs] for runs in (a, b)))
    return Difference(
        "recipes",
        names,
        (a, b),
        0.0 - found.difference,
        -found.high,
        -found.low,
        found.p_value,
        f"This is about the recipes on these digits, from {len(a)} and {len(b)} runs.",
        None,
        remarks,
    )


def judge(a, b, names=None):
    """Compare two recipes as well as their runs allow.

    By seeds; where those are too few, or tell nothing of the spread, by the two networks nearest to the means.

    Parameters
    ----------
    a, b : list of Result
        Of one recipe, variant and split each.
    names : (str, str), optional

    Returns
    -------
    Difference
    """
    found = compare_recipes(a, b, names) if min(len(a), len(b)) > 1 else None
    if found is None or found.verdict == "not testable":
        return compare_models(_typical(a), _typical(b), names)
    return found


def seeds_do_not_matter(runs):
    """Tell whether several runs predict the same."""
    return len(runs) > 1 and len(set(predictions(runs))) == 1


def one_version(runs, name):
    """Refuse runs that are not all of the same recipe, whatever its name.

    Raises
    ------
    MNISTError
        If the recipe was edited between the runs, or if they shared the training between several processes.
    """
    for what, values in (
        ("versions of the recipe", sorted({run.source_sha256[:8] for run in runs})),
        ("numbers of processes", sorted({str(run.processes) for run in runs})),
    ):
        if len(values) > 1:
            raise MNISTError(
                f"{name}: runs of {len(values)} {what}: {', '.join(values)}; expected one; move the files of each into "
                "a folder of its own, and name the folders"
            )


def _comparable(a, b, names):
    """Choose the runs of both that were measured on the same digits."""
    for evaluated_on in ("test", "validation"):
        for variant in ("full", "sample"):
            chosen = [
                [run for run in runs if (run.evaluated_on, run.variant) == (evaluated_on, variant)] for runs in (a, b)
            ]
            if all(chosen):
                for name, runs in zip(names, chosen, strict=True):
                    one_version(runs, name)
                held_out = "not both have runs for the record, so those on held-out digits were compared"
                return *map(each_seed_once, chosen), (held_out,) if evaluated_on == "validation" else ()
    one, other = (" and ".join(sorted({_measured(run) for run in runs})) for runs in (a, b))
    raise MNISTError(
        f"{names[0]} and {names[1]} were not measured on the same digits: {one}; {other}; expected the same variant "
        f"and split; run {RUN} {a[0].recipe} {b[0].recipe} --seeds 5 --evaluate test"
    )


def _typical(runs):
    mean = np.mean([run.accuracy for run in runs])
    return min(runs, key=lambda run: abs(run.accuracy - mean))


def _measured(run):
    return f"{run.evaluated_on} on the {run.variant} MNIST"
