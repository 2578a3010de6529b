"""Progress bars in terminals and notebooks."""

from typing import Any


def progress_bar(description: str, unit: str, **options: Any) -> Any:
    """Make a tqdm bar that shows after two seconds, in a terminal or a notebook only, and leaves nothing behind."""
    from tqdm.auto import tqdm  # it asks which of the two this is, which takes longer than all else that a load imports

    return tqdm(desc=description, unit=unit, delay=2, leave=False, disable=None, **options)  # None: shows as above
