"""Robustness: the accuracy on digits under twelve corruptions, the same digits for everybody, bit for bit."""

import datetime
import hashlib
import json
import time
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mnist_tutorial import pipeline
from mnist_tutorial.benchmark.code import version
from mnist_tutorial.benchmark.result import Number, Seed, Share
from mnist_tutorial.benchmark.splits import split_for
from mnist_tutorial.data import Split, load
from mnist_tutorial.data.progress import progress_bar
from mnist_tutorial.data.reference import digest
from mnist_tutorial.errors import MNISTError, printable

if TYPE_CHECKING:  # torch and DeepTrack, which a report of what was measured does without
    from mnist_tutorial.benchmark.recipe import Task
    from mnist_tutorial.benchmark.run import Run

_TEXT = (files(__package__) / "corrupted_digests.json").read_text(encoding="utf-8")
SUITE = hashlib.sha256(_TEXT.encode()).hexdigest()  # of the digests of all sets: the edition of the suite
STRENGTHS = 5
BATCH = 250  # digits that a feature takes at a time: the draws depend on it
# Added before rounding down. Halves are frequent, as in the middle between two pixels, and which way they would round
# depends on the last bit. The millionth is more than all errors of float64, and less than distinguishes other values.
HALF = 0.5 + 1e-6


# Seven names are those of Mu and Gilmer, "MNIST-C: a robustness benchmark for computer vision", arXiv:1906.02337, for
# what means the same, but for two: their brightness adds white, and their stripe inverts what is under it. The five
# others are as in Hendrycks and Dietterich, arXiv:1903.12261, and cutout, arXiv:1708.04552. All strengths are ours:
# on the 5,000 held-out digits, `cnn` loses up to 6 points at strength 1, and 24 to 60 at strength 5.
# Each is a feature in `pipeline`, five strengths of it, and its arguments where they are not the strength alone.
CORRUPTIONS = {
    "gaussian_noise": ("GaussianNoise", (0.15, 0.2, 0.23, 0.26, 0.3)),  # standard deviation of grey, 0 to 1
    "shot_noise": ("ShotNoise", (2.5, 1.7, 1.3, 1.1, 0.95)),  # signal-to-noise ratio of white
    "gaussian_blur": ("Blur", (0.8, 1, 1.2, 1.4, 1.6)),  # standard deviation, in pixels
    "contrast": ("Contrast", (0.7, 0.6, 0.5, 0.45, 0.4)),  # distance from the mean grey, as a factor
    "brightness": ("Brightness", (0.55, 0.45, 0.4, 0.35, 0.32)),  # grey value, as a factor
    "erase": ("Erase", (4, 7, 10, 13, 16), lambda x: {"height": x, "width": x}),  # side of a black square, in pixels
    "stripe": ("Stripe", (0.5, 1, 2, 3.5, 5)),  # width of a white bar, in pixels
    "rotate": ("RandomAffine", (15, 22, 30, 37, 45), lambda x: {"rotate": _either(np.radians(x))}),  # in degrees
    "shear": ("RandomAffine", (0.5, 0.75, 1, 1.2, 1.4), lambda x: {"shear": _either(np.arctan(x))}),  # as a slope
    "scale": ("RandomAffine", (0.75, 0.65, 0.6, 0.55, 0.5)),  # size, as a factor
    "translate": ("RandomAffine", (2, 3, 4, 4.5, 5), lambda x: {"translate": (_either(x), _either(x))}),  # in pixels
    "elastic_transform": ("RandomElastic", (25, 40, 50, 60, 70)),  # alpha of `RandomElastic`
}
Curve = Annotated[list[Share], Field(min_length=STRENGTHS, max_length=STRENGTHS)]


class Robustness(BaseModel):
    """The accuracy of one network, from 0 to 1, on clean digits and on corrupted ones, at each strength."""

    KIND: ClassVar[str] = "robustness"  # of its file
    FORMAT: ClassVar[int] = 1
    model_config = ConfigDict(frozen=True)

    recipe: str
    seed: Seed
    evaluated_on: Literal["validation", "test"]
    variant: Literal["full", "sample"]
    suite: Literal[SUITE] = SUITE
    clean: Share
    accuracies: Annotated[dict[Literal[tuple(CORRUPTIONS)], Curve], Field(min_length=len(CORRUPTIONS))]
    precision: str  # of the predictions, as Lightning names it: that of the training
    seconds: Number  # of making and predicting all sets
    code: dict[str, str]
    machine: dict[str, Any]
    started: str

    @property
    def mean(self) -> float:
        """The mean corrupted accuracy: over all corruptions and strengths."""
        return float(np.mean(list(self.accuracies.values())))

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        variant, split = self.variant.replace("full", ""), self.evaluated_on.replace("test", "")
        parts = [self.recipe, version(self.code)[:8], variant, self.KIND, split, f"seed{self.seed}"]
        return "-".join(filter(None, parts))


