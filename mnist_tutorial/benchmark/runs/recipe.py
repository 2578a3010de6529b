"""A recipe: a function that trains, with its name, its docstring and its source text."""

import difflib
import hashlib
import importlib
import inspect
import linecache
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from mnist_tutorial.errors import MNISTError

MODULES = ("networks", "reproductions", "torch_baselines", "baselines")  # where the recipes of this package stand


@dataclass(frozen=True)
class Recipe:
    """A recipe that can be sent to another process or machine.

    Attributes
    ----------
    name : str
        As on the command line.
    file : str or None
        The text of the file in which it stands; None for a recipe of this package.
    function_name : str
    at_hand : callable or None
        The function itself, which cannot be sent.
    """

    name: str
    file: str | None
    function_name: str
    at_hand: Callable | None = None

    @property
    def function(self):
        """The function: takes a `Run`, gives a network."""
        if self.at_hand is not None:
            return self.at_hand
        found = getattr(self._module(), self.function_name, None)
        if not callable(found):
            raise MNISTError(f"{self.name}: the file has no such function; expected def {self.function_name}(run)")
        return found

    @property
    def source(self):
        """The text that determines it: the whole file, or the function of this package."""
        return self.file or inspect.getsource(self.function)

    @property
    def sha256(self):
        """The digest of `source`."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def docstring(self):
        """Its docstring."""
        return inspect.getdoc(self.function) or ""

    def _module(self):
        if self.file is None:
            for module in map(_ours, MODULES):
                if hasattr(module, self.function_name):
                    return module
        module = ModuleType(f"recipe_{self.function_name}")
        module.__file__ = f"<{self.name}, {hashlib.sha256(self.file.encode()).hexdigest()[:8]}>"
        # So that a traceback shows the lines.
        linecache.cache[module.__file__] = (len(self.file), None, self.file.splitlines(True), module.__file__)
        exec(compile(self.file, module.__file__, "exec"), vars(module))
        return module


def names():
    """List the recipes of this package.

    Returns
    -------
    list of str

    Examples
    --------
    >>> "cnn" in names()
    True
    """
    return [
        name.replace("_", "-")
        for module in map(_ours, MODULES)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and _takes_run(function)
    ]


def load_recipe(text):
    """Find a recipe.

    Parameters
    ----------
    text : str
        The name of a recipe of this package, or ``my_file.py:my_recipe``.

    Returns
    -------
    Recipe

    Raises
    ------
    MNISTError
        If there is no such recipe or file; the message lists what there is.

    Examples
    --------
    >>> load_recipe("cnn-tiny").function_name
    'cnn_tiny'
    """
    if match := re.fullmatch(r"(.*\.py):(\w+)", text):
        path = Path(match[1])
        try:
            file = path.read_text(encoding="utf-8")
        except OSError as error:
            raise MNISTError(f"{path}: cannot be read ({error}); expected a file with def {match[2]}(run)") from error
        return Recipe(match[2].replace("_", "-"), file, match[2])
    if text not in names():
        near = difflib.get_close_matches(text, names(), 1, 0.4)
        nearest = f"; did you mean {near[0]}?" if near else ""
        raise MNISTError(
            f"no recipe {text}{nearest} There are {', '.join(names())}, and your own as my_file.py:my_recipe"
        )
    return Recipe(text, None, text.replace("-", "_"))


def from_function(function):
    """Make a recipe of a function that is at hand, in a notebook say.

    Parameters
    ----------
    function : callable
        Takes a `Run`, gives a network.

    Returns
    -------
    Recipe
    """
    return Recipe(function.__name__.replace("_", "-"), None, function.__name__, function)


def _ours(module):
    return importlib.import_module(f"mnist_tutorial.benchmark.recipes.{module}")


def _takes_run(function):
    return list(inspect.signature(function).parameters) == ["run"]
