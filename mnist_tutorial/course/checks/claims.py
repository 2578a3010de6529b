"""A claim: a figure that a text relies on."""


class ClaimError(AssertionError):
    """A text says something that does not hold."""


def claim(name, value, at_least=None, at_most=None, variant="full"):
    """Show a figure that the text relies on, and fail where it does not hold.

    Parameters
    ----------
    name : str
        What is claimed, as in "CNN test accuracy".
    value : float
        What was found.
    at_least, at_most : float, optional
        The bounds.
    variant : str
        Of the data. A claim is about all of MNIST; on the sample, it is shown and not tested.

    Raises
    ------
    ClaimError
        If the value is out of bounds, or no number.
    ValueError
        If there are no bounds: such a claim could not fail.

    Examples
    --------
    >>> claim("CNN test accuracy", 0.9954, at_least=0.993)
    ✓ CNN test accuracy: 0.9954, at least 0.993
    >>> claim("CNN test accuracy", 0.99, at_least=0.993)
    Traceback (most recent call last):
    ...
    mnist_tutorial.course.checks.claims.ClaimError: CNN test accuracy: found 0.99, expected at least 0.993
    """
    bounds = [
        f"{words} {bound:g}" for words, bound in (("at least", at_least), ("at most", at_most)) if bound is not None
    ]
    if not bounds:
        raise ValueError(f"{name}: a claim without a bound cannot fail; expected at_least, at_most or both")
    told = " and ".join(bounds)
    holds = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    if variant != "full":
        print(f"– {name}: {value:.4g} on the variant {variant!r}; the claim, {told}, is about all of MNIST")
    elif not holds:
        raise ClaimError(f"{name}: found {value:.4g}, expected {told}")
    else:
        print(f"✓ {name}: {value:.4g}, {told}")
