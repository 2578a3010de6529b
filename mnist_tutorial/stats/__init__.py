"""Statistics: intervals of accuracies, and tests of differences between them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "proportions": ["Paired", "mcnemar", "wilson_interval"],
        "means": ["Unpaired", "contrast", "holm", "welch"],
    },
)
