import re

import numpy as np
import pytest
from conftest import made_code, made_result
from statsmodels.stats import contingency_tables
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark.compare import compare, compare_models, compare_recipes, table
from mnist_tutorial.benchmark.store import published, write
from mnist_tutorial.errors import MNISTError


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


def models(a, b):
    return compare_models(made_result("a", wrong=a), made_result("b", wrong=b), ("a", "b"))


# The errors of two recipes over their seeds, or of two networks; the verdict; and what the sentence says.
LINEAR, CNN, MLP = (800, 810, 795, 805, 801), (50, 55, 48, 52, 60), (52, 51, 58, 49)
EQUAL = "not distinguishable"
RECIPES = [
    (
        LINEAR,
        CNN,
        "different",
        "b makes 749.2 fewer errors than a on 10,000 test digits|741.6 to 756.8|less than 0.1 %",
    ),
    (CNN, MLP, EQUAL, "b makes 0.5 fewer errors than a|6.3 more to 7.3 fewer|5 and 4 seeds"),
    (CNN, CNN, EQUAL, "equally many errors|100.0 % of repetitions"),
]
MODELS = [
    (range(90), range(45, 104), "different", "b makes 31 fewer errors than a|15.0 to 47.7|6.5e-05"),
    (range(45, 104), range(90), "different", "a makes 31 fewer errors than b|15.0 to 47.7 fewer"),
    (range(90), range(45, 117), "different", "b makes 18 fewer errors than a|4.4 % of repetitions"),
    (range(90), range(45, 118), EQUAL, "b makes 17 fewer errors than a|more to|6.0 % of repetitions"),
    (range(50), range(50), "identical", "a and b are identical"),
]


@pytest.mark.parametrize(("a", "b", "verdict", "words"), RECIPES)
def test_recipes_are_compared_as_statsmodels_does(a, b, verdict, words):
    found, theirs = compare_recipes(recipe("a", a), recipe("b", b)), CompareMeans.from_data(b, a)
    assert found.verdict == verdict
    assert found.error_reduction == pytest.approx(np.mean(a) - np.mean(b))
    assert found.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])
    assert (-found.high, -found.low) == pytest.approx(theirs.tconfint_diff(usevar="unequal"))
    assert [part for part in words.split("|") if part not in found.sentence] == []


@pytest.mark.parametrize(("a", "b", "verdict", "words"), MODELS)
def test_models_are_compared_as_statsmodels_does(a, b, verdict, words):
    found, only = models(a, b), (len({*a} - {*b}), len({*b} - {*a}))
    theirs = contingency_tables.mcnemar([[9_000, only[0]], [only[1], 0]], exact=True)
    assert found.verdict == verdict
    assert found.remarks[0] == f"only a misclassifies {only[0]} digits, and only b {only[1]}"
    assert "not their recipes" in found.remarks[1]
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.low < found.error_reduction == only[0] - only[1] < found.high
    width = 4.2 * sum(only) ** 0.5 or 7.4  # 2 times 1.96 standard deviations, and a little more
    assert found.high - found.low == pytest.approx(width, rel=0.1)
    assert [part for part in words.split("|") if part not in found.sentence] == []


def test_one_seed_and_seeds_that_do_not_vary_need_more_runs():
    for runs in (recipe("mlp", (50,)), recipe("mlp", (50,)) * 2):
        with pytest.raises(MNISTError, match=r"mlp has one run.*benchmark run mlp --seeds 5 --evaluate test"):
            compare_recipes(recipe("cnn", (50, 51)), runs)
    for other in (60, 50):
        runs = [recipe(name, (n, n), evaluated_on="validation") for name, n in (("a", 50), ("b", other))]
        with pytest.raises(MNISTError, match=f"a and b make 50 and {other} errors .*--seeds 10 --evaluate validation$"):
            compare_recipes(*runs)


def test_the_table_has_accuracies_and_errors():
    recipes = compare_recipes(recipe("linear", LINEAR), recipe("[red]cnn", CNN))
    for comparison, rows in (
        (recipes, [["linear", "91.978 ± 0.056", "802.2", "5"], [r"\[red]cnn", "99.470 ± 0.047", "53.0", "5"]]),
        (models(range(90), range(45, 104)), [["a", "99.10", "90", "1"], ["b", "99.41", "59", "1"]]),
    ):
        shown = table(comparison)
        assert shown.title == f"Two {comparison.kind} on 10,000 test digits"
        assert [list(cells) for cells in zip(*(column.cells for column in shown.columns), strict=True)] == rows


def test_recipes_without_random_numbers_are_compared_as_models():
    knn, svm = recipe("knn", (range(300),) * 2), recipe("svm", (range(9),) * 2)
    found = compare_recipes(knn, svm)
    assert (found.kind, found.names, found.error_reduction) == ("models", ("knn", "svm"), 291)
    assert compare_recipes(knn, recipe("cnn", (50, 51))).kind == "recipes"


