"""Runs: recipes trained with several seeds, each once, on this machine or on many."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "execution": ["run_safely", "run_task"],
        "recipe": ["Recipe", "Task", "from_function", "load_recipe", "recipe_names"],
        "run": ["Run"],
        "workers": ["run_locally", "run_on_cluster"],
    },
)
