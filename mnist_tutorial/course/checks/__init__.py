"""Checks: each tries an answer on new random input and prints one line, with a hint if it is wrong.

A check returns the answer if it is right, and otherwise ours. `claim` is about a number that a text relies on.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "claims": ["claim"],
        "loading": ["batch_shape", "flat_source", "negative"],
        "visualizing": ["describe", "paper_and_ink", "threshold"],
        "neuron": ["squared_error_slope", "start", "tanh_gradients"],
        "networks": ["count_parameters", "feature_map_size", "gelu", "small_cnn", "small_mlp", "wide_windows"],
        "failures": ["confidence", "corruption", "most_confused"],
        "augmenting": ["darker", "landing_point", "warps"],
        "benchmark": ["error_reduction", "own_recipe", "verdict"],
        "microscopy": ["disagreement", "shaky_focus", "spot_radius"],
    },
)
