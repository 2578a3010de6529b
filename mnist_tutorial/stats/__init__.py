"""Statistics: how sure a measured accuracy is, and a difference between two."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "proportions": ["Paired", "mcnemar", "wilson_interval"],
        "means": ["Unpaired", "contrast", "holm", "welch"],
    },
)
