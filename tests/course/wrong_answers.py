"""Wrong answers to the exercises: what people write, and the hint that they should get.

For each check: the name of the mistake, the answer, and the decisive words of the hint. Each check has an answer that
is all zeros, and one that ignores its input.
"""

from pathlib import Path

import deeplay as dl
import deeptrack as dt
import numpy as np
from torch import nn
from wrong_neuron import WRONG_NEURON

import mnist_tutorial as mt


def _labelled(folder, label):
    paths = sorted(Path(folder).glob("*.png"))
    return dt.sources.Source(path=[str(path) for path in paths], label=[label(path.name) for path in paths])


class Level(dt.Feature):
    """An answer to `threshold` with the right interface; `rule` makes it wrong."""

    rule = staticmethod(lambda image, level: image)

    def __init__(self, level=0.5, **kwargs):
        super().__init__(level=level, **kwargs)

    def get(self, image, level, **kwargs):
        return self.rule(image, level)


def _level(rule):
    return type("Threshold", (Level,), {"rule": staticmethod(rule)})


class WithoutKwargs(dt.Feature):
    def __init__(self, level=0.5):
        super().__init__(level=level)

    def get(self, image, level):
        return (image > 255 * level).astype(np.float32)


class Silence(nn.Module):
    def forward(self, logits):
        return 0 * logits


