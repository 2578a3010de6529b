"""Addresses as text, without the secrets that they may hold."""

import re

# A name and a password before the host, also where an unescaped slash in the password makes it look like a port; and
# whatever follows the path, since it may be a token.
USER = re.compile(r"(\w://|\w\w:/)(?:[^/?#\s]*@|[^/?#\s@:\[]*:(?!\d+(?:[/?#\s]|$))\S*@)")
QUERY = re.compile(r"(\w://[^\s?#]*)[?#]\S*")


def redact(text: str) -> str:
    """Remove the secrets from all addresses in a text.

    Parameters
    ----------
    text : str
        An address, or a message with addresses in it.

    Returns
    -------
    str
        Without user names, passwords, queries and fragments.

    Examples
    --------
    >>> redact("cannot reach https://anna:secret@example.org/mnist.zip?token=secret today")
    'cannot reach https://example.org/mnist.zip today'
    """
    return QUERY.sub(r"\1", USER.sub(r"\1", text))
