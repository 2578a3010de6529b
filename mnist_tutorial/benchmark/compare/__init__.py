"""Comparisons: what differs, who is best, and what has become worse."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["comparison", "leaderboard", "regression", "significance_tests"],
    submod_attrs={
        "comparison": ["Comparison"],
        "significance_tests": ["compare", "compare_models", "compare_recipes"],
    },
)
