"""A result: what one run of a recipe came to, and all that determined it."""

import base64
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.data import Split
from mnist_tutorial.data.reference import COUNTS, listing

HELD_OUT = 5_000 / COUNTS["train"]  # of the training digits, for choices
HELD_OUT_SEED = 0
SPLITS = ("validation", "test")


@dataclass(frozen=True)
class Result:
    """One run of a recipe.

    Attributes
    ----------
    recipe : str
        Name of the recipe.
    docstring : str
        Its docstring: source and claim.
    source, source_sha256 : str
        The text that was run, and its digest.
    evaluated_on : {"validation", "test"}
        Trained on 55,000 digits and measured on the 5,000 held out; or trained on all 60,000, with one look at the
        10,000 test digits.
    seed : int
    variant : {"full", "sample"}
        Of MNIST.
    digests : dict
        SHA-256 of the four arrays of MNIST.
    parameters : int or None
        Trainable numbers of the network; None for what is no network.
    epochs : float
        How often each digit was seen.
    clock : str
        What the seconds cover.
    wall, cpu_seconds, other_cpu_seconds : float
        Seconds of training; processor seconds of this process and of all others meanwhile.
    warm_up, prediction : float
        Seconds of the warm-up before, and of the predictions after the training.
    images_per_second : float
        While training.
    peak_memory_mb : float
    validation_accuracy, test_accuracy : float or None
        On the scale from 0 to 1; the other one is None.
    evaluations : list of dict
        Each look at digits that were not trained on: which, how many, when.
    loss_curve : dict
        Lists of ``images`` seen and ``loss``.
    validation_curve : dict
        Lists of ``images`` seen, ``seconds`` of training, and ``accuracy``; empty in a run for the record.
    predictions : str
        A digit for each digit of the test set, or of those held out; packed, see `predicted`.
    devices, nodes : int
    strategy : str
        Of Lightning's distributed training; ``"auto"`` on a single device.
    precision : str
        Of the training.
    threads : int
    machine : dict
        As `machine.machine` describes it, with the commit.
    versions : dict
        Of all packages that are installed.
    started : str
        In UTC, as in ISO 8601.
    """

    recipe: str
    docstring: str
    source: str
    source_sha256: str
    evaluated_on: str
    seed: int
    variant: str
    digests: dict
    parameters: int | None
    epochs: float
    clock: str
    wall: float
    cpu_seconds: float
    other_cpu_seconds: float
    warm_up: float
    prediction: float
    images_per_second: float
    peak_memory_mb: float
    validation_accuracy: float | None
    test_accuracy: float | None
    evaluations: list
    loss_curve: dict
    validation_curve: dict
    predictions: str
    devices: int
    nodes: int
    strategy: str
    precision: str
    threads: int
    machine: dict
    versions: dict
    started: str

    @property
    def accuracy(self):
        """The accuracy that the run was for."""
        return self.test_accuracy if self.evaluated_on == "test" else self.validation_accuracy

    @property
    def predicted(self):
        """What the network took each digit for: ndarray of uint8, shape (N,)."""
        return unpack(self.predictions)

    @property
    def labels(self):
        """What each digit is: ndarray of uint8, shape (N,)."""
        return true_labels(self.variant, self.evaluated_on)

    @property
    def contended(self):
        """Whether other processes had so much of the processor that the seconds do not count."""
        return Time(self.wall, self.cpu_seconds, self.other_cpu_seconds).contended

    @property
    def processes(self):
        """How many processes shared the training."""
        return self.devices * self.nodes

    @property
    def hardware(self):
        """What the seconds depend on: tuple of str."""
        return tuple(str(self.machine.get(name)) for name in ("processor", "cores", "device", "system"))

    @property
    def name(self):
        """The name of its file, without the ending; no two runs share one."""
        return name(self.recipe, self.source_sha256, self.evaluated_on, self.seed, self.variant, self.processes)


def name(recipe, source_sha256, evaluated_on, seed, variant="full", processes=1):
    """Name a run, so that the same run has the same name.

    Examples
    --------
    >>> name("cnn", "3fa9c1d2e4", "test", 0)
    'cnn-3fa9c1d2-test-seed0'
    """
    parts = [recipe, source_sha256[:8], *([variant] if variant != "full" else [])]
    parts += [f"{processes}-processes"] if processes > 1 else []
    return "-".join([*parts, evaluated_on, f"seed{seed}"])


def split_for(mnist, evaluated_on):
    """Choose the digits to train on, and those to measure on.

    Parameters
    ----------
    mnist : MNIST
    evaluated_on : {"validation", "test"}

    Returns
    -------
    train, other : Split
        For choices always the same 55,000 and 5,000, with the same share of each digit; for the record all 60,000
        and the 10,000 test digits. In the sample in proportion.
    """
    if evaluated_on == "test":
        return mnist.train, mnist.test
    return mnist.train.hold_out(round(HELD_OUT * len(mnist.train)), seed=HELD_OUT_SEED)


@cache
def true_labels(variant, evaluated_on):
    """Look up what each digit is that a run is measured on, without MNIST itself.

    Returns
    -------
    ndarray of uint8, shape (N,)
    """
    if evaluated_on == "test":
        return listing(variant, "test").labels
    labels = listing(variant, "train").labels
    blank = Split(np.zeros((len(labels), 0)), labels.copy(), np.arange(len(labels)))
    return blank.hold_out(round(HELD_OUT * len(labels)), seed=HELD_OUT_SEED)[1].labels


def pack(predictions):
    """Write digits as text: zlib, then base 64.

    Examples
    --------
    >>> unpack(pack([7, 2, 1, 0]))
    array([7, 2, 1, 0], dtype=uint8)
    """
    return base64.b64encode(zlib.compress(np.asarray(predictions, np.uint8).tobytes(), 9)).decode()


def unpack(text):
    """Read what `pack` wrote: ndarray of uint8."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
