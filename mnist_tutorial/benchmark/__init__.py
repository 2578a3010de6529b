"""Benchmarks: recipes trained with several seeds, results that can be checked, and fair comparisons."""

import lazy_loader

# Lazily, so that a process that only hands out runs, or reads results, imports neither torch nor Lightning.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "compare": ["compare_models", "compare_recipes"],
        "execute": ["run_task"],
        "recipe": ["Recipe", "Task", "load_recipe", "recipe_names"],
        "result": ["Result"],
        "run": ["Run"],
        "store": ["published", "read", "read_all"],
    },
)
