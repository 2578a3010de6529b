from dataclasses import replace

import numpy as np
import pytest
from conftest import made_code, made_result
from statsmodels.stats import contingency_tables
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark.compare.significance_tests import (
    compare,
    compare_by_best_test,
    compare_models,
    compare_recipes,
)
from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.errors import MNISTError


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


@pytest.mark.parametrize(
    ("verdict", "a", "b"),
    [
        ("different", (95, 89, 98, 101, 90), (48, 51, 45, 53, 49)),
        ("not distinguishable", (50, 56, 49, 52, 54), (51, 48, 55)),
        ("identical", (50, 56, 49), (50, 56, 49)),
    ],
)
def test_recipes_are_compared_as_statsmodels_does(verdict, a, b):
    found = compare_recipes(recipe("a", a), recipe("a" if verdict == "identical" else "b", b), ("A", "B"))
    theirs = CompareMeans.from_data(b, a)
    assert found.verdict == verdict
    assert found.error_reduction == pytest.approx(np.mean(a) - np.mean(b))
    assert found.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (-found.high, -found.low) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))


@pytest.mark.parametrize(("verdict", "end"), [("different", 104), ("not distinguishable", 120), ("identical", None)])
def test_models_are_compared_as_statsmodels_does(verdict, end):
    a, b = range(90), range(45, end) if end else range(90)
    found = compare_models(made_result("a", wrong=a), made_result("b", wrong=b), ("A", "B"))
    only = len(set(a) - set(b)), len(set(b) - set(a))
    theirs = contingency_tables.mcnemar([[9_000, only[0]], [only[1], 0]], exact=True)
    assert (found.verdict, found.only_wrong) == (verdict, only)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.low < found.error_reduction == only[0] - only[1] < found.high
    width = 4.2 * sum(only) ** 0.5 or 7.4  # 2 times 1.96 standard deviations, and a little more
    assert found.high - found.low == pytest.approx(width, rel=0.1)


def test_names_and_files_are_found_in_the_folder(tmp_path):
    a, b = recipe("linear", (800, 810)), recipe("cnn", (50, 56))
    for result in a + b:
        write(result, tmp_path)
    found = compare("linear", "cnn", tmp_path)
    assert (found.kind, found.names, found.verdict) == ("recipes", ("linear", "cnn"), "different")
    models = compare(str(tmp_path / f"{a[0].name}.json"), b[1].name, tmp_path)
    assert (models.kind, models.names, models.error_reduction) == ("models", (a[0].name, b[1].name), 744)
    with pytest.raises(MNISTError, match=f"{a[0].name} is one trained network, and cnn is a recipe"):
        compare("cnn", a[0].name, tmp_path)


def test_one_seed_is_no_recipe_also_if_it_ran_twice():
    for runs in (recipe("mlp", (50,)), recipe("mlp", (50,)) * 2):
        with pytest.raises(MNISTError, match=r"mlp has one run.*benchmark run mlp --seeds 5 --evaluate test"):
            compare_recipes(recipe("cnn", (50, 51)), runs)


def test_recipes_without_random_numbers_and_single_runs_are_compared_as_models():
    knn, svm = recipe("knn", (range(300),) * 2), recipe("svm", (range(9),) * 2)
    found = compare_recipes(knn, svm)
    assert (found.kind, found.names, found.error_reduction) == ("models", ("knn", "svm"), 291)
    assert compare_recipes(knn, recipe("cnn", (50, 51))).kind == "recipes"
    a, b = recipe("a", (90, 100, 140)), recipe("b", (60,))
    assert compare_by_best_test(a, b).runs == ([a[1]], [b[0]])  # those nearest to the means


def test_only_the_same_digits_are_compared_the_test_digits_if_both_have_seen_them():
    a, b = recipe("a", (90, 91, 92)), recipe("b", (50, 51, 53))
    held_out = [recipe(name, errors, evaluated_on="validation") for name, errors in (("a", (10, 11)), ("b", (30, 31)))]
    assert compare_recipes(a + held_out[0], b + held_out[1]).digits == "10,000 test digits"
    found = compare_recipes(a + held_out[0], held_out[1])
    assert (found.digits, found.error_reduction) == ("5,000 held-out digits", -20)
    for other in (held_out[1], recipe("b", (5, 6), variant="sample")):
        with pytest.raises(MNISTError, match="a was evaluated on the test digits of the full MNIST, and b on"):
            compare_recipes(a, other)


def test_runs_of_older_code_are_left_out_and_runs_of_two_versions_refused():
    a, b = recipe("a", (50, 51, 52)), recipe("b", (40, 41))
    older = [replace(run, code={"mnist_tutorial.errors": "0" * 16}, test_accuracy=0.5) for run in a]
    found = compare_recipes([*older, *a], b)
    assert (found.runs, found.error_reduction) == ((a, b), 10.5)
    assert "3 runs of other code are left out" in found.remarks[0]
    assert any("a: stale" in remark for remark in compare_recipes(older, b).remarks)
    with pytest.raises(MNISTError, match="a: found runs of 2 versions of the code"):
        compare_recipes([*a[:2], replace(a[2], code=made_code("0" * 64))], b)
