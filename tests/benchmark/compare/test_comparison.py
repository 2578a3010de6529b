import pytest
from conftest import made_result
from rich.console import Console

from mnist_tutorial.benchmark.compare.comparison import Difference, table
from mnist_tutorial.benchmark.compare.significance_tests import compare_models, compare_recipes

CNN, MLP, LINEAR = (50, 55, 48, 52, 60), (52, 51, 58, 49, 57), (800, 810, 795, 805, 801)


def recipe(name, errors, **others):
    return [made_result(name, seed, count, **others) for seed, count in enumerate(errors)]


def shown(difference):
    console = Console(width=150)
    with console.capture() as capture:
        console.print(table(difference))
    return capture.get()


def test_recipes_that_differ_are_told_apart_in_one_sentence():
    found = compare_recipes(recipe("linear", LINEAR), recipe("cnn", CNN))
    assert found.verdict == "different"
    assert found.sentence == (
        "On average over the seeds, cnn makes 749.2 fewer errors than linear in 10,000 test digits (95 % interval: "
        "741.6 to 756.8). If both were equally good, seeds alone would make a difference this large in fewer than 1 of "
        "1,000 repetitions. This is about the recipes on these digits, from 5 and 5 runs."
    )


def test_recipes_that_do_not_differ_are_told_how_much_may_be_hidden():
    found = compare_recipes(recipe("cnn", CNN), recipe("mlp", MLP))
    assert found.verdict == "not distinguishable"
    assert found.sentence == (
        "cnn and mlp are not distinguishable. On average over the seeds, cnn makes 0.4 fewer errors than mlp in 10,000 "
        "test digits. If both were equally good, seeds alone would make a difference this large in about 89 of 100 "
        "repetitions. The difference may be anything from 6.7 fewer errors for cnn to 5.9 fewer errors for mlp (95 % "
        "interval). This is about the recipes on these digits, from 5 and 5 runs."
    )


def test_models_are_told_from_recipes():
    found = compare_models(made_result("a", wrong=range(90)), made_result("b", wrong=range(45, 104)), ("a", "b"))
    assert found.verdict == "different"
    assert found.sentence == (
        "b makes 31 fewer errors than a in 10,000 test digits (95 % interval: 15.0 to 47.7). If both were equally "
        "good, chance alone would make a difference this large in fewer than 1 of 1,000 repetitions. This is about "
        "these two trained networks, not about their recipes: another seed trains another network."
    )


def test_as_many_errors_are_not_the_same_predictions():
    one, other = made_result("a", wrong=range(50)), made_result("b", wrong=range(30, 80))
    found = compare_models(one, other, ("a", "b"))
    assert found.verdict == "not distinguishable"
    assert "They make as many errors in 10,000 test digits. The difference may be" in found.sentence
    assert "repetitions" not in found.sentence
    same = compare_models(one, one, ("a", "b"))
    assert same.sentence == "a and b are identical: they take each of the 10,000 test digits for the same."


def test_the_same_runs_are_identical_and_the_same_means_are_not():
    found = compare_recipes(recipe("cnn", CNN), recipe("cnn", CNN), ("then", "now"))
    assert found.verdict == "identical"
    assert compare_recipes(recipe("cnn", CNN), recipe("mlp", CNN)).verdict == "not distinguishable"


@pytest.mark.parametrize(("p_value", "verdict"), [(0.049, "different"), (0.051, "not distinguishable")])
def test_one_of_twenty_is_where_chance_ends(p_value, verdict):
    runs = [made_result("a", wrong=9)], [made_result("b", wrong=8)]
    assert Difference("recipes", ("a", "b"), runs, 1, -1, 2, p_value, "").verdict == verdict


@pytest.mark.parametrize("other", [60, 50])
def test_without_any_spread_over_seeds_more_runs_are_asked_for(other):
    runs = [recipe(name, (errors, errors), evaluated_on="validation") for name, errors in (("a", 50), ("b", other))]
    found = compare_recipes(*runs)
    assert found.verdict == "not testable"
    assert f"all runs of a make 50 errors and all of b make {other}, so nobody knows" in found.sentence
    assert found.sentence.endswith("benchmark run a b --seeds 10 --evaluate validation")
    assert "not known" in shown(found)


@pytest.mark.parametrize(
    ("p_value", "said"),
    [
        (0.0003, "fewer than 1 of 1,000"),
        (0.0023, "about 2 of 1,000"),
        (0.034, "about 3 of 100"),
        (1, "about 100 of 100"),
    ],
)
def test_probabilities_are_told_as_repetitions(p_value, said):
    runs = [made_result("a", wrong=9)], [made_result("b", wrong=8)]
    found = Difference("recipes", ("a", "b"), runs, 1, -1, 2, p_value, "")
    assert f"in {said} repetitions." in found.sentence


def test_the_digits_are_named():
    runs = [made_result(name, evaluated_on="validation", variant="sample") for name in "ab"]
    assert compare_models(*runs).digits == f"{len(runs[0].labels):,} held-out digits of the sample"


def test_the_table_of_recipes_has_means_spread_interval_and_p():
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
