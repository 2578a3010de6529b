import pytest
from conftest import made_result

from mnist_tutorial.benchmark import published
from mnist_tutorial.benchmark.compare.selection import select
from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.errors import MNISTError


@pytest.fixture
def folder(tmp_path):
    for recipe in ("cnn", "mlp"):
        for seed in (0, 1):
            write(made_result(recipe, seed), tmp_path)
    return tmp_path


def test_a_recipe_is_all_its_runs_in_the_folder(folder):
    found = select("cnn", folder)
    assert (found.name, found.is_model) == ("cnn", False)
    assert [(result.recipe, result.seed) for result in found.results] == [("cnn", 0), ("cnn", 1)]


def test_a_model_is_a_file_with_or_without_its_folder(folder):
    result = made_result("cnn", 1)
    path = folder / f"{result.name}.json"
    for text in (str(path), path.name, path.stem):
        found = select(text, folder)
        assert (found.name, found.is_model) == (path.stem, True)
        assert [result.seed for result in found.results] == [1]


def test_a_folder_with_one_recipe_is_a_recipe(folder, tmp_path):
    (tmp_path / "old").mkdir()
    write(made_result("linear"), tmp_path / "old")
    found = select(str(tmp_path / "old"), folder / "that is not there")
    assert (found.name, found.is_model, [result.recipe for result in found.results]) == ("old", False, ["linear"])


def test_a_folder_with_several_recipes_is_none(folder):
    with pytest.raises(MNISTError, match="found results of 2 recipes: cnn, mlp; expected one"):
        select(str(folder), folder)


@pytest.mark.parametrize(("text", "said"), [("cn", "there are cnn, mlp; did you mean cnn?"), ("xyz", "are cnn, mlp")])
def test_an_unknown_name_is_told_what_there_is(folder, text, said):
    with pytest.raises(MNISTError) as error:
        select(text, folder)
    assert said in str(error.value)
    assert str(folder) in str(error.value)


def test_a_file_that_is_no_good_is_refused_or_named(folder):
    broken = folder / "broken.json"
    broken.write_text("{")
    with pytest.raises(MNISTError, match="cut short"):
        select("broken", folder)
    assert [str(broken) in str(error) for error in select("cnn", folder).refused] == [True]


def test_what_is_not_in_results_is_published(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    published_only = select("cnn")
    assert published_only.is_published
    assert {result.recipe for result in published_only.results} == {"cnn"}
    name = next(published().glob("cnn-1s-*.json")).stem
    assert (select(name).is_model, select(name).is_published) == (True, True)
    (tmp_path / "results").mkdir()
    for path in folder.glob("*.json"):
        path.rename(tmp_path / "results" / path.name)
    (tmp_path / "results/broken.json").write_text("{")
    assert (len(select("cnn").results), select("cnn").is_published) == (2, False)
    elsewhere = select("linear")
    assert elsewhere.is_published
    assert ["broken.json" in str(error) for error in elsewhere.refused] == [True]
    with pytest.raises(MNISTError, match=r"published results.*did you mean nearest-neighbours"):
        select("nearest-neighbour")


def test_a_folder_that_is_given_is_the_only_one(folder):
    with pytest.raises(MNISTError) as error:
        select("linear", folder)
    assert "published" not in str(error.value)


def test_a_folder_of_ones_own_comes_before_published_results(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linear").mkdir()
    write(made_result("of-mine"), tmp_path / "linear")
    found = select("linear")
    assert (found.is_published, [result.recipe for result in found.results]) == (False, ["of-mine"])
