"""A task: one run that is to be done, in a form that can be sent to a worker."""

import glob
from dataclasses import dataclass, field
from pathlib import Path
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
        """Its name, with the beginning of the recipe's SHA-256; the result's has that of all code that ran."""
        return self._name(self.recipe.name, self.recipe.sha256, self.evaluated_on)

    def results(self, folder: Path) -> list[Path]:
        """List the files in a folder that have its result, of whatever version of the code."""
        recipe, splits = glob.escape(self.recipe.name), [self.evaluated_on]
        if self.evaluated_on == "test":
            splits.append("record")  # until November 2026, file names called the test digits so
        return sorted(path for split in splits for path in folder.glob(f"{self._name(recipe, '?' * 8, split)}.json"))

    def _name(self, recipe: str, version: str, split: str) -> str:
        return name(recipe, version, split, self.seed, self.variant, processes(self.options))


def processes(options: dict[str, Any]) -> int:
    """Count the processes that train together."""
    return options.get("devices", 1) * options.get("num_nodes", 1)
