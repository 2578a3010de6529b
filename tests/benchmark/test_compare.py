import numpy as np
import pytest
from conftest import made_code, made_result
from rich.console import Console
from statsmodels.stats import contingency_tables
from statsmodels.stats.weightstats import CompareMeans

from mnist_tutorial.benchmark import published
from mnist_tutorial.benchmark.compare import (
    Comparison,
    compare,
    compare_by_best_test,
    compare_models,
    compare_recipes,
    table,
)
from mnist_tutorial.benchmark.result import write
from mnist_tutorial.errors import MNISTError

CNN, MLP, LINEAR = (50, 55, 48, 52, 60), (52, 51, 58, 49, 57), (800, 810, 795, 805, 801)


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


def models(a, b):
    return compare_models(made_result("a", wrong=a), made_result("b", wrong=b), ("a", "b"))


def rows(comparison):
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table(comparison))
    title, *lines = [line.split() for line in capture.get().splitlines() if line.strip()]
    return " ".join(title), {line[0]: line for line in lines}


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
    found = models(a, b)
    only = len(set(a) - set(b)), len(set(b) - set(a))
    theirs = contingency_tables.mcnemar([[9_000, only[0]], [only[1], 0]], exact=True)
    assert (found.verdict, found.only_wrong) == (verdict, only)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.low < found.error_reduction == only[0] - only[1] < found.high
    width = 4.2 * sum(only) ** 0.5 or 7.4  # 2 times 1.96 standard deviations, and a little more
    assert found.high - found.low == pytest.approx(width, rel=0.1)


SENTENCES = [  # the errors of two recipes, or of two models; the verdict; and what the sentence says
    (LINEAR, CNN, "different", "b makes 749.2 fewer errors than a|741.6 to 756.8|fewer than 1 of 1,000|5 and 5 runs"),
    (CNN, MLP, "not distinguishable", "a and b are not distinguishable.|a makes 0.4 fewer errors|89 of 100"),
    (CNN, MLP, "not distinguishable", "6.7 fewer errors for a|5.9 fewer errors for b"),
    (CNN, CNN, "not distinguishable", "equally many errors"),
    (
        range(90),
        range(45, 104),
        "different",
        "b makes 31 fewer errors than a|15.0 to 47.7|chance alone|not their recipes",
    ),
    (range(50), range(30, 80), "not distinguishable", "They make equally many errors|(95 % interval)"),
    (range(50), range(50), "identical", "a and b are identical"),
]


@pytest.mark.parametrize(("a", "b", "verdict", "parts"), SENTENCES)
def test_the_sentence_says_what_differs_and_how_likely_chance_is(a, b, verdict, parts):
    found = models(a, b) if isinstance(a, range) else compare_recipes(recipe("a", a), recipe("b", b))
    assert found.verdict == verdict
    assert [part for part in parts.split("|") if part not in found.sentence] == []
    assert ("repetitions" in found.sentence) == (found.error_reduction != 0)


@pytest.mark.parametrize(
    ("p_value", "verdict", "odds"),
    [(0.0023, "different", "2 of 1,000"), (0.049, "different", "5 of 100"), (0.051, "not distinguishable", "5 of 100")],
)
def test_probabilities_are_written_as_repetitions_and_the_level_is_one_in_twenty(p_value, verdict, odds):
    runs = [made_result("a", wrong=9)], [made_result("b", wrong=8)]
    found = Comparison("recipes", ("a", "b"), runs, 1, -1, 2, p_value, "")
    assert found.verdict == verdict
    assert f"in about {odds} repetitions." in found.sentence


@pytest.mark.parametrize("other", [60, 50])
def test_if_the_seeds_do_not_vary_more_runs_are_needed(other):
    runs = [recipe(name, (errors, errors), evaluated_on="validation") for name, errors in (("a", 50), ("b", other))]
    found = compare_recipes(*runs)
    assert found.verdict == "not testable"
    assert f"every run of a makes 50 errors and every run of b makes {other}" in found.sentence
    assert found.sentence.endswith("benchmark run a b --seeds 10 --evaluate validation")
    assert "unknown" in rows(found)[1]["second"]


