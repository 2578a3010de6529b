"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work. tests/test_compat.py has a test
for each that fails loudly when a library changes it. Nothing here imports a library before it is called.
"""


def lacks_kwargs(error: BaseException) -> bool:
    """Whether an error means that ``get`` of a DeepTrack feature does not accept ``**kwargs``.

    Matches the text of Python's TypeError: DeepTrack 2.0.2 calls ``get`` with all properties, its own included, and
    passes the error on, which has nothing else to recognize it by. Seen with Python 3.11 to 3.14. Should the text
    change, the error itself is shown in place of the hint.
    """
    return isinstance(error, TypeError) and "get() got an unexpected keyword argument" in str(error)
