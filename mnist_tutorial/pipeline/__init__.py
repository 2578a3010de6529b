"""DeepTrack at batch speed: sources, datasets, and features that work on whole mini-batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "corruptions": ["Blur", "Brightness", "Contrast", "Erase", "GaussianNoise", "ShotNoise", "Stripe"],
        "features": ["BatchFeature", "PerImage", "normal", "uniform"],
        "field": ["Field"],
        "loading": ["BatchDataset", "batch_loader", "digit_source"],
        "microscope": ["Camera", "Fluorescence"],
        "transforms": ["RandomCrop", "Standardize"],
        "warps": ["RandomAffine", "RandomElastic"],
    },
)
