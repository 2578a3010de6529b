"""DeepTrack at batch speed: sources, datasets, and features that work on whole mini-batches."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["BatchFeature"],
        "camera": ["Camera"],
        "corruptions": ["Blur", "Brightness", "Contrast", "Erase", "GaussianNoise", "ShotNoise", "Stripe"],
        "dataset": ["BatchDataset", "batch_loader"],
        "field": ["Field"],
        "optics": ["Fluorescence"],
        "sampling": ["PerImage", "normal", "uniform"],
        "source": ["digit_source"],
        "transforms": ["RandomCrop", "Standardize"],
        "warps": ["RandomAffine", "RandomElastic"],
    },
)
