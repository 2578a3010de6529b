from dataclasses import replace
from types import SimpleNamespace

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

# Errors of the runs: clearly different, not distinguishable, identical.
RECIPES = [
    ("different", (95, 89, 98, 101, 90), (48, 51, 45, 53, 49)),
    ("not distinguishable", (50, 56, 49, 52, 54), (51, 48, 55)),
    ("identical", (50, 56, 49), (50, 56, 49)),
]
MODELS = [
    ("different", range(90), range(45, 104)),
    ("not distinguishable", range(90), range(45, 120)),
    ("identical", range(90), range(90)),
]


OLDER = {"mnist_tutorial.errors": "0" * 16}


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


@pytest.mark.parametrize(("verdict", "a", "b"), RECIPES)
def test_recipes_are_compared_as_statsmodels_does(verdict, a, b):
    name = "one" if verdict == "identical" else "other"
    found = compare_recipes(recipe("one", a), recipe(name, b), ("A", "B"))
    theirs = CompareMeans.from_data(b, a)
    assert found.verdict == verdict
    assert found.error_reduction == pytest.approx(np.mean(a) - np.mean(b))
    assert found.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (-found.high, -found.low) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))


@pytest.mark.parametrize(("verdict", "a", "b"), MODELS)
def test_models_are_compared_as_statsmodels_does(verdict, a, b):
    found = compare_models(made_result("a", wrong=a), made_result("b", wrong=b), ("A", "B"))
    only = len(set(a) - set(b)), len(set(b) - set(a))
    theirs = contingency_tables.mcnemar([[9_000, only[0]], [only[1], 0]], exact=True)
    assert found.verdict == verdict
    assert found.only_wrong == only
    assert found.error_reduction == only[0] - only[1]
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.low < found.error_reduction < found.high
    width = 4.2 * sum(only) ** 0.5 or 7.4  # 2 times 1.96 standard deviations, and a little more
    assert found.high - found.low == pytest.approx(width, rel=0.1)


