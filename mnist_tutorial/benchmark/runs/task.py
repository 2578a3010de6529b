"""A task: one run that is to be done, as it is sent to who trains."""

from dataclasses import dataclass, field

from mnist_tutorial.benchmark.results.result import name
from mnist_tutorial.benchmark.runs.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """What is to be run.

    Attributes
    ----------
    recipe : Recipe
    seed : int
    evaluated_on : {"validation", "test"}
    variant : {"full", "sample"}
    options : dict
        Of Lightning's distributed training: ``devices``, ``strategy``, ``num_nodes``; empty for one process.
    """

    recipe: Recipe
    seed: int
    evaluated_on: str
    variant: str
    options: dict = field(default_factory=dict)

    @property
    def processes(self):
        """How many train together."""
        return self.options.get("devices", 1) * self.options.get("num_nodes", 1)

    @property
    def name(self):
        """As the file of its result."""
        return name(self.recipe.name, self.recipe.sha256, self.evaluated_on, self.seed, self.variant, self.processes)
