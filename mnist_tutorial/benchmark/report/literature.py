"""The literature: published MNIST results, each with its source."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Published(NamedTuple):
    """One published result, with the accuracy on the 10,000 test digits in percent; None if its source does not say."""

    family: str  # linear, MLP, CNN or other
    model: str
    augmentation: str  # "none", a description, or empty if not stated
    ensemble: int | None  # number of networks that vote
    accuracy: float
    parameters: int | None
    seconds: float | None  # of training, on this hardware
    hardware: str
    source: str
    url: str
    note: str  # what to know before comparing: permutation invariant, best case, number of runs


@cache
def published() -> tuple[Published, ...]:
    """Read the published results that come with the package, in the order of ``literature.csv``."""
    text = (files(__package__) / "literature.csv").read_text(encoding="utf-8")
    kinds = {"ensemble": int, "accuracy": float, "parameters": int, "seconds": float}
    for row in (rows := list(csv.DictReader(text.splitlines()))):
        row |= {name: kind(row[name]) if row[name] else None for name, kind in kinds.items()}
    return tuple(Published(**row) for row in rows)
