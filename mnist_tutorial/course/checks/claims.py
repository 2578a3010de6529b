"""A claim: a number that a text relies on."""

import os

from mnist_tutorial.errors import encodable


def claim(
    name: str, value: float, at_least: float | None = None, at_most: float | None = None, variant: str = "full"
) -> None:
    """Show a number that the text relies on, and say so if it is out of bounds; while pytest runs, as AssertionError.

    A student who has changed something gets a line, and reads on. A claim is about all of MNIST: on another `variant`
    of the data, it is shown and not tested. ValueError without a bound: such a claim could not fail.

    Examples
    --------
    >>> claim("CNN test accuracy", 0.9954, at_least=0.993)
    ✓ CNN test accuracy: 0.9954, at least 0.993
    """
    limits = (("at least", at_least), ("at most", at_most))
    bounds = " and ".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)
    if not bounds:
        raise ValueError(f"{name}: a claim without a bound cannot fail; expected at_least, at_most or both")
    holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    line = f"✓ {name}: {value:.4g}, {bounds}"
    if variant != "full":
        line = f"– {name}: {value:.4g} on the variant {variant!r}; the claim, {bounds}, is about all of MNIST"
    elif not holds:
        line = f"✗ {name}: found {value:.4g}, expected {bounds}, so the text around here does not hold for this run"
        if "PYTEST_CURRENT_TEST" in os.environ:
            raise AssertionError(line)
    print(encodable(line))
