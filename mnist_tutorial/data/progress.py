"""Progress bars in terminals and notebooks."""

from typing import Any


def progress_bar(description: str, unit: str, **options: Any) -> Any:
    """Make a tqdm bar that shows after two seconds, in a terminal or a notebook only, and leaves nothing behind."""
    from tqdm.auto import tqdm  # it asks which of the two this is, which takes longer than all else that a load imports

    # None hides it where stderr is not a terminal; a bar in a notebook takes it as False.
    return tqdm(desc=description, unit=unit, delay=2, leave=False, disable=None, **options)


def file_bar(description: str, total: int) -> Any:
    """Make a progress bar that counts files."""
    # By default a bar looks at the clock at each update; with 70,000 files this takes longer than reading them.
    return progress_bar(description, " files", total=total, miniters=500)
