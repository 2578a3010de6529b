"""A result: the outcome of one run of a recipe, and all that determined it."""

import base64
import hashlib
import zlib
from dataclasses import field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import to_json

from mnist_tutorial.benchmark import code
from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.benchmark.splits import SPLITS, true_labels
from mnist_tutorial.data.reference import DIGESTS

SHORTEST = 1e-4  # seconds of training: times are rounded to it


def pack(digits: np.ndarray) -> str:
    """Write digits as text: zlib, then base 64."""
    return base64.b64encode(zlib.compress(np.asarray(digits, np.uint8).tobytes(), 9)).decode()


def unpack(digits: str | np.ndarray) -> np.ndarray:
    """Read digits that `pack` wrote: ndarray of uint8."""
    return np.frombuffer(zlib.decompress(base64.b64decode(digits)), np.uint8) if isinstance(digits, str) else digits


Count = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=SHORTEST, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Texts = dict[str, str]
Curve = dict[str, list[int | float | None]]  # a loss is None where the training diverged
Digits = Annotated[np.ndarray, BeforeValidator(unpack), PlainSerializer(pack)]


@dataclass(frozen=True, eq=False, config={"extra": "forbid", "arbitrary_types_allowed": True})
class Result:
    """The outcome of one run of a recipe; each field is explained beside it, seconds are those of the clock.

    Making one raises ValueError if it is about other data, or its accuracy is not that of its predictions.
    """

    KIND: ClassVar[str] = "run"  # of its file
    FORMAT: ClassVar[int] = 4

    recipe: str  # its name
    docstring: str  # what the recipe says of its source and its claim
    source: str  # its text
    evaluated_on: Literal[SPLITS]  # "validation": trained without the 5,000 held out; "test": on all 60,000
    seed: Seed
    variant: Literal[tuple(DIGESTS)]  # of MNIST: "full" or "sample"
    digests: Texts  # the SHA-256 of MNIST's four arrays
    parameters: Count | None  # that were trained; None if the recipe does not train a network
    epochs: Number  # the number of times that each digit was seen
    clock: str  # what the seconds include
    wall: Seconds  # of training
    cpu_seconds: Number  # of the processor, for the training
    other_cpu_seconds: Number  # of the processor, for all other processes meanwhile
    warm_up: Number  # seconds before the training
    prediction: Number  # seconds after it
    images_per_second: Number  # during the training
    peak_memory_mb: Number
    accuracy: Share  # on the digits evaluated on, from 0 to 1
    predicted: Digits  # uint8, shape (N,): the answer for each digit evaluated on
    loss_curve: Curve  # images, loss
    validation_curve: Curve  # images, seconds, accuracy; empty lists in a run on the test digits
    devices: Count
    nodes: Count
    strategy: str  # Lightning's, for distributed training; "auto" on a single device
    precision: str  # of the training
    threads: Count  # of torch; it trains with fewer while other programs are busy
    machine: dict[str, Any]  # as `machine.machine` describes it, with the commit
    versions: Texts  # of all installed packages
    started: str  # the time in UTC, as in ISO 8601
    code: Annotated[Texts, Field(min_length=1)]  # the digest of each module that decides the predictions
    # Other versions of the code with which the same seed gave the same predictions: their code, date and commit.
    reproductions: list[dict[str, Any]] = field(default_factory=list)
    nll: Number | None = None  # this and the next two: see `stats.calibration`; None without probabilities
    brier: Number | None = None
    ece: Share | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Result":
        for part, digest in DIGESTS[self.variant]._asdict().items():
            if (other := str(self.digests.get(part))) != digest:
                raise ValueError(f"made with other data: SHA-256 of {part} is {other[:12]}..., not {digest[:12]}...")
        if len(self.predicted) != len(self.labels):
            raise ValueError(f"{len(self.predicted):,} predictions; expected {len(self.labels):,}")
        accuracy = float(np.mean(self.predicted == self.labels))
        if abs(accuracy - self.accuracy) > 1e-9:
            raise ValueError(f"claims an accuracy of {self.accuracy}; that of its predictions is {accuracy}")
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and to_json(self) == to_json(other)

    @property
    def labels(self) -> np.ndarray:
        """The true digits: ndarray of uint8, shape (N,)."""
        return true_labels(self.variant, self.evaluated_on)

    @property
    def contended(self) -> bool:
        """Whether other programs used so much of the processor that the seconds do not count."""
        return Time(self.wall, self.cpu_seconds, self.other_cpu_seconds).contended

    @property
    def processes(self) -> int:
        """The number of processes that shared the training."""
        return self.devices * self.nodes

    @property
    def hardware(self) -> tuple[str, ...]:
        """The hardware that the seconds depend on."""
        return tuple(str(self.machine.get(name)) for name in ("processor", "cores", "device", "system"))

    @property
    def codes(self) -> list[dict[str, str]]:
        """The versions of the code that are known to give this result."""
        return [self.code, *(entry["code"] for entry in self.reproductions)]

    @property
    def version(self) -> str:
        """A digest of the code that ran."""
        return code.version(self.code)

    @property
    def source_sha256(self) -> str:
        """The SHA-256 of the recipe's text."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def changes(self) -> list[str]:
        """The modules that have changed since; empty if the present code is known to give this result, else stale."""
        return min((code.changed(known) for known in self.codes), key=len)

    @property
    def name(self) -> str:
        """The name of its file, without the ending; different runs have different names."""
        return name(self.recipe, self.version, self.evaluated_on, self.seed, self.variant, self.processes)


def name(recipe: str, version: str, evaluated_on: str, seed: int, variant: str = "full", processes: int = 1) -> str:
    """Name a run, as in cnn-3fa9c1d2-test-seed0; the same run of the same code always has the same name."""
    unusual = [variant] * (variant != "full") + [f"{processes}-processes"] * (processes > 1)
    return "-".join([recipe, version[:8], *unusual, evaluated_on, f"seed{seed}"])


@dataclass(frozen=True)
class Failure:
    """A run that failed."""

    KIND: ClassVar[str] = "failure"
    FORMAT: ClassVar[int] = 1

    recipe: str
    seed: Seed
    evaluated_on: str
    error: str  # a traceback, whose last line is the error itself
    at: str  # the time in UTC, as in ISO 8601
