"""Recipes: functions that train a network; and tasks: runs of a recipe that are to be done."""

import ast
import difflib
import glob
import hashlib
import importlib
import inspect
import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from mnist_tutorial.benchmark.code import changed, code_now
from mnist_tutorial.benchmark.result import Result
from mnist_tutorial.benchmark.result import name as run_name
from mnist_tutorial.data.guard import closed_mnist
from mnist_tutorial.errors import MNISTError

RECIPES = "mnist_tutorial.benchmark.recipes"
MODULES = ("networks", "reproductions", "torch_baselines", "baselines")  # of RECIPES, in the order of `recipe_names`
MAX_BYTES = 1_000_000  # of a file, all of which goes into each result


@dataclass(frozen=True)
class Recipe:
    """A recipe that can be sent to another process or machine.

    Attributes
    ----------
    name : str
        As on the command line.
    file : str or None
        The content of the file with the recipe; None for a recipe of this package.
    function_name : str
    local_function : callable or None
        A function that is in no file, as in a notebook. Such a recipe cannot be sent.
    """

    name: str
    file: str | None
    function_name: str
    local_function: Callable[..., Any] | None = None

    @property
    def function(self) -> Callable[..., Any]:
        """The function: takes a `Run`, returns a network."""
        if self.local_function is not None:
            return self.local_function
        if self.module is not None:
            module = importlib.import_module(self.module)
        else:
            with closed_mnist():
                module = _module(self.file, f"{self.name}-{self.sha256[:8]}")
        function = getattr(module, self.function_name, None)
        if not callable(function):
            raise MNISTError(f"{self.name}: the file has no such function; expected def {self.function_name}(run)")
        return function

    @property
    def source(self) -> str:
        """Its text, as a reviewer reads it: the whole file, or the function if it comes with this package."""
        if self.local_function is not None:
            return inspect.getsource(self.local_function)
        return self.file or _packaged()[self.function_name][1]

    @property
    def module(self) -> str | None:
        """The module of this package that it is in, or None."""
        if self.local_function is not None or self.file is not None:
            return None
        return f"{RECIPES}.{_packaged()[self.function_name][0]}"

    @property
    def sha256(self) -> str:
        """The SHA-256 of `source`."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def docstring(self) -> str:
        """The docstring of the function, without indentation."""
        return inspect.getdoc(self.function) or ""

    def code(self) -> dict[str, str]:
        """Compute the digests of the code that decides its predictions; see `code.code_now`."""
        return code_now(self.function_name, self.source, self.module)

    def gave(self, result: Result) -> bool:
        """Whether a result is of this recipe, as it is now, and of our present code."""
        text = None if self.module else self.source
        current = any(not changed(code, text) for code in result.codes)
        return result.recipe == self.name and current


@dataclass(frozen=True)
class Task:
    """One run to do, in a form that can be sent to another process or machine.

    Attributes
    ----------
    recipe : Recipe
    seed : int
    evaluated_on : {"validation", "test"}
    variant : {"full", "sample"}
    options : dict
        Lightning's options for distributed training, ``devices``, ``strategy`` and ``num_nodes``; empty for a
        training in one process.
    """

    recipe: Recipe
    seed: int
    evaluated_on: str
    variant: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name, with the beginning of the recipe's SHA-256; the result's has that of all code that ran."""
        return self._name(self.recipe.name, self.recipe.sha256, self.evaluated_on)

    def results(self, folder: Path) -> list[Path]:
        """List the files in a folder that have its result, of whatever version of the code."""
        recipe, splits = glob.escape(self.recipe.name), [self.evaluated_on]
        if self.evaluated_on == "test":
            splits.append("record")  # until November 2026, file names called the test digits so
        return sorted(path for split in splits for path in folder.glob(f"{self._name(recipe, '?' * 8, split)}.json"))

    def _name(self, recipe: str, version: str, split: str) -> str:
        return run_name(recipe, version, split, self.seed, self.variant, processes(self.options))


def processes(options: dict[str, Any]) -> int:
    """Count the processes that train together."""
    return options.get("devices", 1) * options.get("num_nodes", 1)


def recipe_names() -> list[str]:
    """List the recipes of this package.

    Examples
    --------
    >>> "cnn" in recipe_names()
    True
    """
    return [function_name.replace("_", "-") for function_name in _packaged()]


def load_recipe(text: str) -> Recipe:
    """Find a recipe.

    Parameters
    ----------
    text : str
        The name of a recipe of this package, or ``my_file.py:my_recipe``.

    Raises
    ------
    MNISTError
        If there is no such recipe or file, or the file is not Python code with such a function.

    Examples
    --------
    >>> load_recipe("cnn-tiny").function_name
    'cnn_tiny'
    """
    if match := re.fullmatch(r"(.*\.py):(\w+)", text):
        return Recipe(match[2].replace("_", "-"), _source(Path(match[1]), match[2]), match[2])
    if ".py" in text:
        raise MNISTError(f"{text} names no function; expected a file and a function in it, as in my_file.py:my_recipe")
    names = recipe_names()
    if text not in names:
        nearest = difflib.get_close_matches(text, names, 1, 0.4)
        question = f" Did you mean {nearest[0]}?" if nearest else ""
        raise MNISTError(
            f"there is no recipe {text}.{question} Expected one of {', '.join(names)}, "
            "or your own as my_file.py:my_recipe"
        )
    return Recipe(text, None, text.replace("-", "_"))


def from_function(function: Callable[..., Any]) -> Recipe:
    """Make a recipe from a function, for example in a notebook.

    It takes a `Run`, and returns a network.
    """
    return Recipe(function.__name__.replace("_", "-"), None, function.__name__, function)


def _source(path: Path, function_name: str) -> str:
    """Read a file, and check that it is code which defines a function."""
    expected = f"expected a file with def {function_name}(run)"
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise MNISTError(f"{path}: {size:,} bytes, at most {MAX_BYTES:,} can be kept with each result; {expected}")
        text = path.read_text(encoding="utf-8")
        names = compile(text, str(path), "exec", dont_inherit=True).co_names
    except OSError as error:
        raise MNISTError(f"{path}: cannot be read ({error.strerror or error}); {expected}") from error
    except SyntaxError as error:
        raise MNISTError(f"{path}: not Python code: {error.msg} in line {error.lineno}") from error
    except ValueError as error:
        raise MNISTError(f"{path}: not Python code in UTF-8 ({error}); {expected}") from error
    if function_name not in names and "import *" not in text:
        raise MNISTError(f"{path}: has no {function_name}; {expected}")
    return text


@cache
def _packaged() -> dict[str, tuple[str, str]]:
    """Find the recipes of this package, without importing deeplay: function name to module and source."""
    recipes = {}
    for module in MODULES:
        text = (files(RECIPES) / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and [argument.arg for argument in node.args.args] == ["run"]:
                recipes[node.name] = module, f"{ast.get_source_segment(text, node)}\n"
    return recipes


def _module(text: str, name: str) -> ModuleType:
    """Execute a text as a module; a traceback shows its lines."""
    module, file = ModuleType(name), f"{name}.py"
    module.__file__ = file
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec", dont_inherit=True), vars(module))
    return module
