"""Speed records: sessions that claim one, the check of their folders, and the history."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["history", "session"],
    submod_attrs={"entry": ["Entry"], "verdict": ["TARGETS", "Verdict", "check"]},
)
