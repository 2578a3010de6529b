"""Recipes: functions that train a network; and tasks: runs of a recipe that are to be done."""

import ast
import difflib
import hashlib
import importlib
import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from mnist_tutorial.benchmark.code import RECIPES, code_now, is_recipe
from mnist_tutorial.benchmark.result import name as run_name
from mnist_tutorial.data.guard import closed_mnist
from mnist_tutorial.errors import MNISTError

MODULES = ("networks", "reproductions", "torch_baselines", "baselines")  # of RECIPES, in the order of `recipe_names`


@dataclass(frozen=True)
class Recipe:
    """A recipe: its name on the command line, and its text, with which it can be sent to another machine.

    ``source`` is the whole file, or only the function if it is in ``module``, one of this package.
    """

    name: str
    source: str
    function_name: str
    module: str | None = None

    @property
    def function(self) -> Callable[..., Any]:
        """The function: takes a `Run`, returns a network."""
        with closed_mnist():
            if self.module:
                return getattr(importlib.import_module(self.module), self.function_name)
            file = f"{self.name}-{self.sha256[:8]}.py"
            names = {"__name__": file.removesuffix(".py"), "__file__": file}
            linecache.cache[file] = len(self.source), None, self.source.splitlines(keepends=True), file  # of tracebacks
            exec(compile(self.source, file, "exec", dont_inherit=True), names)
            return names[self.function_name]

    @property
    def sha256(self) -> str:
        """The SHA-256 of `source`."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def code(self) -> dict[str, str]:
        """Compute the digests of the code that decides its predictions; see `code.code_now`."""
        return code_now(self.function_name, self.source, self.module)


@dataclass(frozen=True)
class Task:
    """One run to do: a recipe, a seed, the digits it is evaluated on ("validation" or "test"), the variant of MNIST."""

    recipe: Recipe
    seed: int
    evaluated_on: str
    variant: str
    options: dict[str, Any] = field(default_factory=dict)  # devices, strategy: of a training that is shared

    @property
    def name(self) -> str:
        """Its name, with the beginning of the recipe's SHA-256; the result's has that of all code that ran."""
        return self._name(self.recipe.sha256)

    def results(self, folder: Path) -> list[Path]:
        """List the files in a folder that have its result, of whatever version of the code."""
        return sorted(folder.glob(f"{self._name('?' * 8)}.json"))

    def _name(self, version: str) -> str:
        options = self.evaluated_on, self.seed, self.variant, processes(self.options)
        return run_name(self.recipe.name, version, *options)


def processes(options: dict[str, Any]) -> int:
    """Count the processes that train together."""
    return options.get("devices", 1)


def recipe_names() -> list[str]:
    """List the recipes of this package.

    Examples
    --------
    >>> "cnn" in recipe_names()
    True
    """
    return [function_name.replace("_", "-") for function_name in _packaged()]


def load_recipe(text: str) -> Recipe:
    """Find a recipe by its name in this package, or your own as ``my_file.py:my_recipe``; MNISTError if it is missing.

    Examples
    --------
    >>> load_recipe("cnn-tiny").function_name
    'cnn_tiny'
    """
    if match := re.fullmatch(r"(.*\.py):(\w+)", text):
        return Recipe(match[2].replace("_", "-"), _read(Path(match[1]), match[2]), match[2])
    if text not in (names := recipe_names()):
        question = "".join(f" Did you mean {near}?" for near in difflib.get_close_matches(text, names, 1, 0.4))
        expected = f"Expected one of {', '.join(names)}, or your own as my_file.py:my_recipe"
        raise MNISTError(f"there is no recipe {text}.{question} {expected}")
    function_name = text.replace("-", "_")
    module, source = _packaged()[function_name]
    return Recipe(text, source, function_name, module)


def _read(path: Path, function_name: str) -> str:
    """Read a file, and check that it is code which defines a function."""
    expected = f"expected a file with def {function_name}(run)"
    try:
        text = path.read_text(encoding="utf-8")
        names = compile(text, str(path), "exec", dont_inherit=True).co_names
    except (OSError, SyntaxError, ValueError) as error:  # ValueError: it is not in UTF-8
        raise MNISTError(f"{path}: cannot be read as Python code ({error}); {expected}") from error
    if function_name not in names and "import *" not in text:
        raise MNISTError(f"{path}: has no {function_name}; {expected}")
    return text


@cache
def _packaged() -> dict[str, tuple[str, str]]:
    """Find the recipes of this package, without importing deeplay: function name to module and source."""
    texts = {module: (files(RECIPES) / f"{module}.py").read_text(encoding="utf-8") for module in MODULES}
    return {
        node.name: (f"{RECIPES}.{module}", f"{ast.get_source_segment(text, node)}\n")
        for module, text in texts.items()
        for node in filter(is_recipe, ast.parse(text).body)
    }
