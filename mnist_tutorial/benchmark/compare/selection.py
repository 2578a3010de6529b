"""A selection: the results that a name on the command line stands for."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

from mnist_tutorial.benchmark.results.files import read, read_all
from mnist_tutorial.benchmark.results.published import published
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.errors import MNISTError

RESULTS = Path("results")


@dataclass(frozen=True)
class Selection:
    """The results behind a name.

    Attributes
    ----------
    name : str
        For sentences.
    results : list of Result
    is_model : bool
        Whether it is the file of one run, and not a recipe.
    refused : tuple of MNISTError
        Invalid files in the same folder.
    is_published : bool
        Whether they came with the package, since the name was not found elsewhere.
    """

    name: str
    results: list[Result]
    is_model: bool
    refused: tuple = ()
    is_published: bool = False


def select(name: str, folder: Path | str | None = None) -> Selection:
    """Find results by name.

    Parameters
    ----------
    name : str
        A result file, with or without its folder and ending; a recipe with results in `folder`; or another folder
        with the results of one recipe.
    folder : Path, optional
        By default ``results`` and, for names that are not found there, the published results.

    Raises
    ------
    MNISTError
        If there is no such file, recipe or folder; if the file is invalid; if the other folder has several recipes.

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
        return replace(selection, is_published=True)
    near = difflib.get_close_matches(name, sorted(recipes), 1, 0.4)
    place = f"{here} or the published results" if folder is None else here
    raise MNISTError(
        f"{name}: no result file, no folder, and no recipe with results in {place}; there are "
        f"{', '.join(sorted(recipes)) or 'none'}{f'; did you mean {near[0]}?' if near else ''}"
    )


def _in_folder(name: str, folder: Path, recipes: set[str], refused: list[MNISTError]) -> Selection | None:
    """Find a file or a recipe in a folder; adds to `recipes` and `refused` what else is there."""
    for path in (folder / name, folder / f"{name}.json"):
        if path.is_file():
            return Selection(path.stem, [read(path)], is_model=True)
    found, invalid = read_all(folder) if folder.is_dir() else ([], [])
    recipes |= {result.recipe for _, result in found}
    refused += invalid
    results = [result for _, result in found if result.recipe == name]
    return Selection(name, results, False, tuple(refused)) if results else None


def _of_one_recipe(folder: str) -> Selection:
    found, refused = read_all(folder)
    recipes = sorted({result.recipe for _, result in found})
    if len(recipes) != 1:
        raise MNISTError(
            f"{folder}: found results of {len(recipes)} recipes{': ' if recipes else ''}{', '.join(recipes)}; expected "
            f"one; give the name of the recipe, and the folder as --results {folder}"
        )
    return Selection(Path(folder).name or recipes[0], [result for _, result in found], False, tuple(refused))