def corrupted(split: Split, name: str, strength: int) -> Split:
    """Corrupt all test digits, or all held-out digits, of MNIST or its sample: a key of `CORRUPTIONS`, strength 1 to 5.

    The result is the same everywhere, bit for bit. MNISTError if its SHA-256 is not the pinned one, or these
    are other digits.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> corrupted(mt.load("sample").test, "rotate", 3)
    Split(1,000 digits)
    """
    if name not in CORRUPTIONS or strength not in range(1, STRENGTHS + 1):
        raise MNISTError(
            f"there is no corruption {printable(name)} of strength {strength!r}; expected one of "
            f"{', '.join(CORRUPTIONS)}, and a strength from 1 to {STRENGTHS}"
        )
    clean = digest(split.images)
    pinned = {entry["images"]: (digits, entry["corrupted"]) for digits, entry in json.loads(_TEXT).items()}
    if clean not in pinned:
        raise MNISTError(
            f"these images have the SHA-256 {clean[:12]}...; expected all test digits of MNIST, or all digits of "
            "mnist.train.hold_out(len(mnist.train) // 12, seed=0), in official order"
        )
    digits, digests = pinned[clean]
    images = corrupt(split.images, name, strength)
    if (actual := digest(images)) != (expected := digests[name][strength - 1]):
        raise MNISTError(
            f"{name} at strength {strength} of {digits}: SHA-256 {actual[:12]}..., expected {expected[:12]}...; the "
            "features or their random numbers differ from those of the published suite. Install the versions of "
            "requirements.lock, and the package anew"
        )
    return replace(split, images=images)


def corrupt(images: np.ndarray, name: str, strength: int) -> np.ndarray:
    """Corrupt any images, uint8 of shape (N, H, W); `corrupted` also checks the result."""
    import torch

    feature_name, strengths, *arguments = CORRUPTIONS[name]
    make = partial(getattr(pipeline, feature_name), seed=strength, dtype=torch.float64)
    feature = make(**arguments[0](strengths[strength - 1])) if arguments else make(strengths[strength - 1])
    changed = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), BATCH):
        grey = feature.update()(images[start : start + BATCH])
        np.clip(grey, 0, 1, out=grey)
        grey *= 255
        grey += HALF
        changed[start : start + BATCH] = grey  # rounds down
    return changed


def _either(size):
    """Draw one of two directions for each image."""
    return pipeline.PerImage(lambda n, rng: np.where(rng.random(n) < 0.5, -size, size))


def evaluate(run: "Run", network: object, task: "Task", code: dict[str, str]) -> Robustness:
    """Measure a network on clean and on corrupted digits, each set once; the arguments are those of its training."""
    import torch

    from mnist_tutorial.benchmark.machine import machine

    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    _, split = split_for(load(task.variant), task.evaluated_on)
    reduced = run.precision == "bf16-mixed" and isinstance(network, torch.nn.Module)
    if isinstance(network, torch.nn.Module):
        network.to(memory_format=torch.channels_last)  # halves the time of convolutions on a processor
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def accuracy(digits: Split) -> float:
        with torch.autocast(device, torch.bfloat16, enabled=reduced):
            return float(np.mean(run.scores(network, digits).argmax(1) == split.labels))

    clean, strengths = accuracy(split), range(1, STRENGTHS + 1)
    bar = progress_bar("corrupted digits", " corruptions", iterable=CORRUPTIONS)
    accuracies = {name: [accuracy(corrupted(split, name, strength)) for strength in strengths] for name in bar}
    return Robustness(
        recipe=task.recipe.name,
        seed=task.seed,
        evaluated_on=task.evaluated_on,
        variant=task.variant,
        clean=clean,
        accuracies=accuracies,
        precision=run.precision if reduced else "32-true",
        seconds=round(time.perf_counter() - clock, 1),
        code=code,
        machine=machine(),
        started=started.isoformat(timespec="seconds"),
    )
