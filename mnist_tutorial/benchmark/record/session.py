"""A session: the runs of a recipe and of the reference, in turn, on one machine."""

from collections.abc import Iterator
from pathlib import Path

from mnist_tutorial.benchmark.record.entry import REFERENCE, SET_ASIDE
from mnist_tutorial.benchmark.record.requirements import REFERENCES, TRIES
from mnist_tutorial.benchmark.results import read
from mnist_tutorial.benchmark.runs import suite
from mnist_tutorial.benchmark.runs.recipe import Recipe, load_recipe
from mnist_tutorial.benchmark.runs.task import Task
from mnist_tutorial.errors import MNISTError


def plan(recipe: Recipe, seeds: int, variant: str = "full") -> list[Task]:
    """List the runs: the reference first, last, and evenly spread in between.

    Parameters
    ----------
    recipe : Recipe
    seeds : int
    variant : {"full", "sample"}

    Returns
    -------
    list of Task

    Raises
    ------
    MNISTError
        If the recipe is the reference, or has its name.
    """
    if recipe.name == REFERENCE:
        raise MNISTError(f"{REFERENCE} is the reference, whose ratio is 1; expected another recipe")
    runs = suite.plan([recipe], range(seeds), ["test"], variant)
    references = suite.plan([load_recipe(REFERENCE)], range(REFERENCES), ["test"], variant)
    tasks = []
    for i, reference in enumerate(references):
        first, last = (k * seeds // (REFERENCES - 1) for k in (i - 1, i))
        tasks += [*runs[max(0, first) : last], reference]
    return tasks


def run(tasks: list[Task], folder: Path, workers: suite.Workers) -> Iterator[suite.Event]:
    """Do the tasks that have no result yet, one after the other, and repeat those that other programs slow down.

    A contended run is moved into a subfolder, and repeated at most twice.

    Parameters
    ----------
    tasks : list of Task
        As `plan` makes it.
    folder : Path
    workers : LocalWorkers

    Yields
    ------
    Event
        As it happens. The session ends when a run fails.

    Raises
    ------
    MNISTError
        If the folder has results of other runs, cannot be written, or is used by another process.
    """
    expected = {f"{task.name}.json" for task in tasks}
    if others := sorted({path.name for path in folder.glob("*-seed*[0-9].json")} - expected):
        raise MNISTError(f"{folder} has results of other runs, such as {others[0]}; choose another folder with --out")
    for task in tasks:
        repeat = True
        _set_aside(task, folder)  # an earlier session may have been interrupted before it could
        while repeat:
            for event in suite.run([task], folder, workers):
                yield event
                if event.kind == "failed":
                    return
                if event.kind == "elsewhere":
                    raise MNISTError(f"{folder}: another process is at work in it; wait until it has ended")
            repeat = _set_aside(task, folder)


def _set_aside(task: Task, folder: Path) -> bool:
    """Move the file of a contended run out of the way; returns whether the run is to be repeated."""
    path, aside = folder / f"{task.name}.json", folder / SET_ASIDE
    tries = len(list(aside.glob(f"{task.name}.*.json")))
    if not path.exists() or tries >= TRIES - 1 or not read(path).contended:
        return False
    aside.mkdir(exist_ok=True)
    path.rename(aside / f"{task.name}.{tries + 1}.json")
    return True
