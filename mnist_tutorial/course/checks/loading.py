"""The exercises of notebook 1."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deeptrack as dt
import numpy as np
from PIL import Image

from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, returned, same


@exercise(reference=lambda numbers: (*np.shape(numbers), 28, 28))
def batch_shape(answer: Callable[..., Any]) -> str:
    """Check the predicted shape of what a pipeline returns.

    The answer takes the number or the array of numbers that the source is indexed with, and returns a tuple.
    """
    rng = np.random.default_rng()
    source = dt.sources.Source(image=np.zeros((50, 28, 28), np.uint8))
    pipeline = dt.Value(source.image) / 255
    for numbers in (rng.integers(50, size=rng.integers(4, 30)), int(rng.integers(50)), rng.integers(50, size=1)):
        truth = pipeline.update()(source[numbers]).shape
        found = returned(answer(numbers))
        if not isinstance(found, tuple | list):
            raise Hint(f"a shape is a tuple, such as {(28, 28)}; yours is {found!r:.40}.")
        hint = "Look at what the source holds, and at what one number or several numbers pick from it."
        if len(found) == 4:
            hint = "mt.BatchDataset adds the channel axis, not the pipeline."
        elif 784 in found:
            hint = "Dividing leaves the rows and columns as they are."
        elif np.ndim(numbers) == 0:
            hint = "A single number picks a single image, which has no batch axis."
        case = f"for an array of {len(numbers)} numbers" if np.ndim(numbers) else f"for the number {numbers}"
        same(tuple(found), truth, case, hint)
    return "one number gives an image, an array of numbers gives a batch"


@exercise(reference=lambda image: 1 - image)
def negative(answer: Callable[..., Any]) -> str:
    """Check a pipeline that turns a digit into its negative.

    The answer takes a pipeline of images from 0 to 1, and returns a pipeline.
    """
    images = np.random.default_rng().random((6, 28, 28))
    images[:, 0, :2] = 0, 1
    source = dt.sources.Source(image=images)
    pipeline = feature(answer(dt.Value(source.image)))
    for numbers, case in ((np.arange(6), "in a batch"), (3, "in one digit")):
        found = np.asarray(pipeline.update()(source[numbers]))
        paper, ink = (float(found[..., 0, column].flat[0]) for column in (0, 1))
        if (paper, ink) != (1, 0):
            raise Hint(
                f"{case}, paper becomes {paper:g} and ink {ink:g}; expected 1 and 0. The scale goes from 0 to 1."
            )
        same(found, 1 - images[numbers], case, "Paper and ink are right, but the greys between them must flip, too.")
    return "ink is 0 and paper 1, in one digit and in a batch"


def _flat_source(folder):
    paths = sorted(Path(folder).glob("*.png"))
    return dt.sources.Source(path=[str(path) for path in paths], label=np.array([int(path.name[0]) for path in paths]))


@exercise(reference=_flat_source)
def flat_source(answer: Callable[..., Any]) -> str:
    """Check a source of the files in one folder, with labels from their names.

    The answer takes a folder with files such as ``7_000123.png``, and returns a DeepTrack source with the fields
    ``path`` and ``label``.
    """
    rng = np.random.default_rng()
    truth = {
        f"{rng.integers(10)}_{number:06}.png": rng.integers(256, size=(28, 28)) for number in rng.permutation(999)[:12]
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, pixels in truth.items():
            Image.fromarray(pixels.astype(np.uint8)).save(Path(folder, name))
        source = returned(answer(folder))
        if not isinstance(source, dt.sources.Source):
            raise Hint(f"you returned {type(source).__name__}; expected a DeepTrack source, dt.sources.Source(...).")
        items = [source[i] for i in range(len(source))]
    for field in ("path", "label"):
        if items and field not in items[0]:
            raise Hint(f"the items have the fields {', '.join(items[0])}; expected path and label.")
    labels = {Path(str(item["path"])).name: item["label"] for item in items}
    if set(labels) != set(truth):
        raise Hint(f"the folder has {len(truth)} files; your source has {len(set(labels) & set(truth))} of them.")
    for name, label in labels.items():
        if isinstance(label, str):
            raise Hint(f"the label of {name} is the text {label!r}; expected a number, which a loss needs.")
        hint = "The digit comes before the underscore; the rest is the number of the file."
        if isinstance(source, dt.sources.ImageFolder):
            hint = (
                "ImageFolder takes the class from the name of a folder, and there is none here. Make your own Source."
            )
        same(int(label), int(name[0]), f"for {name}", hint)
    return "each file has the label that its name gives"
