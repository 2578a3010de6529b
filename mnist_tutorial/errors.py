"""The one error class of the package, and how to show the words of others."""

import re
import sys

# What steers a terminal or reverses a line, what XML cannot hold, and halves of signs. Joiners stay: names need them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class MNISTError(Exception):
    """An error whose message a user can act on: what was found, what was expected, and what to run.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mt.load("tiny")
    Traceback (most recent call last):
    ...
    mnist_tutorial.errors.MNISTError: variant is 'tiny'; expected one of 'auto', 'full', 'sample'
    """


def printable(text: object, keep: str = "\n\t") -> str:
    """Escape control characters, with which the names and errors of others could steer a terminal."""
    return _CONTROLS.sub(lambda sign: sign[0] if sign[0] in keep else ascii(sign[0])[1:-1], str(text))


def encodable(text: str) -> str:
    """Replace the signs that standard output cannot show, such as ✓ in a file in an older encoding of Windows."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
