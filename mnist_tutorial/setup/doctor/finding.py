"""A finding: the outcome of one check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """The outcome of a check.

    Attributes
    ----------
    status : {"ok", "warning", "problem"}
        With a warning, the course runs; with a problem, it does not, or not on all of MNIST.
    found : str
    advice : str
        What to do, unless all is well.
    """

    status: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""
