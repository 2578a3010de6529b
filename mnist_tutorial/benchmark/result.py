"""A result: the outcome of one run of a recipe, and everything that determined it."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mnist_tutorial.benchmark import code, probabilities, schema
from mnist_tutorial.benchmark.clock import Time
from mnist_tutorial.benchmark.predictions import unpack
from mnist_tutorial.benchmark.splits import SPLITS, true_labels
from mnist_tutorial.data.reference import DIGESTS


@dataclass(frozen=True)
class Result:
    """The outcome of one run of a recipe.

    Attributes
    ----------
    recipe : str
        The name of the recipe.
    docstring : str
        The docstring of the recipe: its source and its claim.
    source, source_sha256 : str
        The text of the recipe, and its SHA-256.
    evaluated_on : {"validation", "test"}
        "validation": trained on 55,000 digits, measured on the 5,000 held out. "test": trained on all 60,000, with
        one look at the 10,000 test digits.
    seed : int
    variant : {"full", "sample"}
        The variant of MNIST.
    digests : dict
        The SHA-256 of MNIST's four arrays.
    parameters : int or None
        The number of trainable parameters; None if the recipe does not train a network.
    epochs : float
        The number of times that each digit was seen.
    clock : str
        What the seconds include.
    wall, cpu_seconds, other_cpu_seconds : float
        Seconds of training, and processor seconds of this process and of all other processes meanwhile.
    warm_up, prediction : float
        Seconds of the warm-up before the training, and of the predictions after it.
    images_per_second : float
        During the training.
    peak_memory_mb : float
    validation_accuracy, test_accuracy : float or None
        From 0 to 1; one of them is None.
    evaluations : list of dict
        Each look at digits that were not trained on: which, how many, when.
    loss_curve : dict
        Lists of ``images`` seen and ``loss``.
    validation_curve : dict
        Lists of ``images`` seen, ``seconds`` of training, and ``accuracy``; empty in a run on the test digits.
    predictions : str
        The predicted digit for each digit evaluated on, packed; see `predicted`.
    devices, nodes : int
    strategy : str
        Lightning's strategy for distributed training; ``"auto"`` on a single device.
    precision : str
        The precision of the training.
    threads : int
        The number of threads of torch; it trains with fewer while other programs are busy.
    machine : dict
        As `machine.machine` describes it, with the commit.
    versions : dict
        The versions of all installed packages.
    started : str
        The time in UTC, as in ISO 8601.
    code : dict
        From the name of each module that decides the predictions to a digest of it, see `code.code_now`; empty in files
        from before December 2026.
    reproductions : list of dict
        Other versions of the code with which the same seed gave the same predictions: their ``code``, when, and at
        which ``commit``.
    probabilities : str
        The probabilities of the predicted and of the true digits, packed; see `log_odds`. Empty in old files.
    calibration : dict or None
        Lists of ``temperature``, ``nll``, ``brier`` and ``ece``, as from `probabilities.calibration_curve`.
    """

    recipe: str
    docstring: str
    source: str
    source_sha256: str
    evaluated_on: Literal[SPLITS]
    seed: schema.Seed
    variant: Literal[tuple(DIGESTS)]
    digests: schema.Texts
    parameters: schema.Count | None
    epochs: schema.Number
    clock: str
    wall: schema.Seconds
    cpu_seconds: schema.Number
    other_cpu_seconds: schema.Number
    warm_up: schema.Number
    prediction: schema.Number
    images_per_second: schema.Number
    peak_memory_mb: schema.Number
    validation_accuracy: schema.Share | None
    test_accuracy: schema.Share | None
    evaluations: list[dict[str, Any]]
    loss_curve: schema.Curve
    validation_curve: schema.Curve
    predictions: str
    devices: schema.Count
    nodes: schema.Count
    strategy: str
    precision: str
    threads: schema.Count
    machine: schema.Machine
    versions: schema.Texts
    started: str
    code: schema.Texts = field(default_factory=dict)
    reproductions: list[dict[str, Any]] = field(default_factory=list)
    probabilities: str = ""
    calibration: schema.Curve | None = None

    @property
    def accuracy(self) -> float | None:
        """The accuracy on the digits it was evaluated on."""
        return self.test_accuracy if self.evaluated_on == "test" else self.validation_accuracy

    @property
    def predicted(self) -> np.ndarray:
        """The predicted digits: ndarray of uint8, shape (N,)."""
        return unpack(self.predictions)

    @property
    def log_odds(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The log-odds of the predicted and of the true digits, two ndarrays of float64, (N,); None in old files."""
        return probabilities.unpack(self.probabilities, self.predicted, self.labels) if self.probabilities else None

    @property
    def labels(self) -> np.ndarray:
        """The true digits: ndarray of uint8, shape (N,)."""
        return true_labels(self.variant, self.evaluated_on)

    @property
    def contended(self) -> bool:
        """Whether other programs used so much of the processor that the seconds do not count."""
        return Time(self.wall, self.cpu_seconds, self.other_cpu_seconds).contended

    @property
    def processes(self) -> int:
        """The number of processes that shared the training."""
        return self.devices * self.nodes

    @property
    def hardware(self) -> tuple[str, ...]:
        """The hardware that the seconds depend on."""
        return tuple(str(self.machine.get(name)) for name in ("processor", "cores", "device", "system"))

    @property
    def codes(self) -> list[dict[str, str]]:
        """The versions of the code that are known to give this result; empty in old files."""
        return [known for known in (self.code, *(entry["code"] for entry in self.reproductions)) if known]

    @property
    def version(self) -> str:
        """A digest of the code that ran; in old files, which do not have it, that of the recipe's text."""
        return code.version(self.code) if self.code else self.source_sha256

    @property
    def changes(self) -> list[str]:
        """What has changed since, module by module; empty if the present code is known to give this result.

        A result with changes is stale.
        """
        if not self.codes:
            return ["files from before December 2026 do not say which code ran"]
        return min((code.changed(known) for known in self.codes), key=len)

    @property
    def name(self) -> str:
        """The name of its file, without the ending; different runs have different names."""
        return name(self.recipe, self.version, self.evaluated_on, self.seed, self.variant, self.processes)


def name(recipe: str, version: str, evaluated_on: str, seed: int, variant: str = "full", processes: int = 1) -> str:
    """Name a run; the same run of the same code always has the same name.

    Examples
    --------
    >>> name("cnn", "3fa9c1d2e4", "test", 0)
    'cnn-3fa9c1d2-test-seed0'
    """
    parts = [recipe, version[:8], *([variant] if variant != "full" else [])]
    parts += [f"{processes}-processes"] if processes > 1 else []
    return "-".join([*parts, evaluated_on, f"seed{seed}"])