def test_the_table_has_errors_interval_and_p():
    title, found = rows(compare_recipes(recipe("linear", LINEAR), recipe("[red]cnn", CNN)))
    assert title == "Two recipes on 10,000 test digits: Welch's test over seeds"
    assert found["linear"] == ["linear", "91.978", "±", "0.056", "802.2", "5"]
    assert found["[red]cnn"] == ["[red]cnn", "99.470", "±", "0.047", "53.0", "5"]
    assert found["second"][3:] == ["+7.492", "-749.2", "-756.8", "to", "-741.6", "errors", "4.1e-16"]
    title, found = rows(models(range(90), range(45, 104)))
    assert title == "Two models on 10,000 test digits: exact McNemar test"
    assert (found["a"], found["b"]) == (["a", "99.10", "90", "45"], ["b", "99.41", "59", "14"])
    assert found["second"][3:] == ["+0.31", "-31", "-47.7", "to", "-15.0", "errors", "6.5e-05"]


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
    sample = recipe("b", (5, 6), variant="sample")
    assert compare_recipes(sample, sample).digits.endswith(" test digits of the sample")
    for other in (held_out[1], sample):
        with pytest.raises(MNISTError, match="a was evaluated on the test digits of the full MNIST, and b on"):
            compare_recipes(a, other)


def test_runs_of_older_code_are_left_out_and_runs_of_two_versions_refused():
    a, b = recipe("a", (50, 51, 52)), recipe("b", (40, 41))
    older = recipe("a", (50, 51, 52), code={"mnist_tutorial.errors": "0" * 16})
    found = compare_recipes([*older, *a], b)
    assert (found.runs, found.error_reduction) == ((a, b), 10.5)
    assert "3 runs of other code are left out" in found.remarks[0]
    assert any("a: stale" in remark for remark in compare_recipes(older, b).remarks)
    with pytest.raises(MNISTError, match="a: found runs of 2 versions of the code"):
        compare_recipes([*a[:2], made_result("a", 2, code=made_code("0" * 64))], b)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of two recipes and a damaged file, in results/ below the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for result in recipe("linear", (800, 810)) + recipe("mlp", (50, 56)):
        write(result, tmp_path / "results")
    (tmp_path / "results/broken.json").write_text("{")
    return tmp_path / "results"


def test_a_name_is_a_recipe_a_file_or_a_folder_of_one_recipe(folder, tmp_path):
    found = compare("linear", "mlp", folder)
    assert (found.kind, found.names, found.verdict) == ("recipes", ("linear", "mlp"), "different")
    assert ["broken.json" in remark for remark in found.remarks] == [True]
    a, b = made_result("linear", 0), made_result("mlp", 1)
    for name in (b.name, f"{b.name}.json", str(folder / f"{b.name}.json")):
        found = compare(str(folder / f"{a.name}.json"), name, folder)
        assert (found.kind, found.names, found.error_reduction) == ("models", (a.name, b.name), 744)
    with pytest.raises(MNISTError, match=f"{a.name} is one trained network, and mlp is a recipe"):
        compare("mlp", a.name, folder)
    (tmp_path / "old").mkdir()
    for result in recipe("cnn", (30, 31)):
        write(result, tmp_path / "old")
    assert compare("old", "mlp", folder).names == ("old", "mlp")
    with pytest.raises(MNISTError, match="found results of 2 recipes: linear, mlp; expected one"):
        compare(str(folder), "mlp", folder)


@pytest.mark.parametrize(
    ("name", "advice"), [("ml", "there are linear, mlp; did you mean mlp?"), ("xyz", "are linear, mlp"), ("cnn", "mlp")]
)
def test_a_folder_that_is_given_is_the_only_one_and_the_message_says_what_it_has(folder, name, advice):
    with pytest.raises(MNISTError) as error:
        compare(name, "mlp", folder)
    assert advice in str(error.value)
    assert str(folder) in str(error.value)
    assert "published" not in str(error.value)


def test_what_is_no_result_is_named_and_nobody_is_told_to_delete_it(folder, quick_file):
    for name, reason in (("broken", "cut short"), (str(quick_file), "a Python file, not a result")):
        with pytest.raises(MNISTError, match=reason) as error:
            compare(name, "mlp", folder)
        assert "delete" not in str(error.value)


def test_what_is_not_in_results_is_published_and_a_folder_of_ones_own_comes_first(folder, tmp_path):
    ours, *_ = compare("linear", "mlp").remarks
    assert "published" not in ours
    found = compare("linear", "lenet5")
    assert found.remarks[0].endswith("published results: lenet5")
    assert "broken.json" in found.remarks[1]
    names = [next(published().glob(f"{recipe}-*test*.json")).stem for recipe in ("cnn-1s", "mlp")]
    assert compare(*names).kind == "models"
    with pytest.raises(MNISTError, match=r"published results.*did you mean nearest-neighbours"):
        compare("nearest-neighbour", "mlp")
    (tmp_path / "lenet5").mkdir()
    for result in recipe("of-mine", (50, 60)):
        write(result, tmp_path / "lenet5")
    assert compare("lenet5", "mlp").runs[0][0].recipe == "of-mine"
