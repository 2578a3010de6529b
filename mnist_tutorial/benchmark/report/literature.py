"""The literature: what others have published about MNIST, each figure with its source."""

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
        ``"none"``, what it was, or empty where that is not stated.
    ensemble : int or None
        How many networks vote; None where that is not stated.
    accuracy : float
        On the 10,000 test digits, in percent.
    parameters : int or None
    seconds : float or None
        Of the training, on that `hardware`.
    hardware : str
    source, url : str
    note : str
        What one has to know to compare: permutation invariant, best case, how many runs.
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
    def best_case(self):
        """Whether this is the best of several that were compared on the test set, and no mean."""
        return self.note.startswith("best case")


@cache
def published():
    """Read the published results that come with the package.

    Returns
    -------
    tuple of Published
        As in their sources, in the order of ``literature.csv``.

    Examples
    --------
    >>> [known] = [one for one in published() if one.model == "train_mnist_fast"]
    >>> known.accuracy, known.seconds, known.hardware
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