def test_only_the_same_digits_are_compared_the_test_digits_if_both_have_seen_them():
    a, b = recipe("a", (90, 91, 92)), recipe("b", (50, 51, 53))
    held_out = [recipe(name, errors, evaluated_on="validation") for name, errors in (("a", (10, 11)), ("b", (30, 31)))]
    assert compare_recipes(a + held_out[0], b + held_out[1]).runs == (a, b)
    found = compare_recipes(a + held_out[0], held_out[1])
    assert (found.runs, found.error_reduction) == (tuple(held_out), -20)
    assert "5,000 held-out digits" in found.sentence
    sample = recipe("b", (5, 6), variant="sample")
    assert " test digits of the sample" in compare_recipes(sample, sample).sentence
    for other in (held_out[1], sample):
        for make in (compare_recipes, lambda a, b: compare_models(a[0], b[0])):
            with pytest.raises(MNISTError, match=r"on 10,000 test digits, but b.* on .*run a b --seeds 5"):
                make(a, other)


def test_runs_of_older_code_are_left_out_and_runs_of_two_versions_refused():
    a, b = recipe("a", (50, 51, 52)), recipe("b", (40, 41))
    older = recipe("a", (50, 51, 52), code={"mnist_tutorial.errors": "0" * 16})
    found = compare_recipes([*older, *a], b)
    assert (found.runs, found.error_reduction) == ((a, b), 10.5)
    assert "3 runs of other code are left out" in found.remarks[0]
    assert any("a: stale" in remark for remark in compare_recipes(older, b).remarks)
    for others in ({"code": made_code("0" * 64)}, {"devices": 2}):
        with pytest.raises(MNISTError, match=r"a: found runs of code .* and code .*; expected one"):
            compare_recipes([*a[:2], made_result("a", 2, **others)], b)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of two recipes and a damaged file in results/, and of a third in mine/lenet5/."""
    monkeypatch.chdir(tmp_path)
    for place, runs in (
        ("results", recipe("linear", (800, 810)) + recipe("mlp", (50, 56))),
        ("mine/lenet5", recipe("cnn", (30, 31))),
    ):
        (tmp_path / place).mkdir(parents=True)
        for run in runs:
            write(run, tmp_path / place)
    (tmp_path / "results/broken.json").write_text("{")
    return tmp_path / "results"


def test_a_name_is_a_recipe_a_file_or_a_folder_of_one_recipe(folder):
    found = compare("linear", "mlp", folder)
    assert (found.kind, found.names, found.verdict) == ("recipes", ("linear", "mlp"), "different")
    assert ["broken.json" in remark for remark in found.remarks] == [True]
    a, b = made_result("linear", 0), made_result("mlp", 1)
    for name in (b.name, f"{b.name}.json", str(folder / f"{b.name}.json")):
        found = compare(str(folder / f"{a.name}.json"), name, folder)
        assert (found.kind, found.names, found.error_reduction) == ("models", (a.name, b.name), 744)
    with pytest.raises(MNISTError, match=f"{a.name} is one trained network, mlp is a recipe"):
        compare("mlp", a.name, folder)
    assert compare("mine/lenet5", "mlp", folder).names == ("lenet5", "mlp")
    with pytest.raises(MNISTError, match="holds linear, mlp; expected one recipe"):
        compare(str(folder), "mlp", folder)


def test_a_name_without_results_says_what_there_is_and_nobody_is_told_to_delete_a_file(folder, quick_file):
    there = f"in {folder}; there are linear, mlp"
    for name, reason in (("ml", f"{there}; did you mean mlp?"), ("cnn", there), ("broken", "cut short")):
        with pytest.raises(MNISTError, match=re.escape(reason)) as error:
            compare(name, "mlp", folder)
        assert "delete" not in str(error.value)
    with pytest.raises(MNISTError, match=r"not a result; expected a \.json file"):
        compare(str(quick_file), "mlp", folder)


def test_what_is_not_in_results_is_published_and_a_folder_of_ones_own_comes_first(folder, monkeypatch):
    assert "published" not in " ".join(compare("linear", "mlp").remarks)
    found = compare("linear", "lenet5")
    assert found.runs[1][0].recipe == "lenet5"
    assert found.remarks[1].endswith("published results: lenet5")
    assert "broken.json" in found.remarks[0]
    names = [next(published().glob(f"{recipe}-*test*.json")).stem for recipe in ("cnn-1s", "mlp")]
    assert compare(*names).kind == "models"
    with pytest.raises(MNISTError, match=r"published results.*did you mean nearest-neighbours"):
        compare("nearest-neighbour", "mlp")
    monkeypatch.chdir(folder.parent / "mine")
    assert compare("lenet5", "mlp").runs[0][0].recipe == "cnn"
