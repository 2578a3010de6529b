"""The code behind a result: a digest of each module that ran, blind to comments, docstrings and formatting."""

import ast
import hashlib
import importlib.util
import site
import sys
import sysconfig
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path

PACKAGE = "mnist_tutorial"
ROOT = Path(__file__).parents[2]  # of the package
RECIPE = "the recipe's file"  # among the names of modules: a file, or a cell, that is no module
LENGTH = 16  # hexadecimal digits of a digest: enough for what nobody forges, since it proves nothing
IGNORED = ("kind", "type_comment")  # of a syntax tree: the u of u"...", and a comment


def digest(text: str, recipe: str | None = None) -> str:
    r"""Compute a digest of what Python code does: of its syntax tree, without docstrings.

    Parameters
    ----------
    text : str
    recipe : str, optional
        The name of a recipe in it. Other recipes, functions whose only argument is ``run``, are left out unless the
        rest names them.

    Returns
    -------
    str
        The same in all versions of Python.

    Raises
    ------
    SyntaxError
        If the text is not Python code.

    Examples
    --------
    >>> digest("def f(run):\n    return 1  # a comment") == digest('def f(run):\n    "A docstring."\n    return (1)')
    True
    >>> digest("x = 1") == digest("x = 2")
    False
    """
    tree = ast.parse(text)
    if recipe is not None:
        _leave_out_others(tree, recipe)
    return _hash(repr(_canonical(tree)))


def code_now(recipe: str, recipe_text: str, recipe_module: str | None) -> dict[str, str]:
    """Compute the digests of the code that has run in this process for a recipe.

    Parameters
    ----------
    recipe : str
        The name of its function.
    recipe_text : str
        The text of the recipe, if it is in no module.
    recipe_module : str or None
        The module of this package that it is in.

    Returns
    -------
    dict
        From the name of each module of this package that has been imported, and of each module that belongs to no
        installed package, to its digest. An ``__init__`` only lists names, so it is left out.
    """
    code = {}
    for name, path in _loaded().items():
        if name != recipe_module and (found := _digest_of(path, None)) is not None:
            code[name] = found
    if recipe_module is not None:
        code[f"{recipe_module}:{recipe}"] = _digest_of(str(_path(recipe_module)), recipe)
    else:
        code[f"{RECIPE}:{recipe}"] = _digest_of_text(recipe_text, recipe)
    return dict(sorted(code.items()))


def version(code: Mapping[str, str]) -> str:
    """Join the digests of modules into one, which tells versions of the code apart.

    Examples
    --------
    >>> version({"a": "1", "b": "2"}) == version({"b": "2", "a": "1"})
    True
    """
    return _hash("\n".join(f"{name} {value}" for name, value in sorted(code.items())))


def agree(a: Mapping[str, str], b: Mapping[str, str]) -> bool:
    """Whether two runs had the same code: the same digest of each module that both have used.

    A process that has imported more, such as that of a notebook, has more modules in its list.

    Examples
    --------
    >>> agree({"a": "1", "b": "2"}, {"a": "1", "c": "3"}), agree({"a": "1"}, {"a": "2"})
    (True, False)
    """
    return bool(a and b) and all(b.get(name, value) == value for name, value in a.items())


def changed(code: Mapping[str, str], recipe_text: str | None = None) -> list[str]:
    """List the modules whose code is no longer what it was.

    Parameters
    ----------
    code : dict
        As from `code_now`.
    recipe_text : str, optional
        The recipe's present text, for one that is in no module.

    Returns
    -------
    list of str
        Modules of this package that have changed or are gone, and changed modules beside the recipe's file if they
        can be found; the recipe's file itself if its text is given.
    """
    return [name for name, value in code.items() if _now(name, recipe_text) not in (value, None)]


def _now(name: str, recipe_text: str | None) -> str | None:
    """Compute the present digest of a module in a list; "" if it is gone, None if that cannot be known."""
    module, _, recipe = name.partition(":")
    if module == RECIPE:
        return None if recipe_text is None else _digest_of_text(recipe_text, recipe)
    if module.partition(".")[0] == PACKAGE:
        path = _path(module)
        return (_digest_of(str(path), recipe or None) or "") if path.is_file() else ""
    try:
        found = importlib.util.find_spec(module) if "." not in module else None
    except (ImportError, ValueError):
        found = None
    return _digest_of(found.origin, None) if found and found.origin else None


def _path(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")


def _loaded() -> dict[str, str]:
    """List the modules that have been imported, without those of installed packages: name to file."""
    found = {}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or not path.endswith(".py") or name.startswith("__"):
            continue
        ours = name.partition(".")[0] == PACKAGE
        if (ours and Path(path).name != "__init__.py") or (not ours and not path.startswith(_installed())):
            found[name] = path
    return found


@cache
def _installed() -> tuple[str, ...]:
    """List the folders of installed packages, and those of Python and of this environment."""
    folders = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *site.getsitepackages()]
    folders += [site.getusersitepackages(), str(ROOT)]
    return tuple({spelling for folder in folders for spelling in (folder, str(Path(folder).resolve()))})


def _digest_of_text(text: str, recipe: str) -> str:
    try:
        return digest(textwrap.dedent(text), recipe)
    except SyntaxError:  # a lambda in the middle of a line
        return _hash(text)


_digests: dict[tuple, str | None] = {}


def _digest_of(path: str, recipe: str | None) -> str | None:
    """Compute the digest of a file; None if it cannot be read, or is not Python code, or has no such recipe."""
    try:
        status = Path(path).stat()
        key = path, recipe, status.st_mtime_ns, status.st_size
        if key not in _digests:
            _digests[key] = digest(Path(path).read_text(encoding="utf-8"), recipe)
    except (OSError, ValueError, SyntaxError):
        return None
    return _digests[key]


def _leave_out_others(tree: ast.Module, recipe: str) -> None:
    """Remove the recipes that neither a recipe nor the code around them names."""
    recipes = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and [argument.arg for argument in node.args.args] == ["run"]
    }
    kept, waiting = {recipe}, [node for node in tree.body if recipes.get(getattr(node, "name", None)) is not node]
    waiting += [recipes[recipe]] if recipe in recipes else []
    while waiting:
        names = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)}
        waiting += [recipes[name] for name in (names & recipes.keys()) - kept]
        kept |= names & recipes.keys()
    tree.body = [node for node in tree.body if getattr(node, "name", None) not in recipes.keys() - kept]


def _canonical(node: object) -> object:
    """Turn a syntax tree into tuples; what is absent is left out, since new versions of Python add fields."""
    if isinstance(node, ast.AST):
        fields = [
            (name, _canonical(value))
            for name in node._fields
            if (value := _field(node, name)) not in (None, []) and name not in IGNORED
        ]
        return type(node).__name__, *fields
    return tuple(map(_canonical, node)) if isinstance(node, list) else node


def _field(node: ast.AST, name: str) -> object:
    """Return a field of a node: of a body, all but the docstring."""
    value = getattr(node, name, None)
    if name == "body" and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        has_docstring = value and isinstance(value[0], ast.Expr) and isinstance(_text(value[0].value), str)
        return value[1:] if has_docstring else value
    if isinstance(node, ast.JoinedStr):  # Python 3.12 ends the format of f"{name:{width}}" with an empty text
        return [part for part in value if _text(part) != ""]
    return value


def _text(node: ast.AST) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:LENGTH]
