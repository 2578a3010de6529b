"""Summaries: what all runs of a recipe say together, and the table of them."""

import statistics
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mnist_tutorial.benchmark.report.calibration import Calibration, best_temperature, calibration
from mnist_tutorial.benchmark.report.curves import LearningCurve, learning_curve
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.splits import true_labels
from mnist_tutorial.stats import wilson_interval


@dataclass
class RecipeSummary:
    """All runs of one recipe on one machine, taken together.

    Attributes
    ----------
    recipe, version : str
        Its name, and a digest of the code that ran.
    test_runs, validation_runs : list of Result
        Each seed once, in order.
    label : str
        The recipe, plus whatever distinguishes it from others of that name in the same table.
    machine : str
        A letter; see `SummaryTable.machines`.
    remarks : list of str
        What a reader should know.
    changes : list of str
        What has changed in our code since; empty if the present code gives these results.
    corrupted_accuracy : float or None
        The mean accuracy on corrupted test digits, from 0 to 1.
    """

    recipe: str
    version: str
    test_runs: list
    validation_runs: list
    label: str = ""
    machine: str = "A"
    remarks: list = field(default_factory=list)
    changes: list = field(default_factory=list)
    corrupted_accuracy: float | None = None

    @property
    def runs(self) -> list[Result]:
        """All runs, test runs first."""
        return [*self.test_runs, *self.validation_runs]

    @property
    def n(self) -> int:
        """Number of test runs."""
        return len(self.test_runs)

    @property
    def parameters(self) -> int | None:
        """Number of trainable parameters."""
        return self.runs[0].parameters

    @property
    def accuracy(self) -> float | None:
        """Mean test accuracy, from 0 to 1."""
        return float(np.mean([run.test_accuracy for run in self.test_runs])) if self.test_runs else None

    @property
    def std(self) -> float | None:
        """Sample standard deviation of the test accuracy over the seeds; None for fewer than two."""
        return float(np.std([run.test_accuracy for run in self.test_runs], ddof=1)) if self.n > 1 else None

    @property
    def errors(self) -> float | None:
        """Mean number of misclassified test digits."""
        return (1 - self.accuracy) * len(self.test_runs[0].labels) if self.test_runs else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval, from 0 to 1, for a network with the mean number of errors."""
        if not self.test_runs:
            return None
        images = len(self.test_runs[0].labels)
        return wilson_interval(images - round(self.errors), images)

    @property
    def uncontended(self) -> int:
        """Number of uncontended test runs."""
        return sum(not run.contended for run in self.test_runs)

    @property
    def uncontended_runs(self) -> list[Result]:
        """The uncontended test runs, or all test runs if there are none."""
        return [run for run in self.test_runs if not run.contended] or self.test_runs

    @property
    def seconds(self) -> float | None:
        """Median seconds of training on all digits, over the `uncontended_runs`."""
        return _median(self.uncontended_runs, "wall")

    @property
    def rate(self) -> float | None:
        """Median images per second while training, over the same runs."""
        return _median(self.uncontended_runs, "images_per_second")

    @property
    def memory(self) -> float | None:
        """Median peak memory in megabytes."""
        return _median(self.test_runs, "peak_memory_mb")

    @property
    def calibration(self) -> Calibration | None:
        """Calibration on the test digits."""
        return calibration(self.test_runs)

    @cached_property
    def temperature(self) -> float | None:
        """The temperature that the validation runs choose."""
        return best_temperature(self.validation_runs) if self.validation_runs else None

    @property
    def calibration_at_temperature(self) -> Calibration | None:
        """Calibration on the test digits at that temperature."""
        return calibration(self.test_runs, self.temperature) if self.temperature else None

    @cached_property
    def curve(self) -> LearningCurve | None:
        """The learning curve of its validation runs."""
        return learning_curve(self.validation_runs)


@dataclass(frozen=True)
class SummaryTable:
    """The recipes on one variant of MNIST.

    Attributes
    ----------
    variant : {"full", "sample"}
    rows : list of RecipeSummary
        The most accurate first.
    machines : dict
        From the letter in a row to a description of the machine and its software.
    """

    variant: str
    rows: list
    machines: dict

    @property
    def images(self) -> tuple[int, int]:
        """Number of test digits, and of held-out digits."""
        return len(true_labels(self.variant, "test")), len(true_labels(self.variant, "validation"))


def _median(runs, name):
    values = [value for run in runs if (value := getattr(run, name)) is not None]
    return float(statistics.median(values)) if values else None
