import pytest
from conftest import Here, made_result

from mnist_tutorial.benchmark.results import write
from mnist_tutorial.benchmark.runs import load_recipe, suite
from mnist_tutorial.benchmark.runs.forecast import START, forecast


def test_it_is_the_time_of_earlier_runs_without_those_that_are_done(tmp_path, quick_file):
    recipes = [load_recipe(f"{quick_file}:{name}") for name in ("quick", "random_guess")]
    planned = suite.plan(recipes, range(3), ["test"], "full")
    assert forecast(planned, tmp_path / "new") == (6, 0, ["quick", "random-guess"])
    for seed, wall in enumerate((10.0, 12.0, 50.0)):
        write(made_result("quick", seed, wall=wall, warm_up=1.0, prediction=0.5), tmp_path)  # of other code
    assert forecast(planned, tmp_path) == (6, 3 * 13.5 + START, ["random-guess"])
    list(suite.run(suite.plan(recipes[:1], [0], ["test"], "full"), tmp_path, Here()))
    assert forecast(planned, tmp_path)[0] == 5


def test_the_published_results_know_the_recipes_of_this_package(tmp_path):
    to_do, seconds, unknown = forecast(suite.plan([load_recipe("linear")], range(5), ["test"], "full"), tmp_path)
    assert (to_do, unknown) == (5, [])
    assert seconds == pytest.approx(20, abs=15)
