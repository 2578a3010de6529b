import inspect
import pickle
import traceback
from itertools import product

import pytest
from typer.testing import CliRunner

from mnist_tutorial import MNISTError
from mnist_tutorial.benchmark import published, read_all, recipe
from mnist_tutorial.cli import app

MINE = '''
def my_recipe(run):
    """Do nothing. Claim: none."""
    return helper(run)


def helper(run):
    raise ValueError(run)
'''


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_each_recipe_states_source_and_claim():
    assert {result.recipe for _, result in read_all(published())[0]} <= set(recipe.recipe_names())
    for found in map(recipe.load_recipe, recipe.recipe_names()):
        docstring = " ".join(found.function.__doc__.split())
        assert "Source: " in docstring
        assert "Claim: " in docstring
        assert found.source == inspect.getsource(found.function)  # which the package finds without importing it


def test_the_error_for_an_unknown_recipe_lists_all_and_suggests_the_nearest():
    with pytest.raises(MNISTError, match=r"no recipe cnn-agumented\. Did you mean cnn-augmented\? Expected") as caught:
        recipe.load_recipe("cnn-agumented")
    assert all(name in str(caught.value) for name in recipe.recipe_names())


def test_your_own_recipe_is_a_function_in_a_file_and_can_be_sent_to_a_machine_without_the_file(mine):
    found = recipe.load_recipe(f"{mine}:my_recipe")
    assert (found.name, found.source) == ("my-recipe", mine.read_text())
    sent = pickle.loads(pickle.dumps(found))
    mine.unlink()
    with pytest.raises(ValueError, match="5") as caught:
        sent.function(5)
    assert "raise ValueError(run)" in "".join(traceback.format_exception(caught.value))  # the line, for the student


GOOD = b"def my_recipe(run):\n    pass\n"
# What is in the file, the arguments, and what is said about it.
FAULTS = {
    "no file": (None, ["--recipe", "{}:my_recipe"], "No such file or directory"),
    "Latin-1": (b"# \xe9", ["--recipe", "{}:my_recipe"], "cannot be read as Python code"),
    "syntax": (b"\ndef f(:", ["--recipe", "{}:f"], "cannot be read as Python code (invalid syntax (mine.py, line 2))"),
    "another name": (GOOD, ["--recipe", "{}:other"], "expected a file with def other(run)"),
    "no name": (GOOD, ["--recipe", "{}"], "or your own as my_file.py:my_recipe"),
    "seeds": (None, ["--seeds", "1000000000"], "'--seeds'"),
    "limit": (None, ["--limit", "0"], "'--limit'"),
}


@pytest.mark.parametrize(("content", "arguments", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_said_in_a_sentence_before_any_training(content, arguments, words, tmp_path):
    path, out = tmp_path / "mine.py", tmp_path / "out"
    if content is not None:
        path.write_bytes(content)
    arguments = [argument.format(path) for argument in arguments]
    done = CliRunner().invoke(app, ["benchmark", "run", "--out", str(out), *arguments])
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code
    assert words in " ".join(done.stderr.split())
    assert not out.exists()


def test_a_function_that_a_file_imports_is_a_recipe(mine, monkeypatch):
    monkeypatch.syspath_prepend(mine.parent)
    (other := mine.with_name("also_mine.py")).write_text("from mine import *")
    assert recipe.load_recipe(f"{other}:my_recipe").function.__doc__ == "Do nothing. Claim: none."


def test_different_tasks_have_different_names(quick_file):
    quick, guess = (recipe.load_recipe(f"{quick_file}:{name}") for name in ("quick", "random_guess"))
    quick_file.write_text(quick_file.read_text().replace("nearest", "closest"))
    recipes = quick, guess, recipe.load_recipe(f"{quick_file}:quick")
    every = product(recipes, (0, 1), ("test", "validation"), ("full", "sample"), ({}, {"devices": 2}))
    assert len({recipe.Task(*fields).name for fields in every}) == 48