def _silent(limit):
    """A network with a convolution and the right number of parameters, all of whose outputs are zero."""
    convolution = dl.Layer(nn.Conv2d, 1, 1, 3, stride=3)  # (B, 1, 28, 28) -> (B, 1, 9, 9)
    perceptron = dl.MultiLayerPerceptron(9 * 9, [(limit - 20) // (9 * 9 + 1 + 10)], 10)
    return dl.Sequential(convolution, perceptron, dl.Layer(Silence))


def _gelu(selector):
    def answer(template):
        template[..., selector].configure(nn.GELU)
        return template

    return answer


def _windows(**settings):
    def answer(template):
        template[..., "layer"].isinstance(nn.Conv2d).all.configure(**settings)
        return template

    return answer


def _first_window(template):
    template[0].blocks[0].layer.configure(kernel_size=5, padding=2)
    return template


def _softmax_mlp(limit):
    return dl.MultiLayerPerceptron(784, [(limit - 10) // 795], 10, out_activation=dl.Layer(nn.Softmax, dim=1))


def _sigmoids(limit):
    template = dl.MultiLayerPerceptron(784, [(limit - 1000) // 810] + [8] * 8, 10)
    template[..., "activation#:-1"].configure(nn.Sigmoid)
    return template


def _counts_with_diagonal(labels, predictions):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predictions), 1)
    return np.unravel_index(counts.argmax(), counts.shape)


def _both_ways(labels, predictions):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predictions), 1)
    np.fill_diagonal(counts, 0)
    return np.unravel_index((counts + counts.T).argmax(), counts.shape)


def _softmax(logits):
    return np.exp(logits) / np.exp(logits).sum()


def _untrained(run):
    return mt.models.mlp().create()


def _looks_at_the_test_digits(run):
    return mt.load("full").test


def _unwatched(run):
    source = mt.digit_source(run.digits)
    dataset = mt.BatchDataset(dt.Value(source.image) >> mt.Standardize() & dt.Value(source.label), source)
    classifier = mt.classifier(mt.models.mlp(hidden=(32,)))
    trainer = mt.trainer(max_epochs=1, progress=False)
    trainer.fit(classifier, mt.batch_loader(dataset, batch_size=128, shuffle=True))
    return classifier


SHAPE = (28, 28)
ZEROS, IGNORES = "all zeros", "ignores its input"
WRONG = {
    "batch_shape": {
        ZEROS: (lambda numbers: (0, 0, 0), "one number or several numbers"),
        IGNORES: (lambda numbers: (3, 28, 28), "one number or several numbers"),
        "always a batch": (lambda numbers: (np.size(numbers), 28, 28), "no batch axis"),
        "length of a number": (lambda numbers: (len(numbers), 28, 28), "of your code"),
        "with channel": (lambda numbers: (*np.shape(numbers), 1, 28, 28), "channel axis"),
        "flat": (lambda numbers: (*np.shape(numbers), 784), "rows and columns"),
        "a number": (lambda numbers: np.size(numbers) * 784, "a shape is a tuple"),
    },
    "negative": {
        ZEROS: (lambda pixels: pixels * 0, "expected 1 and 0"),
        IGNORES: (lambda pixels: dt.Value(np.ones(SHAPE)), "expected 1 and 0"),
        "minus": (lambda pixels: -1 * pixels, "from 0 to 1"),
        "grey values": (lambda pixels: 255 - pixels, "from 0 to 1"),
        "black and white": (lambda pixels: pixels < 0.5, "greys between"),
        "an array": (lambda pixels: 1 - np.zeros(SHAPE), "expected a DeepTrack feature"),
    },
    "flat_source": {
        ZEROS: (lambda folder: _labelled(folder, lambda name: 0), "before the underscore"),
        IGNORES: (lambda folder: dt.sources.Source(path=["7_000001.png"], label=[7]), "0 of them"),
        "ImageFolder": (lambda folder: dt.sources.ImageFolder(str(folder)), "ImageFolder"),
        "text": (lambda folder: _labelled(folder, lambda name: name[0]), "expected a number"),
        "number of the file": (lambda folder: _labelled(folder, lambda name: int(name[2:8])), "before the underscore"),
        "a list": (lambda folder: sorted(Path(folder).glob("*.png")), "expected a DeepTrack source"),
    },
    "paper_and_ink": {
        ZEROS: (lambda mean, std: (0, 0), "First subtract"),
        IGNORES: (lambda mean, std: (-0.4242, 2.8215), "First subtract"),
        "grey values": (lambda mean, std: (-mean / std, (255 - mean) / std), "ink is 1"),
        "ink first": (lambda mean, std: ((1 - mean) / std, -mean / std), "swapped"),
        "times": (lambda mean, std: (-mean * std, (1 - mean) * std), "divide by it"),
        "one number": (lambda mean, std: (1 - mean) / std, "expected two"),
    },
    "threshold": {
        ZEROS: (_level(lambda image, level: np.zeros(image.shape, np.float32)), "scale of the grey values"),
        IGNORES: (_level(lambda image, level: np.tri(*image.shape[-2:]) + 0 * image), "scale of the grey values"),
        "fixed level": (_level(lambda image, level: (image > 127).astype(np.float32)), "use the property"),
        "scale": (_level(lambda image, level: (image > level).astype(np.float32)), "0 to 255"),
        "booleans": (_level(lambda image, level: image > 255 * level), "as float32"),
        "integers": (_level(lambda image, level: np.where(image > 255 * level, 1, 0)), "their type is int64"),
        "inverted": (_level(lambda image, level: (image <= 255 * level).astype(np.float32)), "swapped"),
        "without **kwargs": (WithoutKwargs, "accept **kwargs"),
        "a feature": (_level(lambda image, level: image)(), "the class itself"),
    },
    "describe": {
        ZEROS: (lambda images: np.zeros((len(images), 50)), "the same numbers"),
        IGNORES: (lambda images: np.random.default_rng(0).random((len(images), 50)), "too little"),
        "too many": (lambda images: images.reshape(len(images), -1), "at most 100"),
        "ink only": (lambda images: images.mean(axis=(1, 2))[:, None], "too little"),
        "columns only": (lambda images: images.mean(axis=1, dtype=float), "both directions"),
        "every third pixel": (lambda images: images[:, ::3, ::3].reshape(len(images), -1), "at most 4 points"),
        "one image": (lambda images: images[0], "expected (4000, D)"),
    },
    "landing_point": {
        ZEROS: (lambda shift, scale: 0, "Which comes first"),
        IGNORES: (lambda shift, scale: 100.0, "Which comes first"),
        "shift only": (lambda shift, scale: shift, "enlarged as well"),
        "sum": (lambda shift, scale: shift + scale, "does not add pixels"),
        "smaller": (lambda shift, scale: shift / scale, "larger"),
    },
    "darker": {
        ZEROS: (lambda pixels: pixels * 0, "all factors are 0"),
        IGNORES: (lambda pixels: dt.Value(np.full((64, *SHAPE), 0.7)), "within one image"),
        "lambda": (lambda pixels: pixels >> mt.Brightness(lambda: np.random.uniform(0.5, 1)), "share one factor"),
        "fixed": (lambda pixels: pixels >> mt.Brightness(0.75), "expected random"),
        "once": (lambda pixels: pixels >> mt.Brightness(np.linspace(0.5, 1, 64)), "second update"),
        "for the batch of the notebook": (
            lambda pixels: pixels >> mt.Brightness(lambda: np.random.uniform(0.5, 1, 256)),
            "...]); expected a number, an array with one for each of the 64 images",
        ),
        "wide": (lambda pixels: pixels >> mt.Brightness(mt.uniform(0, 1)), "expected 0.5 to 1"),
        "for each pixel": (lambda pixels: pixels >> mt.GaussianNoise(0.2), "within one image"),
    },
    "warps": {
        ZEROS: (lambda: mt.Brightness(0), "moves ink"),
        IGNORES: (lambda: dt.Value(np.zeros((1_200, *SHAPE), np.float32)), "moves ink"),
        "upside down": (lambda: mt.RandomAffine(rotate=mt.uniform(-3, 3)), "too much"),
        "mirrored": (lambda: dt.Lambda(lambda: lambda images: np.asarray(images)[:, :, ::-1]), "too much"),
        "nothing": (lambda: mt.RandomAffine(rotate=mt.uniform(-0.001, 0.001)), "too little"),
        "noise": (lambda: mt.GaussianNoise(0.05), "moves ink"),
        "darker": (lambda: mt.Brightness(mt.uniform(0.4, 0.8)), "moves ink"),
        "lambda": (lambda: mt.RandomAffine(rotate=lambda: 0.15), "eight equal images"),
        "the class": (lambda: mt.RandomAffine, "the class RandomAffine"),
    },
    "count_parameters": {
        ZEROS: (lambda inputs, hidden, outputs: 0, "Draw the layers"),
        IGNORES: (lambda inputs, hidden, outputs: 26_506, "Draw the layers"),
        "no biases": (
            lambda inputs, hidden, outputs: sum(
                a * b for a, b in zip([inputs, *hidden], [*hidden, outputs], strict=True)
            ),
            "its bias",
        ),
        "no last layer": (
            lambda inputs, hidden, outputs: sum(
                (a + 1) * b for a, b in zip([inputs, *hidden[:-1]], hidden, strict=True)
            ),
            "outputs are neurons",
        ),
        "neurons": (lambda inputs, hidden, outputs: inputs + sum(hidden) + outputs, "counted the neurons"),
    },
    "gelu": {
        ZEROS: (lambda template: 0, "expected a deeplay template"),
        IGNORES: (lambda template: mt.models.mlp(hidden=(8, 8)), "Change the template"),
        "nothing": (lambda template: template, "Did you configure"),
        "the last one, too": (_gelu("activation"), "no longer gives logits"),
        "only the first": (_gelu("activation#0"), "match all of them"),
        "a typo": (_gelu("activations"), "Did you configure"),
        "created": (lambda template: mt.checks.gelu.reference(template).create(), "expected its template"),
        "created first": (lambda template: template.create(), "expected its template"),
        "layers of torch": (lambda template: nn.Sequential(nn.Linear(784, 10)), "expected a deeplay template"),
    },
    "small_mlp": {
        ZEROS: (_silent, "it recognizes"),
        IGNORES: (lambda limit: dl.MultiLayerPerceptron(784, [20], 10), "at least half"),
        "too large": (lambda limit: mt.models.mlp(), "at most"),
        "probabilities": (_softmax_mlp, "expected logits"),
        "many sigmoids": (_sigmoids, "gradient"),
        "created": (lambda limit: mt.checks.small_mlp.reference(limit).create(), "expected its template"),
        "one output": (lambda limit: dl.MultiLayerPerceptron(784, [limit // 800], 1), "expected (64, 10)"),
    },
    "feature_map_size": {
        ZEROS: (lambda pixels, kernel, padding, pool: 0, "In how many places"),
        IGNORES: (lambda pixels, kernel, padding, pool: 14, "expected"),
        "no pooling": (lambda pixels, kernel, padding, pool: pixels + 2 * padding - kernel + 1, "before pooling"),
        "padding once": (lambda pixels, kernel, padding, pool: (pixels + padding - kernel + 1) // pool, "both sides"),
        "no floor": (lambda pixels, kernel, padding, pool: (pixels + 2 * padding - kernel + 1) / pool, "remainder"),
        "no + 1": (lambda pixels, kernel, padding, pool: (pixels + 2 * padding - kernel) // pool, "fits in one place"),
    },
    "wide_windows": {
        ZEROS: (lambda template: 0, "expected a deeplay template"),
        IGNORES: (lambda template: mt.models.cnn(), "Change the template"),
        "nothing": (lambda template: template, "Did you configure"),
        "no padding": (_windows(kernel_size=5), "wider border"),
        "the first only": (_first_window, "match all of them"),
        "built": (lambda template: mt.checks.wide_windows.reference(template).build(), "expected its template"),
    },
    "small_cnn": {
        ZEROS: (_silent, "it recognizes"),
        IGNORES: (lambda limit: mt.models.cnn(channels=(4, 8, 8)), "at least half"),
        "too large": (lambda limit: mt.models.cnn(), "at most"),
        "created": (lambda limit: mt.checks.small_cnn.reference(limit).create(), "expected its template"),
        "a perceptron": (lambda limit: dl.MultiLayerPerceptron(784, [limit // 800], 10), "no convolution"),
    },
    "confidence": {
        ZEROS: (lambda logits, temperature: 0.0, "Divide, then apply softmax"),
        IGNORES: (lambda logits, temperature: 0.5, "Divide, then apply softmax"),
        "no temperature": (lambda logits, temperature: _softmax(logits).max(), "at temperature 1"),
        "times": (lambda logits, temperature: _softmax(logits * temperature).max(), "must become smaller"),
        "afterwards": (lambda logits, temperature: _softmax(logits).max() / temperature, "not the probability"),
        "all ten": (lambda logits, temperature: _softmax(logits / temperature), "ten probabilities"),
    },
    "most_confused": {
        ZEROS: (lambda labels, predictions: (0, 0), "leave the diagonal out"),
        IGNORES: (lambda labels, predictions: (4, 9), "expected"),
        "with the diagonal": (_counts_with_diagonal, "leave the diagonal out"),
        "reversed": (lambda *arrays: mt.checks.most_confused.reference(*arrays)[::-1], "true digit comes first"),
        "both ways": (_both_ways, "two directions"),
    },
    "corruption": {
        ZEROS: (lambda strength: mt.Brightness(0), "something to see"),
        IGNORES: (lambda strength: mt.GaussianNoise(0.5), "at strength 0"),
        "too weak": (lambda strength: mt.GaussianNoise(0.1 * strength), "20 points less"),
        "a number": (lambda strength: strength, "expected a DeepTrack feature"),
        "empty at the end": (lambda strength: mt.Brightness(1 - strength), "something to see"),
    },
    "spot_radius": {
        ZEROS: (lambda NA, wavelength, pixel: 0.0, "Rayleigh's radius"),
        IGNORES: (lambda NA, wavelength, pixel: 3.5, "Rayleigh's radius"),
        "in metres": (lambda NA, wavelength, pixel: 0.61 * wavelength / NA, "how many pixels"),
        "times pixel": (lambda NA, wavelength, pixel: 0.61 * wavelength / NA * pixel, "metres per pixel"),
        "diameter": (lambda NA, wavelength, pixel: 1.22 * wavelength / NA / pixel, "the diameter"),
        "without 0.61": (lambda NA, wavelength, pixel: wavelength / NA / pixel, "a little closer"),
        "times NA": (lambda NA, wavelength, pixel: 0.61 * wavelength * NA / pixel, "makes a smaller spot"),
    },
    "shaky_focus": {
        ZEROS: (lambda optics: mt.Fluorescence(**optics), "in focus"),
        IGNORES: (lambda optics: mt.Fluorescence(resolution=6e-6, magnification=40, NA=0.3), "optics passed on"),
        "one for all": (lambda optics: mt.Fluorescence(**optics, defocus=5e-7), "a draw for each image"),
        "a lambda": (
            lambda optics: mt.Fluorescence(**optics, defocus=lambda: np.random.uniform(2e-7, 1e-6)),
            "a draw for each image",
        ),
        "in micrometres": (lambda optics: mt.Fluorescence(**optics, defocus=mt.uniform(-1, 1)), "1e-6"),
        "too little": (lambda optics: mt.Fluorescence(**optics, defocus=mt.uniform(-5e-7, 5e-7)), "expected 0 to 1"),
        "too much": (lambda optics: mt.Fluorescence(**optics, defocus=mt.uniform(-2e-6, 2e-6)), "expected 0 to 1"),
        "the same again": (
            lambda optics: mt.Fluorescence(**optics, defocus=np.linspace(0, 1e-6, 64)),
            "expected new ones",
        ),
        "a number": (lambda optics: 1e-6, "expected a DeepTrack feature"),
    },
    "disagreement": {
        ZEROS: (lambda restored, seen, image: np.zeros(len(seen)), "Image the restored ones"),
        IGNORES: (lambda restored, seen, image: np.ones(len(seen)), "Image the restored ones"),
        "of the batch": (lambda restored, seen, image: ((image(restored) - seen) ** 2).mean(), "one for each image"),
        "not imaged": (
            lambda restored, seen, image: ((restored - seen) ** 2).mean(axis=(1, 2)),
            "through the microscope first",
        ),
        "a root": (
            lambda restored, seen, image: ((image(restored) - seen) ** 2).mean(axis=(1, 2)) ** 0.5,
            "its square root",
        ),
        "a sum": (
            lambda restored, seen, image: ((image(restored) - seen) ** 2).sum(axis=(1, 2)),
            "expected their mean",
        ),
    },
    "kl_divergence": {
        ZEROS: (lambda mean, log_variance: np.zeros(len(mean)), "Write the formula for one latent"),
        IGNORES: (lambda mean, log_variance: np.ones(len(mean)), "Write the formula for one latent"),
        "doubled": (
            lambda mean, log_variance: (mean**2 + np.exp(log_variance) - log_variance - 1).sum(1),
            "where is the half",
        ),
        "a mean": (
            lambda mean, log_variance: (mean**2 + np.exp(log_variance) - log_variance - 1).mean(1) / 2,
            "expected the sum",
        ),
        "of the batch": (
            lambda mean, log_variance: (mean**2 + np.exp(log_variance) - log_variance - 1).sum() / 2,
            "one number for each image",
        ),
        "without the variance": (
            lambda mean, log_variance: (mean**2 - log_variance - 1).sum(1) / 2,
            "variance itself is missing",
        ),
        "takes a variance": (
            lambda mean, log_variance: (mean**2 + log_variance - 1).sum(1) / 2,
            "not the variance",
        ),
        "below zero": (
            lambda mean, log_variance: (1 + log_variance - mean**2 - np.exp(log_variance)).sum(1) / 2,
            "never below 0",
        ),
        "not summed": (
            lambda mean, log_variance: (mean**2 + np.exp(log_variance) - log_variance - 1) / 2,
            "sum over the latents",
        ),
    },
    "draw_latents": {
        ZEROS: (lambda n, latents, spread: np.zeros((n, latents)), "the same numbers"),
        IGNORES: (lambda n, latents, spread: np.random.normal(size=(4000, 10)), "10"),
        "no spread": (lambda n, latents, spread: np.random.normal(size=(n, latents)), "spread is ignored"),
        "a variance": (lambda n, latents, spread: np.random.normal(0, spread**2, (n, latents)), "its square"),
        "a root": (lambda n, latents, spread: np.random.normal(0, spread**0.5, (n, latents)), "its root"),
        "divided": (lambda n, latents, spread: np.random.normal(size=(n, latents)) / spread, "standard deviation"),
        "moved": (lambda n, latents, spread: np.random.normal(spread, spread, (n, latents)), "multiply instead"),
        "uniform": (
            lambda n, latents, spread: np.random.uniform(-1, 1, (n, latents)) * spread * 3**0.5,
            "a normal distribution",
        ),
        "one for all latents": (
            lambda n, latents, spread: np.repeat(np.random.normal(0, spread, (n, 1)), latents, axis=1),
            "a draw for each",
        ),
        "the same again": (
            lambda n, latents, spread: np.random.default_rng(0).normal(0, spread, (n, latents)),
            "new ones",
        ),
        "the other way round": (lambda n, latents, spread: np.random.normal(0, spread, (latents, n)), "the shape"),
    },
    "nearest": {
        ZEROS: (lambda images, others: np.zeros(len(images), int), "look for the smallest"),
        IGNORES: (lambda images, others: np.arange(len(images)), "look for the smallest"),
        "farthest": (
            lambda images, others: [((others - image) ** 2).sum((1, 2)).argmax() for image in images],
            "differ most",
        ),
        "distances": (
            lambda images, others: [((others - image) ** 2).sum((1, 2)).min() for image in images],
            "which image has them",
        ),
        "not squared": (
            lambda images, others: [(image - others).sum((1, 2)).argmin() for image in images],
            "Square before you sum",
        ),
        "all distances": (
            lambda images, others: ((images[:, None] - others) ** 2).sum((2, 3)),
            "These are all distances",
        ),
        "for each of the others": (
            lambda images, others: ((images[:, None] - others) ** 2).sum((2, 3)).argmin(0),
            "one for each image",
        ),
    },
    "error_reduction": {
        ZEROS: (lambda disagree: 0, "yours is 0; expected"),
        IGNORES: (lambda disagree: 14, "expected"),
        "a tenth": (lambda disagree: disagree // 20 * 2 + disagree % 2, "expected p below 0.05"),
        "one too many": (lambda disagree: mt.checks.error_reduction.reference(disagree) + 1, "error of one of the two"),
        "all": (lambda disagree: disagree, "the smallest number"),
        "of the worse one": (
            lambda disagree: (disagree + mt.checks.error_reduction.reference(disagree)) // 2,
            "errors of its own",
        ),
    },
    "verdict": {
        ZEROS: (lambda a, b: 0, 'expected "A", "B" or "neither"'),
        IGNORES: (lambda a, b: "neither", "far apart"),
        "believes any difference": (lambda a, b: "B" if b.mean() > a.mean() else "A", "less than the seeds"),
        "looks at the best": (
            lambda a, b: "neither" if abs(np.ptp([a.max(), b.max()])) < 9e-4 else "AB"[int(b.max() > a.max())],
            "One lucky seed",
        ),
        "a fixed gap": (
            lambda a, b: "neither" if abs(b.mean() - a.mean()) < 2e-3 else "AB"[int(b.mean() > a.mean())],
            "far smaller",
        ),
        "the ranges do not overlap": (
            lambda a, b: "B" if b.min() > a.max() else "A" if a.min() > b.max() else "neither",
            "seeds",
        ),
        "more than the sum of the standard deviations": (
            lambda a, b: (
                "neither"
                if abs(b.mean() - a.mean()) < a.std(ddof=1) + b.std(ddof=1)
                else "AB"[int(b.mean() > a.mean())]
            ),
            "seeds",
        ),
    },
    "own_recipe": {
        ZEROS: (lambda run: _silent(5_000).create(), "run.callback()"),
        IGNORES: (_untrained, "run.callback()"),
        "looks at the test digits": (_looks_at_the_test_digits, "test set"),
        "not watched": (_unwatched, "run.callback()"),
        "returns nothing": (lambda run: None, "returns nothing"),
    },
}
WRONG |= WRONG_NEURON
