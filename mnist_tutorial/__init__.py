"""MNIST with DeepTrack and deeplay: verified data, pipelines at batch speed, and networks to learn with."""

import warnings

import lazy_loader

from mnist_tutorial.compat import wait_passively

wait_passively()  # read when torch is loaded, so it has to come before

# Both are noise that the import of deeptrack and deeplay makes, and nothing that a user could mend: deeptrack says
# that OpenCV, which is optional, is missing; a dependency of deeplay uses torch.jit.script, which torch has
# deprecated. Filters work only if they are there before the import, which is why `import mnist_tutorial` comes first
# in each notebook.
warnings.filterwarnings("ignore", message="OpenCV")
warnings.filterwarnings("ignore", message=r".*torch\.jit\.script")

# Importing the package loads none of these; the first use of a name does.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"plots", "stats"},
    submod_attrs={
        "course": ["checks"],
        "data": ["MNIST", "Split", "load"],
        "errors": ["MNISTError"],
        "pipeline": [
            "BatchDataset",
            "Blur",
            "Brightness",
            "Contrast",
            "Erase",
            "GaussianNoise",
            "PerImage",
            "RandomAffine",
            "RandomCrop",
            "RandomElastic",
            "ShotNoise",
            "Standardize",
            "Stripe",
            "batch_loader",
            "digit_source",
            "normal",
            "uniform",
        ],
        "training": ["checkpoints", "classifier", "evaluate", "models", "predict", "trainer"],
    },
)
__version__ = "0.1.0"
