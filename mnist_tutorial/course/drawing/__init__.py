"""The reader's own handwriting: a canvas to draw on, and the digits that were kept."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"kept": ["my_digits"]})
