"""The schema: what the fields of a result file may hold, and what is said of one that holds something else."""

import re
import reprlib
from typing import Annotated, Any

from pydantic import Field, ValidationError

SHORTEST = 1e-4  # seconds of training: times are rounded to it

Count = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=SHORTEST, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Texts = dict[str, str]
Curve = dict[str, list[int | float | None]]  # a loss is None where the training diverged
Machine = dict[str, Any]


def problem(error: ValidationError) -> str:
    """Say which field is wrong, and what was expected."""
    errors = error.errors(include_url=False)
    names = [".".join(map(str, wrong["loc"])) for wrong in errors]
    if missing := [name for name, wrong in zip(names, errors, strict=True) if wrong["type"] == "missing"]:
        return f"{', '.join(missing)} missing"
    expected = re.sub("^(Value error, |[A-Z][a-z]+ should (be |have )?)", "", errors[0]["msg"])
    return f"{names[0]} is {reprlib.repr(errors[0]['input'])}, expected {expected}"
