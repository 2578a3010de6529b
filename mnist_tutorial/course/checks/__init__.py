"""Checks: each tries an answer on new random input and prints one line, with a hint if it is wrong.

A check returns the answer if it is right, and otherwise ours. `claim` is about a number that a text relies on.
"""

import lazy_loader

from mnist_tutorial.course.claim import claim

__getattr__, _, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "loading": ["batch_shape", "flat_source", "negative"],
        "visualizing": ["describe", "paper_and_ink", "threshold"],
        "neuron": ["squared_error_slope", "start", "tanh_gradients"],
        "mlp": ["count_parameters", "gelu", "small_mlp"],
        "cnn": ["feature_map_size", "small_cnn", "wide_windows"],
        "failures": ["confidence", "corruption", "most_confused"],
        "augmenting": ["darker", "landing_point", "warps"],
        "benchmark": ["error_reduction", "own_recipe", "verdict"],
        "microscopy": ["disagreement", "shaky_focus", "spot_radius"],
    },
)
__all__ = sorted([*__all__, claim.__name__])


def __dir__() -> list[str]:
    return __all__
