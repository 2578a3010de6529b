"""MNIST with DeepTrack and deeplay: verified data, pipelines at batch speed, and networks to learn with."""

import lazy_loader

from mnist_tutorial import compat

compat.limit_threads()  # before NumPy and torch are loaded
compat.silence_import_warnings()  # before deeptrack and deeplay: so each notebook imports this package first
compat.silence_training_warnings()  # also those of a plain deeplay.Trainer

PIPELINE = (
    "BatchDataset Blur Brightness Camera Contrast Erase Field Fluorescence GaussianNoise PerImage RandomAffine "
    "RandomCrop RandomElastic ShotNoise Standardize Stripe batch_loader digit_source normal uniform"
)
# Importing the package loads none of these; the first use of a name does.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"diagrams", "plots", "stats"},
    submod_attrs={
        "course": ["checks", "draw", "guess", "my_digits"],
        "data": ["MNIST", "Split", "load", "prepare", "read_photos"],
        "errors": ["MNISTError"],
        "pipeline": PIPELINE.split(),
        "training": ["checkpoints", "classifier", "evaluate", "models", "predict", "trainer"],
    },
)
__version__ = "0.1.0"
