"""A selection: the results that a name on the command line stands for."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from mnist_tutorial.benchmark.results.files import read, read_all
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.errors import MNISTError


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
    """

    name: str
    results: list[Result]
    is_model: bool
    refused: tuple = ()


def select(name: str, folder: Path | str) -> Selection:
    """Find results by name.

    Parameters
    ----------
    name : str
        A result file, with or without its folder and ending; a recipe with results in `folder`; or another folder
        with the results of one recipe.
    folder : Path

    Raises
    ------
    MNISTError
        If there is no such file, recipe or folder; if the file is invalid; if the other folder has several recipes.
    """
    for path in (Path(name), Path(folder) / name, Path(folder) / f"{name}.json"):
        if path.is_file():
            return Selection(path.stem, [read(path)], is_model=True)
    found, refused = read_all(folder) if Path(folder).is_dir() else ([], [])
    results = [result for _, result in found if result.recipe == name]
    if results:
        return Selection(name, results, False, tuple(refused))
    if not Path(name).is_dir():
        recipes = sorted({result.recipe for _, result in found})
        near = difflib.get_close_matches(name, recipes, 1, 0.4)
        raise MNISTError(
            f"{name}: no result file, no folder, and no recipe with results in {folder}; there are "
            f"{', '.join(recipes) or 'none'}{f'; did you mean {near[0]}?' if near else ''}"
        )
    found, refused = read_all(name)
    recipes = sorted({result.recipe for _, result in found})
    if len(recipes) != 1:
        raise MNISTError(
            f"{name}: found results of {len(recipes)} recipes{': ' if recipes else ''}{', '.join(recipes)}; expected "
            f"one; give the name of the recipe, and the folder as --results {name}"
        )
    return Selection(Path(name).name or recipes[0], [result for _, result in found], False, tuple(refused))
