"""The consistency of a result: whether its parts agree with each other, and with the digits of MNIST."""

import hashlib
import reprlib

import numpy as np

from mnist_tutorial.benchmark.results import probabilities
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.data.reference import DIGESTS


def check(result: Result) -> None:
    """Compare what a result says with what follows from the rest of it.

    Raises
    ------
    ValueError
        If it was made with other data, its source or its accuracy is another, it looked more than once, or its
        probabilities contradict its predictions.
    """
    for part, digest in DIGESTS[result.variant]._asdict().items():
        if result.digests.get(part) != digest:
            found = str(result.digests.get(part))[:12]
            raise ValueError(f"made with other data: SHA-256 of {part} is {found}..., expected {digest[:12]}...")
    if result.source_sha256 != hashlib.sha256(result.source.encode()).hexdigest():
        raise ValueError(f"its source text does not match its SHA-256 {result.source_sha256[:12]}...")
    looks = [(look["of"], look["images"]) for look in result.evaluations]
    if looks != [(result.evaluated_on, len(result.labels))]:
        raise ValueError(
            f"evaluated on {reprlib.repr(looks)}, expected one look at {len(result.labels):,} {result.evaluated_on} "
            "digits"
        )
    try:
        predicted = result.predicted
    except ValueError as error:
        raise ValueError(f"its predictions cannot be unpacked ({error})") from error
    if len(predicted) != len(result.labels):
        raise ValueError(f"{len(predicted):,} predictions; expected {len(result.labels):,}")
    accuracy = float(np.mean(predicted == result.labels))
    if result.accuracy is None or abs(accuracy - result.accuracy) > 1e-9:
        raise ValueError(f"claims an accuracy of {result.accuracy}; that of its predictions is {accuracy}")
    if bool(result.probabilities) != bool(result.calibration):
        raise ValueError("has probabilities without their calibration, or the other way round")
    if result.calibration:
        try:
            probabilities.check(result.calibration, *result.log_odds, predicted == result.labels)
        except ValueError as error:
            raise ValueError(f"its probabilities contradict the rest ({error})") from error