class Drawn:
    """Runs of one recipe: each digit is taken for another with its own probability, which all runs share."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.labels = np.zeros(10_000, np.uint8)
        self.hard = self.rng.beta(0.02, 4, 10_000)

    def run(self, seed):
        predicted = (self.rng.random(10_000) < self.hard).astype(np.uint8)
        known = {"predicted": predicted, "labels": self.labels, "accuracy": np.mean(predicted == 0)}
        about = {
            "evaluated_on": "test",
            "variant": "full",
            "source_sha256": "f",
            "devices": 1,
            "nodes": 1,
            "started": "",
            "code": made_code("drawn"),
            "codes": [made_code("drawn")],
            "version": "drawn",
            "changes": [],
        }
        return SimpleNamespace(**known, **about, recipe="cnn", name="cnn", seed=seed, machine={}, processes=1)


def test_a_recipe_seldom_differs_from_itself():
    drawn = Drawn(0)
    found = [compare_recipes(*([drawn.run(seed) for seed in range(5)] for _ in "ab")) for _ in range(150)]
    assert 30 < np.mean([run.errors[0].mean() for run in found]) < 70
    assert 0.02 < np.mean([one.verdict == "different" for one in found]) < 0.08
    assert 0.92 < np.mean([one.low <= 0 <= one.high for one in found]) < 0.98


def test_two_models_of_one_recipe_seldom_differ():
    drawn = Drawn(1)
    found = [compare_models(drawn.run(0), drawn.run(1)) for _ in range(60)]
    assert np.mean([one.verdict == "different" for one in found]) < 0.06


def test_names_and_files_are_found_in_the_folder(tmp_path):
    a, b = recipe("linear", (800, 810)), recipe("cnn", (50, 56))
    for result in a + b:
        write(result, tmp_path)
    (tmp_path / "broken.json").write_text("{")
    found = compare("linear", "cnn", tmp_path)
    assert (found.kind, found.names, found.verdict) == ("recipes", ("linear", "cnn"), "different")
    assert [str(tmp_path / "broken.json") in remark for remark in found.remarks] == [True]
    assert found.sentence == compare_recipes(a, b).sentence
    models = compare(str(tmp_path / f"{a[0].name}.json"), b[1].name, tmp_path)
    assert (models.kind, models.names, models.error_reduction) == ("models", (a[0].name, b[1].name), 744)
    assert compare("cnn", "cnn", tmp_path).names == ("A (cnn)", "B (cnn)")
    with pytest.raises(MNISTError, match=f"{a[0].name} is one trained network, and cnn is a recipe"):
        compare("cnn", a[0].name, tmp_path)


def test_one_seed_is_no_recipe():
    with pytest.raises(MNISTError, match="mlp has one run") as error:
        compare_recipes(recipe("cnn", (50, 51)), recipe("mlp", (50,)))
    assert "python -m mnist_tutorial benchmark run mlp --seeds 5 --evaluate test, or compare two files" in str(
        error.value
    )
    with pytest.raises(MNISTError, match="--evaluate validation --variant sample"):
        compare_recipes(*(recipe(name, (5,), evaluated_on="validation", variant="sample") for name in "ab"))


def test_the_same_run_twice_is_one_seed():
    with pytest.raises(MNISTError, match="mlp has one run"):
        compare_recipes(recipe("cnn", (50, 51)), recipe("mlp", (50,)) * 2)


def test_recipes_without_random_numbers_are_compared_as_models():
    a, b = (
        [made_result(name, seed, wrong) for seed in (0, 1)] for name, wrong in (("knn", range(300)), ("svm", range(9)))
    )
    found = compare_recipes(a, b)
    assert (found.kind, found.names, found.error_reduction) == ("models", ("knn", "svm"), 291)
    assert "another seed" not in found.sentence
    assert "Both predict the same with every seed" in found.sentence
    cnn = recipe("cnn", (50, 51))
    assert [compare_recipes(a, cnn).kind, compare_recipes(cnn, a).kind] == ["recipes", "recipes"]


def test_other_digits_are_not_compared():
    test, validation = made_result("a"), made_result("b", evaluated_on="validation")
    with pytest.raises(MNISTError, match=r"a-.* was evaluated on the test digits.*b-.* on the validation digits"):
        compare_models(test, validation)
    with pytest.raises(
        MNISTError, match="a was evaluated on the test digits of the full MNIST, and b on the test digits of the sample"
    ):
        compare_recipes(recipe("a", (50, 51)), recipe("b", (5, 6), variant="sample"))


def test_test_runs_count_if_both_have_them():
    def both(name, errors, held_out):
        return recipe(name, errors) + recipe(name, held_out, evaluated_on="validation")

    a, b = both("a", (90, 91, 92), (10, 11)), both("b", (50, 51, 53), (30, 31))
    found = compare_recipes(a, b)
    assert (found.digits, found.remarks) == ("10,000 test digits", ())
    found = compare_recipes(a, b[3:])
    assert (found.digits, found.error_reduction) == ("5,000 held-out digits", -20)
    assert "not both have test runs" in found.remarks[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": made_code("0" * 64)}, "a: found runs of 2 versions of the code: "),
        ({"devices": 2}, "a: found runs of 2 numbers of processes: 1, 2; expected one; move"),
    ],
)
def test_runs_of_several_versions_are_refused(change, said):
    a = recipe("a", (50, 51, 52))
    with pytest.raises(MNISTError) as error:
        compare_recipes([*a[:2], replace(a[2], **change)], recipe("b", (50, 51)))
    assert said in str(error.value)


def test_runs_of_other_code_are_left_out():
    a, b = recipe("a", (50, 51, 52)), recipe("b", (40, 41))
    older = [replace(run, code=OLDER, test_accuracy=0.5) for run in a]
    found = compare_recipes([*older, *a], b)
    assert (found.runs, found.error_reduction) == ((a, b), 10.5)
    assert "3 runs of other code are left out" in found.remarks[0]
    assert any("a: stale" in remark for remark in compare_recipes(older, b).remarks)


def test_a_single_run_is_compared_with_the_networks_nearest_to_the_means():
    a, b = recipe("a", (90, 100, 140)), recipe("b", (60,))
    assert compare_by_best_test(a, b).runs == ([a[1]], [b[0]])
    assert compare_by_best_test(a, recipe("b", (60, 61))).kind == "recipes"
    assert compare_by_best_test(recipe("a", (50, 50)), recipe("b", (60, 60))).kind == "models"
