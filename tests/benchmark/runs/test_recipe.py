import inspect
import pickle
import traceback

import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark.runs import recipe

NAMES = [
    *("linear", "lenet5", "mlp-crash-course", "mlp", "mlp-augmented", "cnn-1s", "cnn", "cnn-augmented", "cnn-tiny"),
    *("dtex211", "pytorch-examples", "train-mnist-fast", "nearest-neighbours", "logistic-regression"),
]


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text('def my_recipe(run):\n    """Do nothing. Claim: none."""\n    return helper(run)\n\n\n')
    with path.open("a") as file:
        file.write("def helper(run):\n    raise ValueError(run)\n")
    return path


def test_all_recipes_are_listed():
    assert sorted(recipe.recipe_names()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_states_source_and_claim(name):
    found = recipe.load_recipe(name)
    docstring = " ".join(found.docstring.split())
    assert "Source: " in docstring
    assert "Claim: " in docstring
    assert found.source == inspect.getsource(found.function)  # which the package finds without importing it


def test_the_error_for_an_unknown_recipe_lists_all_and_suggests_the_nearest():
    with pytest.raises(MNISTError, match=r"no recipe cnn-agumented\. Did you mean cnn-augmented\? Expected") as caught:
        recipe.load_recipe("cnn-agumented")
    assert all(name in str(caught.value) for name in NAMES)


def test_without_a_similar_name_nothing_is_suggested():
    with pytest.raises(MNISTError, match=r"no recipe xyzzy\. Expected one of"):
        recipe.load_recipe("xyzzy")


def test_your_own_recipe_is_a_function_in_a_file(mine):
    found = recipe.load_recipe(f"{mine}:my_recipe")
    assert (found.name, found.docstring, found.source) == ("my-recipe", "Do nothing. Claim: none.", mine.read_text())


def test_every_edit_makes_another_recipe(mine):
    before = recipe.load_recipe(f"{mine}:my_recipe")
    assert recipe.load_recipe(f"{mine}:my_recipe").sha256 == before.sha256
    mine.write_text(mine.read_text() + "\n# better\n")
    assert recipe.load_recipe(f"{mine}:my_recipe").sha256 != before.sha256


def test_a_recipe_can_be_sent_to_a_machine_without_the_file(mine):
    sent = pickle.loads(pickle.dumps(recipe.load_recipe(f"{mine}:my_recipe")))
    mine.unlink()
    with pytest.raises(ValueError, match="5") as caught:
        sent.function(5)
    assert "raise ValueError(run)" in "".join(traceback.format_exception(caught.value))  # the line, for the student


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(MNISTError, match=r"gone.py: cannot be read"):
        recipe.load_recipe(f"{tmp_path}/gone.py:my_recipe")


def test_a_missing_function_is_an_error(mine):
    with pytest.raises(MNISTError, match=r"expected def other\(run\)"):
        _ = recipe.load_recipe(f"{mine}:other").function
