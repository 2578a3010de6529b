import pytest
from conftest import made_result
from rich.console import Console

from mnist_tutorial.benchmark.compare.comparison import Comparison, table
from mnist_tutorial.benchmark.compare.significance_tests import compare_models, compare_recipes

CNN, MLP, LINEAR = (50, 55, 48, 52, 60), (52, 51, 58, 49, 57), (800, 810, 795, 805, 801)


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


def shown(comparison):
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table(comparison))
    return capture.get()


def test_a_difference_between_recipes_comes_with_interval_and_odds():
    found = compare_recipes(recipe("linear", LINEAR), recipe("cnn", CNN))
    assert found.verdict == "different"
    for part in ("cnn makes 749.2 fewer errors than linear", "741.6 to 756.8", "fewer than 1 of 1,000", "5 and 5 runs"):
        assert part in found.sentence


def test_recipes_that_do_not_differ_come_with_the_largest_possible_difference():
    found = compare_recipes(recipe("cnn", CNN), recipe("mlp", MLP))
    assert found.verdict == "not distinguishable"
    assert found.sentence.startswith("cnn and mlp are not distinguishable.")
    for part in ("cnn makes 0.4 fewer errors", "89 of 100", "6.7 fewer errors for cnn", "5.9 fewer errors for mlp"):
        assert part in found.sentence


def test_a_difference_between_models_is_not_one_of_recipes():
    found = compare_models(made_result("a", wrong=range(90)), made_result("b", wrong=range(45, 104)), ("a", "b"))
    assert found.verdict == "different"
    for part in ("b makes 31 fewer errors than a", "15.0 to 47.7", "chance alone", "not their recipes"):
        assert part in found.sentence


def test_as_many_errors_are_not_the_same_predictions():
    a, b = made_result("a", wrong=range(50)), made_result("b", wrong=range(30, 80))
    found = compare_models(a, b, ("a", "b"))
    assert found.verdict == "not distinguishable"
    assert "equally many errors" in found.sentence
    assert "repetitions" not in found.sentence
    same = compare_models(a, a, ("a", "b"))
    assert same.verdict == "identical"
    assert "a and b are identical" in same.sentence


def test_the_same_runs_are_identical_and_the_same_means_are_not():
    found = compare_recipes(recipe("cnn", CNN), recipe("cnn", CNN), ("then", "now"))
    assert found.verdict == "identical"
    assert compare_recipes(recipe("cnn", CNN), recipe("mlp", CNN)).verdict == "not distinguishable"


@pytest.mark.parametrize(("p_value", "verdict"), [(0.049, "different"), (0.051, "not distinguishable")])
def test_the_significance_level_is_one_in_twenty(p_value, verdict):
    runs = [made_result("a", wrong=9)], [made_result("b", wrong=8)]
    assert Comparison("recipes", ("a", "b"), runs, 1, -1, 2, p_value, "").verdict == verdict


@pytest.mark.parametrize("other", [60, 50])
def test_if_the_seeds_do_not_vary_more_runs_are_needed(other):
    runs = [recipe(name, (errors, errors), evaluated_on="validation") for name, errors in (("a", 50), ("b", other))]
    found = compare_recipes(*runs)
    assert found.verdict == "not testable"
    assert f"every run of a makes 50 errors and every run of b makes {other}" in found.sentence
    assert found.sentence.endswith("benchmark run a b --seeds 10 --evaluate validation")
    assert "unknown" in shown(found)


@pytest.mark.parametrize(
    ("p_value", "odds"),
    [
        (0.0003, "fewer than 1 of 1,000"),
        (0.0023, "about 2 of 1,000"),
        (0.034, "about 3 of 100"),
        (1, "about 100 of 100"),
    ],
)
def test_probabilities_are_written_as_repetitions(p_value, odds):
    runs = [made_result("a", wrong=9)], [made_result("b", wrong=8)]
    found = Comparison("recipes", ("a", "b"), runs, 1, -1, 2, p_value, "")
    assert f"in {odds} repetitions." in found.sentence


def test_the_digits_are_named():
    runs = [made_result(name, evaluated_on="validation", variant="sample") for name in "ab"]
    assert compare_models(*runs).digits == f"{len(runs[0].labels):,} held-out digits of the sample"


def test_the_table_of_recipes_has_means_std_interval_and_p():
    text = shown(compare_recipes(recipe("linear", LINEAR), recipe("[red]cnn", CNN)))
    assert "Two recipes on 10,000 test digits: Welch's test over seeds" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["linear"] == ["linear", "91.978", "±", "0.056", "802.2", "5"]
    assert rows["[red]cnn"] == ["[red]cnn", "99.470", "±", "0.047", "53.0", "5"]
    assert rows["second"][3:] == ["+7.492", "-749.2", "-756.8", "to", "-741.6", "errors", "4.1e-16"]


def test_the_table_of_models_has_what_only_one_gets_wrong():
    text = shown(compare_models(made_result("a", wrong=range(90)), made_result("b", wrong=range(45, 104)), ("a", "b")))
    assert "Two models on 10,000 test digits: exact McNemar test" in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line.strip()}
    assert rows["a"] == ["a", "99.10", "90", "45"]
    assert rows["b"] == ["b", "99.41", "59", "14"]
    assert rows["second"][3:] == ["+0.31", "-31", "-47.7", "to", "-15.0", "errors", "6.5e-05"]
