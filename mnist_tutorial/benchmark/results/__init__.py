"""Results: one file for each run, which anybody can check."""

import lazy_loader

# Lazily, so that a process that trains loads only what its result depends on.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "files": ["read", "read_all", "read_failures", "rewrite", "write"],
        "published": ["published"],
        "result": ["Result"],
        "splits": ["true_labels"],
    },
)
