"""A task: one run that is to be done, in a form that can be sent to a worker."""

from dataclasses import dataclass, field
from typing import Any

from mnist_tutorial.benchmark.results.result import name
from mnist_tutorial.benchmark.runs.recipe import Recipe

ERROR_LENGTH = 20_000  # characters that are kept of an error: more than a traceback, but no array in a message


@dataclass(frozen=True)
class Task:
    """One run to do.

    Attributes
    ----------
    recipe : Recipe
    seed : int
    evaluated_on : {"validation", "test"}
    variant : {"full", "sample"}
    options : dict
        Lightning's options for distributed training, ``devices``, ``strategy`` and ``num_nodes``; empty for a
        training in one process.
    """

    recipe: Recipe
    seed: int
    evaluated_on: str
    variant: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its result file, without the ending."""
        count = processes(self.options)
        return name(self.recipe.name, self.recipe.sha256, self.evaluated_on, self.seed, self.variant, count)


def processes(options: dict[str, Any]) -> int:
    """Count the processes that train together.

    Examples
    --------
    >>> processes({"devices": 2, "num_nodes": 3}), processes({})
    (6, 1)
    """
    return options.get("devices", 1) * options.get("num_nodes", 1)
