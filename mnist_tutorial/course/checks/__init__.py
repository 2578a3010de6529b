"""Checks: what the answer to an exercise must satisfy, and a hint if it does not; and claims of a text.

Each check takes the student's answer, tries it on new random input, and prints one line. It returns the answer if it is
right, and otherwise ours, so that the notebook can carry on.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "claims": ["claim"],
        "loading": ["batch_shape", "flat_source", "negative"],
        "visualizing": ["describe", "paper_and_ink", "threshold"],
        "augmenting": ["darker", "landing_point", "warps"],
        "neuron": ["squared_error_slope", "start", "tanh_gradients"],
        "mlp": ["count_parameters", "gelu", "small_mlp"],
        "cnn": ["feature_map_size", "small_cnn", "wide_windows"],
        "failures": ["confidence", "corruption", "most_confused"],
        "benchmark": ["error_reduction", "own_recipe", "verdict"],
        "microscopy": ["disagreement", "shaky_focus", "spot_radius"],
    },
)
