"""Statistics: intervals of accuracies, tests of differences between them, and calibration."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "calibration": [
            "brier_score",
            "expected_calibration_error",
            "log_probabilities",
            "negative_log_likelihood",
        ],
        "proportions": ["Paired", "mcnemar", "wilson_interval"],
        "means": ["Unpaired", "contrast", "holm", "welch"],
    },
)
