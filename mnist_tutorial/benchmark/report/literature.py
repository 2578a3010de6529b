"""The literature: published MNIST results, each with its source."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FAMILIES = ("linear", "MLP", "CNN", "other")


@dataclass(frozen=True)
class Published:
    """One published result.

    Attributes
    ----------
    family : {"linear", "MLP", "CNN", "other"}
    model : str
    augmentation : str
        ``"none"``, a description, or empty if not stated.
    ensemble : int or None
        Number of networks that vote; None if not stated.
    accuracy : float
        On the 10,000 test digits, in percent.
    parameters : int or None
    seconds : float or None
        Of training, on this `hardware`.
    hardware : str
    source, url : str
    note : str
        What to know before comparing: permutation invariant, best case, number of runs.
    """

    family: str
    model: str
    augmentation: str
    ensemble: int | None
    accuracy: float
    parameters: int | None
    seconds: float | None
    hardware: str
    source: str
    url: str
    note: str

    @property
    def best_case(self) -> bool:
        """Whether this is the best of several results compared on the test set, and not a mean."""
        return self.note.startswith("best case")


@cache
def published() -> tuple[Published, ...]:
    """Read the published results that come with the package, in the order of ``literature.csv``.

    Examples
    --------
    >>> [result] = [result for result in published() if result.model == "train_mnist_fast"]
    >>> result.accuracy, result.seconds, result.hardware
    (99.041, 0.762, 'GTX 1660 Ti')
    """
    text = (files(__package__) / "literature.csv").read_text(encoding="utf-8")
    return tuple(
        Published(
            **row
            | {"ensemble": _number(int, row["ensemble"]), "parameters": _number(int, row["parameters"])}
            | {"accuracy": float(row["accuracy"]), "seconds": _number(float, row["seconds"])}
        )
        for row in csv.DictReader(text.splitlines())
    )


def _number(kind, text):
    return kind(text) if text else None
