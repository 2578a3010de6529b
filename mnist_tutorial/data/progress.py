"""Progress bars, for those who can see them."""

from typing import Any


def progress_bar(description: str, unit: str, **options: Any) -> Any:
    """Make a progress bar that shows in a terminal or in a notebook, and nowhere else.

    Parameters
    ----------
    description : str
        What is going on.
    unit : str
        What is counted.
    **options
        For tqdm.

    Returns
    -------
    tqdm
        It shows after a second, and disappears when it is closed.
    """
    from tqdm.auto import tqdm

    # None hides it where stderr is not a terminal; a bar in a notebook takes it as False.
    return tqdm(desc=description, unit=unit, delay=1, leave=False, disable=None, **options)


def file_bar(description: str, total: int) -> Any:
    """Make a progress bar that counts files, as `progress_bar` does."""
    # By default a bar looks at the clock at each update; with 70,000 files this takes longer than reading them.
    return progress_bar(description, " files", total=total, miniters=500)
