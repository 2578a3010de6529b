"""A session: the runs of a recipe and of the reference, in turn, on one machine."""

from collections.abc import Iterator
from pathlib import Path

from mnist_tutorial.benchmark.record.entry import REFERENCE, SET_ASIDE
from mnist_tutorial.benchmark.record.requirements import REFERENCES, TRIES
from mnist_tutorial.benchmark.results import read
from mnist_tutorial.benchmark.runs import suite
from mnist_tutorial.benchmark.runs.recipe import Recipe, Task, load_recipe
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

    A contended run is moved into a subfolder, and repeated, up to `TRIES` times in all.

    Parameters
    ----------
    tasks : list of Task
        As `plan` makes it.
    folder : Path
    workers : callable
        As for `suite.run`.

    Yields
    ------
    Event
        As it happens. The session ends when a run fails.

    Raises
    ------
    MNISTError
        If the folder has results of other runs or other code, cannot be written, or is used by another process, and if
        other programs slow down all tries of a run.
    """
    own = {path for task in tasks for path in task.results(folder) if task.recipe.gave(read(path))}
    if others := sorted(set(folder.glob("*-seed*[0-9].json")) - own):
        raise MNISTError(
            f"{folder} has results of other runs, or of other code, such as {others[0].name}; choose another folder "
            "with --out"
        )
    for task in tasks:
        repeat = True
        _set_aside(task, folder)  # an earlier session may have been interrupted before it could
        while repeat:
            for event in suite.run([task], folder, workers):
                yield event
                if event.kind == "failed":
                    return
            repeat = _set_aside(task, folder)


def _set_aside(task: Task, folder: Path) -> bool:
    """Move the file of a contended run out of the way; returns whether the run is to be repeated."""
    if not any(read(path).contended for path in task.results(folder)):
        return False
    for place in (folder / SET_ASIDE / str(number) for number in range(1, TRIES)):
        if not task.results(place):
            place.mkdir(parents=True, exist_ok=True)
            for path in task.results(folder):
                path.rename(place / path.name)
            return True
    raise MNISTError(
        f"{task.name}: other programs used the processor in each of {TRIES} tries; close them, and begin again in "
        "another folder with --out"
    )
