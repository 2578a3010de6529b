"""The code behind a result: a digest of each module that decides a prediction, blind to comments and formatting."""

import ast
import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = "mnist_tutorial"
ROOT = Path(__file__).parents[1]  # of the package
RECIPES = f"{PACKAGE}.benchmark.recipes"
RECIPE = "the recipe's file"  # among the names of modules: a file that is no module
# What decides a prediction: the modules whose names begin so. A split says which digits are held out.
USED = ("data.split", "pipeline", "training", "benchmark.recipes", "benchmark.run", "benchmark.splits")


@cache
def digest(text: str, recipe: str | None = None) -> str:
    """Compute a digest of what code does; given a recipe, without all others."""
    try:
        tree = ast.parse(text)
    except SyntaxError:  # somebody is editing it
        return _hash(text)
    if recipe is not None:
        tree.body = [node for node in tree.body if not is_recipe(node) or node.name == recipe]
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return _hash(ast.unparse(tree).replace('"', "'"))  # Python 3.12 puts other quotes around some f-strings


def is_recipe(node: ast.stmt) -> bool:
    """Whether a statement defines a function whose only argument is run."""
    return isinstance(node, ast.FunctionDef) and [argument.arg for argument in node.args.args] == ["run"]


def code_now(recipe: str, text: str, module: str | None) -> dict[str, str]:
    """Map each module that decides what a recipe predicts to its digest: `USED`, and what it has imported beside it.

    `text` is that of the recipe, `module` its module of this package, or None.
    """
    paths = [path.relative_to(ROOT).with_suffix("").parts for path in ROOT.rglob("*.py") if path.stem != "__init__"]
    names = {f"{PACKAGE}.{name}" for name in map(".".join, paths) if name.startswith(USED)}
    if module is None:  # a module in the working folder is one that somebody has written for the recipe
        files = [(name, getattr(imported, "__file__", None)) for name, imported in [*sys.modules.items()]]
        names |= {name for name, file in files if file and Path(file) == _path(name) and not name.startswith(PACKAGE)}
    names = names - {module} | {f"{module or RECIPE}:{recipe}"}
    return {name: _now(name, text) for name in sorted(names)}


def version(code: Mapping[str, str]) -> str:
    """Join the digests of modules into one, which tells versions of the code apart."""
    return _hash("\n".join(f"{name} {value}" for name, value in sorted(code.items())))


def agree(a: Mapping[str, str], b: Mapping[str, str]) -> bool:
    """Whether two runs had the same code: the same digest of each module that both have used."""
    return bool(a and b) and all(b.get(name, value) == value for name, value in a.items())


def changed(code: Mapping[str, str], text: str | None = None) -> list[str]:
    """List the modules whose code is no longer what it was, or gone; `text` is the present one of a recipe's file."""
    return [name for name, value in code.items() if _now(name, text) not in (value, None)]


def _now(name: str, text: str | None) -> str | None:
    """Compute the present digest of a module in a list; "" if it is gone, None if that cannot be known."""
    module, _, recipe = name.partition(":")
    if module == RECIPE:
        return None if text is None else digest(text)
    path = _path(module)
    if not path.is_file():
        return "" if module.startswith(f"{PACKAGE}.") else None
    return digest(path.read_text(encoding="utf-8"), recipe if module.startswith(RECIPES) else None)


def _path(module: str) -> Path:
    """Find the file of a module of this package, or of one in the working folder."""
    first, *others = module.split(".")
    return (ROOT if first == PACKAGE else Path(first).absolute()).joinpath(*others).with_suffix(".py")


def _hash(text: str) -> str:
    """Keep 16 digits of the SHA-256: enough to tell versions apart."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
