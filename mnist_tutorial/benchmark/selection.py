"""A selection: the results that a name on the command line stands for."""

import difflib
from pathlib import Path
from typing import NamedTuple

from mnist_tutorial.benchmark.result import Result, published, read, read_all
from mnist_tutorial.errors import MNISTError

RESULTS = Path("results")


class Selection(NamedTuple):
    """The results behind a name: those of a recipe, or of one file; and the invalid files beside them."""

    name: str
    results: list[Result]
    is_model: bool
    refused: tuple[MNISTError, ...] = ()
    is_published: bool = False


def select(name: str, folder: Path | str | None = None) -> Selection:
    """Find results by name: a file; a recipe, or the name of a file, in `folder`; or a folder of one recipe's results.

    By default, `folder` is ``results`` and, for names that are found nowhere else, the published results. MNISTError if
    there is no such file, recipe or folder, if the file is invalid, or if a folder has several recipes.

    Examples
    --------
    >>> selection = select("cnn-1s", published())
    >>> selection.is_model, {result.recipe for result in selection.results}
    (False, {'cnn-1s'})
    """
    if Path(name).is_file():
        return Selection(Path(name).stem, [read(Path(name))], is_model=True)
    here, recipes, refused = Path(RESULTS if folder is None else folder), set(), []
    if selection := _in_folder(name, here, recipes, refused):
        return selection
    if Path(name).is_dir():
        return _of_one_recipe(name)
    if folder is None and (selection := _in_folder(name, published(), recipes, refused)):
        return selection._replace(is_published=True)
    near = difflib.get_close_matches(name, sorted(recipes), 1, 0.4)
    place = f"{here} or the published results" if folder is None else here
    raise MNISTError(
        f"{name}: no result file, no folder, and no recipe with results in {place}; there are "
        f"{', '.join(sorted(recipes)) or 'none'}{f'; did you mean {near[0]}?' if near else ''}"
    )


def _in_folder(name, folder, recipes, refused):
    """Find a file or a recipe in a folder; adds to `recipes` and `refused` what else is there."""
    for path in (folder / name, folder / f"{name}.json"):
        if path.is_file():
            return Selection(path.stem, [read(path)], is_model=True)
    found, invalid = read_all(folder) if folder.is_dir() else ([], [])
    recipes.update(result.recipe for _, result in found)
    refused.extend(invalid)
    results = [result for _, result in found if result.recipe == name]
    return Selection(name, results, False, tuple(refused)) if results else None


def _of_one_recipe(folder):
    results, refused = read_all(folder)
    recipes = sorted({result.recipe for _, result in results})
    if len(recipes) != 1:
        names = f"{': ' if recipes else ''}{', '.join(recipes)}"
        advice = f"give the name of the recipe, and the folder as --results {folder}"
        raise MNISTError(f"{folder}: found results of {len(recipes)} recipes{names}; expected one; {advice}")
    return Selection(Path(folder).name or recipes[0], [result for _, result in results], False, tuple(refused))
