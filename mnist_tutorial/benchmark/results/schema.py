"""The schema: what each field of a result file may hold."""

import re
import reprlib
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from typing_extensions import TypedDict  # pydantic takes that of typing from Python 3.12 on only

from mnist_tutorial.errors import printable

SHORTEST = 1e-4  # seconds of training: times are rounded to it


def _printable(text: str) -> str:
    if text != printable(text, keep=""):
        raise ValueError("text without control characters")
    return text


def _one_length(curve: dict[str, list]) -> dict[str, list]:
    if len({len(values) for values in curve.values()}) > 1:
        raise ValueError("lists of one length")
    return curve


# Strict: True is no number, and 1.0 is no seed.
Text = Annotated[str, Field(max_length=1_000), AfterValidator(_printable)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
LongText = Annotated[str, Field(max_length=1_000_000)]
Packed = Annotated[str, Field(max_length=60_000)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**15)]
Positive = Annotated[int, Field(strict=True, ge=1, le=10**6)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
Number = Annotated[float, Field(strict=True, ge=0, le=1e15, allow_inf_nan=False)]
Seconds = Annotated[float, Field(strict=True, ge=SHORTEST, le=1e9, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Loss = Annotated[float, Field(strict=True)]  # NaN in files from before December 2026
Texts = Annotated[dict[Text, Text], Field(max_length=10_000)]
MANY = Field(max_length=10_000)  # of a curve: a hundred points are usual


class Machine(TypedDict, total=False):
    """What we read of the description of a machine; it may hold more."""

    __pydantic_config__ = ConfigDict(extra="allow")
    processor: Text
    cores: Count | None
    device: Text
    system: Text
    python: Text
    versions: Texts
    commit: Text | None
    dirty: bool | None


class Look(TypedDict):
    """A look at digits that were not trained on."""

    of: Text
    images: Count
    at: Text


class _LossCurve(TypedDict):
    images: Annotated[list[Count], MANY]
    loss: Annotated[list[Loss | None], MANY]  # None where the training diverged


class _ValidationCurve(TypedDict):
    images: Annotated[list[Count], MANY]
    seconds: Annotated[list[Number], MANY]
    accuracy: Annotated[list[Share], MANY]


class _CalibrationCurve(TypedDict):
    temperature: Annotated[list[Number], MANY]
    nll: Annotated[list[Number], MANY]
    brier: Annotated[list[Number], MANY]
    ece: Annotated[list[Share], MANY]


class Reproduction(TypedDict):
    """Another version of the code, with which the same seed gave the same predictions."""

    code: Texts
    date: Text
    commit: Text | None


Looks = Annotated[list[Look], MANY]
LossCurve = Annotated[_LossCurve, AfterValidator(_one_length)]
ValidationCurve = Annotated[_ValidationCurve, AfterValidator(_one_length)]
CalibrationCurve = Annotated[_CalibrationCurve, AfterValidator(_one_length)]
Reproductions = Annotated[list[Reproduction], MANY]


class _Kind(TypedDict):
    kind: Literal["failure"]


class Failure(_Kind, total=False):
    """A run that failed."""

    recipe: Text
    seed: Seed
    evaluated_on: Text
    error: LongText
    at: Text


def problem(error: ValidationError) -> str:
    """Say which field is wrong, and what was expected."""
    errors = error.errors(include_url=False)
    names = [".".join(map(str, found["loc"]))[:100] for found in errors]
    if missing := [name for name, found in zip(names, errors, strict=True) if found["type"] == "missing"]:
        return f"{', '.join(missing[:40])} missing"
    expected = re.sub("^(Value error, |[A-Z][a-z]+ should (be |have )?)", "", errors[0]["msg"])
    return f"{names[0] or 'the content'} is {reprlib.repr(errors[0]['input'])}, expected {expected}"
