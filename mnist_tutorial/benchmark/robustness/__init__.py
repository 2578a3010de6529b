"""Robustness: the accuracy of a network on digits that are corrupted, the same digits for everybody."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "corruptions": ["CORRUPTIONS", "corrupted", "sets"],
        "evaluation": ["evaluate"],
        "files": ["read", "read_all", "write"],
        "robustness": ["Robustness"],
    },
)
