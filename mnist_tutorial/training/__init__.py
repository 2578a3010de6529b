"""Training: networks, the classifiers and trainers that fit them, evaluation, and checkpoints."""

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
