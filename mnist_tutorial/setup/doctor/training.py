"""Checks of torch: its build, its precision, and a training."""

import shutil
from pathlib import Path

from mnist_tutorial.setup.doctor.finding import Finding

EPOCHS = 10
LEARNT = 0.5  # accuracy; guessing gives 0.1


def torch_build() -> Finding:
    """Check that torch is built for the driver that is here."""
    import torch

    found = f"torch {torch.__version__}"
    # In WSL, the driver is that of Windows.
    places = ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1")
    driver = any(Path(place).exists() for place in places) or shutil.which("nvidia-smi")
    if torch.cuda.is_available():
        return Finding("ok", f"{found}, GPU: {torch.cuda.get_device_name()}")
    if driver and not torch.version.cuda:
        return Finding("warning", f"{found} cannot use the NVIDIA GPU", "install a build with CUDA to train on it")
    if driver:
        return Finding("warning", f"{found} does not find the GPU", f"it needs a driver for CUDA {torch.version.cuda}")
    if torch.version.cuda:
        advice = "it works, but the CPU build is far smaller (in a clone: make setup TORCH_BACKEND=cpu)"
        return Finding("warning", f"{found} is built for CUDA, and there is no NVIDIA driver", advice)
    return Finding("ok", found)


def precision() -> Finding:
    """Say in which precision networks train here."""
    from mnist_tutorial.device import describe, has_bfloat16

    slower = "" if has_bfloat16() else ": no bfloat16 in hardware, so training takes longer than on our machines"
    return Finding("ok", describe() + slower)


def training() -> Finding:
    """Train a small network on the digits that are installed, for about a second, and check that it learns."""
    import deeptrack as dt
    from lightning import seed_everything

    from mnist_tutorial import training as ours
    from mnist_tutorial.benchmark.clock import timed
    from mnist_tutorial.data import load
    from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source

    seed_everything(0, verbose=False)
    mnist = load("sample")
    source = digit_source(mnist.train)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)

    def train(epochs):
        classifier = ours.classifier(ours.models.mlp(hidden=(128,)))
        trainer = ours.trainer(max_epochs=epochs, progress=False)
        trainer.fit(classifier, batch_loader(dataset, batch_size=256, shuffle=True))
        return classifier

    train(1)  # the first training loads what the others have
    classifier, spent = timed(lambda: train(EPOCHS))
    accuracy = ours.evaluate(classifier, mnist.test)
    found = f"{EPOCHS * len(mnist.train) / spent.wall:,.0f} digits a second, {accuracy:.0%} of new ones right"
    if accuracy < LEARNT:
        return Finding("problem", found, "the network does not learn: set the course up anew")
    return Finding("ok", found)
