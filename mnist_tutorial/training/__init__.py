"""Training: networks, the classifier and trainer that fit them, and what they get right."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"checkpoints", "models"},
    submod_attrs={
        "classifiers": ["classifier"],
        "evaluation": ["evaluate", "predict"],
        "trainers": ["trainer"],
    },
)
