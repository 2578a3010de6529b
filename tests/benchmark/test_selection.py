import pytest
from conftest import made_result

from mnist_tutorial.benchmark import published
from mnist_tutorial.benchmark.result import write
from mnist_tutorial.benchmark.selection import select
from mnist_tutorial.errors import MNISTError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of two recipes, in results/ below the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for recipe in ("cnn", "mlp"):
        for seed in (0, 1):
            write(made_result(recipe, seed), tmp_path / "results")
    return tmp_path / "results"


def what(selection):
    return selection.name, selection.is_model, {result.recipe for result in selection.results}


def test_a_name_is_a_recipe_a_file_or_a_folder_of_one_recipe(folder, tmp_path):
    found = select("cnn", folder)
    assert (what(found), [result.seed for result in found.results]) == (("cnn", False, {"cnn"}), [0, 1])
    path = folder / f"{made_result('cnn', 1).name}.json"
    for text in (str(path), path.name, path.stem):
        assert what(select(text, folder)) == (path.stem, True, {"cnn"})
    (tmp_path / "old").mkdir()
    write(made_result("linear"), tmp_path / "old")
    assert what(select(str(tmp_path / "old"), folder / "that is not there")) == ("old", False, {"linear"})
    with pytest.raises(MNISTError, match="found results of 2 recipes: cnn, mlp; expected one"):
        select(str(folder), folder)


@pytest.mark.parametrize(
    ("text", "advice"),
    [("cn", "there are cnn, mlp; did you mean cnn?"), ("xyz", "are cnn, mlp"), ("linear", "cnn, mlp")],
)
def test_a_folder_that_is_given_is_the_only_one_and_the_message_says_what_it_has(folder, text, advice):
    with pytest.raises(MNISTError) as error:
        select(text, folder)
    assert advice in str(error.value)
    assert str(folder) in str(error.value)
    assert "published" not in str(error.value)


def test_a_file_that_is_no_good_is_refused_or_named_and_nobody_is_told_to_delete_it(folder, quick_file):
    broken = folder / "broken.json"
    broken.write_text("{")
    assert [str(broken) in str(error) for error in select("cnn", folder).refused] == [True]
    for name, reason in (("broken", "cut short"), (str(quick_file), "a Python file, not a result")):
        with pytest.raises(MNISTError, match=reason) as error:
            select(name, folder)
        assert "delete" not in str(error.value)


def test_what_is_not_in_results_is_published_and_a_folder_of_ones_own_comes_first(folder, tmp_path):
    (folder / "broken.json").write_text("{")
    assert (len(select("cnn").results), select("cnn").is_published) == (2, False)
    elsewhere = select("linear")
    assert (what(elsewhere), elsewhere.is_published) == (("linear", False, {"linear"}), True)
    assert ["broken.json" in str(error) for error in elsewhere.refused] == [True]
    name = next(published().glob("cnn-1s-*.json")).stem
    assert (select(name).is_model, select(name).is_published) == (True, True)
    with pytest.raises(MNISTError, match=r"published results.*did you mean nearest-neighbours"):
        select("nearest-neighbour")
    (tmp_path / "linear").mkdir()
    write(made_result("of-mine"), tmp_path / "linear")
    assert (what(select("linear")), select("linear").is_published) == (("linear", False, {"of-mine"}), False)
