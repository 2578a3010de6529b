"""A selection: the results that somebody means by a name."""

import difflib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mnist_tutorial.benchmark.results.files import read, read_all
from mnist_tutorial.errors import MNISTError


@dataclass(frozen=True)
class Selection:
    """What was named.

    Attributes
    ----------
    name : str
        For sentences.
    results : list of Result
    is_model : bool
        Whether it is the file of one run, and not a recipe.
    refused : tuple of MNISTError
        Files beside them that are no good.
    """

    name: str
    results: list
    is_model: bool
    refused: tuple = ()


def select(text, folder):
    """Find the results that are meant.

    Parameters
    ----------
    text : str
        A result file, also without its folder; or a recipe whose results are in `folder`; or another folder, with the
        results of one recipe.
    folder : Path

    Returns
    -------
    Selection

    Raises
    ------
    MNISTError
        If there is no such thing, with what there is; if the file is no good; if the other folder has several recipes.
    """
    for path in (Path(text), Path(folder) / text, Path(folder) / f"{text}.json"):
        if path.is_file():
            return Selection(path.stem, [read(path)], is_model=True)
    there, refused = read_all(folder) if Path(folder).is_dir() else ([], [])
    results = [result for _, result in there if result.recipe == text]
    if results:
        return Selection(text, results, False, tuple(refused))
    if not Path(text).is_dir():
        names = sorted({result.recipe for _, result in there})
        near = difflib.get_close_matches(text, names, 1, 0.4)
        raise MNISTError(
            f"{text}: no result file, no folder, and no recipe with results in {folder}; there are "
            f"{', '.join(names) or 'none'}{f'; did you mean {near[0]}?' if near else ''}"
        )
    there, refused = read_all(text)
    names = sorted({result.recipe for _, result in there})
    if len(names) != 1:
        raise MNISTError(
            f"{text}: results of {len(names)} recipes{': ' if names else ''}{', '.join(names)}; expected those of one; "
            f"name it, and the folder as --results {text}"
        )
    return Selection(Path(text).name or names[0], [result for _, result in there], False, tuple(refused))


def each_seed_once(results):
    """Leave out runs that tell nothing new.

    A seed that is run again, or copied, is no new sample. Where seeds are there from several machines, those of the
    machine with most of them count; where each seed is there once, it does not matter who ran it.

    Parameters
    ----------
    results : list of Result
        Of one recipe, variant and split.

    Returns
    -------
    list of Result
        By seed.
    """
    results = sorted(results, key=lambda result: result.started)
    if len({result.seed for result in results}) < len(results):
        seeds = Counter(machine for machine, _ in dict.fromkeys((result.hardware, result.seed) for result in results))
        [(most, _)] = seeds.most_common(1)
        results = [result for result in results if result.hardware == most]
    first = {}
    for result in results:
        first.setdefault(result.seed, result)
    return [first[seed] for seed in sorted(first)]
