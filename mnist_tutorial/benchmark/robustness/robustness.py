"""The robustness of one network: its accuracy on each set of corrupted digits."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from mnist_tutorial.benchmark.results import code, schema
from mnist_tutorial.benchmark.results.result import name
from mnist_tutorial.benchmark.results.splits import SPLITS
from mnist_tutorial.benchmark.robustness.suite import NAMES, STRENGTHS
from mnist_tutorial.data.reference import DIGESTS

Curve = Annotated[list[schema.Share], Field(min_length=STRENGTHS, max_length=STRENGTHS)]


@dataclass(frozen=True)
class Robustness:
    """The accuracy of one network on clean and on corrupted digits.

    Attributes
    ----------
    recipe : str
    seed : int
    evaluated_on : {"validation", "test"}
        The digits that were corrupted, as for a `Result`.
    variant : {"full", "sample"}
    suite : str
        The SHA-256 of the digests of all sets: the edition of the suite.
    clean : float
        The accuracy on the digits as they are, from 0 to 1.
    accuracies : dict
        From the name of each corruption to a list with the accuracy at each strength.
    precision : str
        The precision of the predictions, as Lightning names it: that of the training.
    seconds : float
        Of making and predicting all sets.
    code : dict
        From the name of each module of ours that trained to a digest of it, as in a `Result`.
    machine : dict
        As `machine.machine` describes it.
    started : str
        The time in UTC, as in ISO 8601.
    """

    recipe: str
    seed: schema.Seed
    evaluated_on: Literal[SPLITS]
    variant: Literal[tuple(DIGESTS)]
    suite: str
    clean: schema.Share
    accuracies: Annotated[dict[Literal[NAMES], Curve], Field(min_length=len(NAMES))]
    precision: str
    seconds: schema.Number
    code: schema.Texts
    machine: schema.Machine
    started: str

    @property
    def by_corruption(self) -> dict[str, float]:
        """The mean over the strengths of each corruption."""
        return {corruption: float(np.mean(curve)) for corruption, curve in self.accuracies.items()}

    @property
    def mean(self) -> float:
        """The mean corrupted accuracy: over all corruptions and strengths."""
        return float(np.mean(list(self.accuracies.values())))

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        kind = "robustness" if self.evaluated_on == "test" else f"robustness-{self.evaluated_on}"
        return name(self.recipe, code.version(self.code), kind, self.seed, self.variant)
