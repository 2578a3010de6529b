"""A forecast: how long a suite will take, from the times that its recipes took before."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mnist_tutorial.benchmark.results.files import read_all
from mnist_tutorial.benchmark.results.published import published
from mnist_tutorial.benchmark.runs.suite import is_done
from mnist_tutorial.benchmark.runs.task import Task

START = 8  # seconds for a process to import what it needs, and to read MNIST


def forecast(tasks: Sequence[Task], folder: Path) -> tuple[int, float, list[str]]:
    """Estimate how long the tasks that have no result yet will take, one after the other.

    Parameters
    ----------
    tasks : sequence of Task
    folder : Path
        The folder of the results; the times come from earlier results in it, or else from the published results.

    Returns
    -------
    to_do : int
        The number of tasks without a result of the present code.
    seconds : float
        For those whose recipe has earlier results.
    unknown : list of str
        The other recipes.
    """
    waiting = [task for task in tasks if not is_done(task, folder)]
    times = defaultdict(list)
    for place in (published(), folder):
        for _, result in read_all(place)[0] if place.is_dir() else ():
            seconds = result.wall + result.warm_up + result.prediction
            times[result.recipe, result.variant].append(seconds)
    known = [(task.recipe.name, task.variant) for task in waiting if (task.recipe.name, task.variant) in times]
    seconds = sum(statistics.median(times[key]) for key in known) + START * len(set(known))
    unknown = sorted({task.recipe.name for task in waiting} - {recipe for recipe, _ in known})
    return len(waiting), seconds, unknown
