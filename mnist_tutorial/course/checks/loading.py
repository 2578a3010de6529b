"""The exercises of notebook 1."""

import tempfile
from pathlib import Path

import deeptrack as dt
import numpy as np
from PIL import Image

from mnist_tutorial.course.checks.exercise import Answer, Hint, agree, exercise, frozen, refuse, returned, rng, same
from mnist_tutorial.course.checks.helpers import feature


@exercise(reference=lambda numbers: (*np.shape(numbers), 28, 28))
def batch_shape(answer: Answer) -> str:
    """Check the shape of a batch. The answer takes the number or numbers that index a source, and returns a tuple."""
    for numbers in (rng.integers(50, size=rng.integers(4, 30)), int(rng.integers(50)), rng.integers(50, size=1)):
        shape, outer = returned(answer(numbers)), np.shape(numbers)
        refuse(not isinstance(shape, tuple | list), f"a shape is a tuple, such as (28, 28); yours is {shape!r:.40}.")
        channel = "This source has no axis for channels; mt.BatchDataset adds it after the pipeline."
        mistakes = [
            ((np.size(numbers), 28, 28), "A single number picks a single image, which has no batch axis."),
            ((*outer, 1, 28, 28), (*outer, 28, 28, 1), channel),
            ((*outer, 784), "Dividing leaves the rows and columns as they are."),
            ((28, 28), "An array of numbers picks several images, stacked along a further axis."),
        ]
        case = f"for an array of {len(numbers)} numbers" if outer else f"for the number {numbers}"
        hint = "Think of what the source holds, and of what one number or several numbers pick from it."
        same(tuple(shape), (*outer, 28, 28), case, mistakes, hint)
    return "one number gives an image, an array of numbers gives a batch"


@exercise(reference=lambda image: 1 - image)
def negative(answer: Answer) -> str:
    """Check the negative of digits. The answer takes a pipeline of images from 0 to 1, and returns a pipeline."""
    images = rng.uniform(0, 0.9, size=(6, 28, 28))  # faint: one in ten digits of MNIST has no pixel of full ink
    images[0, 0, :2] = 0, 1
    source = dt.sources.Source(image=frozen(images))
    pixels = dt.Value(source.image)
    pipeline = feature(answer(pixels))
    blind = not any(node is pixels for node in pipeline.recurse_dependencies())
    refuse(blind, "your pipeline never gets to see a digit. Begin with `pixels`, and work on that.")
    cases = {"in one digit": 0, "in a faint digit": int(rng.integers(1, 6)), "in a batch": np.arange(6)}
    for case, numbers in cases.items():
        got, chosen = np.asarray(pipeline.update()(source[numbers])), images[numbers]
        mistakes = [(chosen.max() - chosen, "Subtract from full ink, 1, even where a digit does not reach it.")]
        hint = "The scale goes from 0 to 1: paper becomes 1, and full ink 0."
        if case == "in one digit" and agree(got.reshape(-1)[:2], (1, 0)):
            hint = "Paper and ink are right, but the greys between them must flip, too."
        same(got, 1 - chosen, case, mistakes, hint)
    return "ink is 0 and paper 1, in one digit and in a batch"


def _flat_source(folder):
    paths = sorted(Path(folder).glob("*.png"))
    return dt.sources.Source(path=list(map(str, paths)), label=np.array([int(path.name[0]) for path in paths]))


@exercise(reference=_flat_source)
def flat_source(answer: Answer) -> str:
    """Check a source of files such as 7_000123.png. The answer takes a folder, and returns a source of path, label."""
    names = {f"{rng.integers(10)}_{number:06}.png" for number in rng.permutation(999)[:12]}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Image.new("L", (28, 28)).save(Path(folder, name))
        source = returned(answer(folder))
        kind = f"you returned {type(source).__name__}; expected a DeepTrack source, dt.sources.Source(...)."
        refuse(not isinstance(source, dt.sources.Source), kind)
        items = [source[i] for i in range(len(source))]
        fields = [*items[0]] if items else ["path", "label"]
        refuse(not {"path", "label"} <= {*fields}, f"the fields are {', '.join(fields)}; expected path and label.")
        labels = {Path(str(item["path"])).name: item["label"] for item in items}
        found = len(names & {*labels})
        refuse({*labels} != names, f"the folder has {len(names)} files; your source has {found} of them.")
        path = items[0]["path"]
        try:
            dt.LoadImage(source.path)(items[0])
        except Exception as error:
            raise Hint(f"dt.LoadImage cannot open {path!r}. Before the name of a file comes its folder.") from error
    hint = "The digit comes before the underscore; the rest is the number of the file."
    if isinstance(source, dt.sources.ImageFolder):
        hint = "ImageFolder makes a class of each folder, or file, that it finds in yours. Make a Source yourself."
    for name, label in labels.items():
        text = f"the label of {name} is the text {label!r}; expected a number, which a loss needs."
        refuse(isinstance(label, str), text)
        same(int(label), int(name[0]), f"for {name}", hint=hint)
    return "each file has the label that its name gives, and can be loaded"
