"""Checks: what the answer to an exercise must satisfy, and the hint when it does not; and claims of a text."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "claims": ["claim"],
        "loading": ["batch_shape", "flat_source", "negative"],
        "visualizing": ["describe", "paper_and_ink", "threshold"],
        "augmenting": ["darker", "lands", "warps"],
        "mlp": ["count_parameters", "gelu", "small_mlp"],
        "cnn": ["side", "small_cnn", "wide_windows"],
        "failures": ["corruption", "most_confused", "sureness"],
        "benchmark": ["errors_fewer", "own_recipe", "verdict"],
    },
)
