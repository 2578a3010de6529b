"""Right answers to the exercises, other than ours in the notebooks: what people write, and what the course itself does.

For each check: the name of the idea, and the answer.
"""

import os
from functools import partial
from pathlib import Path

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from right_neuron import RIGHT_NEURON
from scipy import stats
from scipy.special import jn_zeros, softmax
from torch import nn
from wrong_answers import Level, windows

import mnist_tutorial as mt


def _dark_ring(NA, wavelength, pixel):
    return jn_zeros(1, 1)[0] / (2 * np.pi) * wavelength / NA / pixel


class Negative(dt.Feature):
    def get(self, image, **kwargs):
        return 1 - image


def _listed(folder):
    names = [name for name in os.listdir(folder) if name.endswith(".png")]
    return dt.sources.Source(
        path=[os.path.join(folder, name) for name in names], label=[int(name[0]) for name in names]
    )


def _numpy_numbers(folder):
    paths = sorted(Path(folder).iterdir())
    return dt.sources.Source(path=list(map(str, paths)), label=[np.int64(path.name[0]) for path in paths])


def _with_names(folder):
    names = [path.name for path in Path(folder).rglob("*_*.png")]
    labels = np.array([name.partition("_")[0] for name in names]).astype(int)
    return dt.sources.Source(label=labels, path=[Path(folder, name) for name in names], name=names)


class Where(Level):
    def get(self, image, level, **kwargs):
        return np.where(image > 255 * level, 1, 0).astype("float32")


class Loose(Level):
    def get(self, image, **properties):
        return (image > 255 * properties["level"]) * np.float32(1)


def _squares(images):
    return images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)


def _principal(images, components=40):
    flat = images.reshape(len(images), -1) / 255
    flat = flat - flat.mean(axis=0)
    # Not by np.linalg.svd of the images, which once in some hundred draws did not converge (NumPy 2.4).
    return flat @ np.linalg.eigh(flat.T @ flat)[1][:, -components:]


def _watched_dot(shift, scale):
    column = np.arange(-80, 81)
    dot = np.exp(-(column**2 + column[:, None] ** 2) / 8).astype(np.float32)
    moved = mt.RandomAffine(translate=(shift, 0), scale=scale)(dot)
    return (moved.sum(axis=0) * column).sum() / moved.sum()


class Darker(dt.Feature):
    def get(self, images, **kwargs):
        return images * np.random.uniform(0.5, 1, (len(images), 1, 1))


def _dim(images):
    return np.stack([image * np.random.uniform(0.5, 1) for image in images])


def _hands(pixels=2, scale=0.2, angle=0.35, alpha=(0, 60), sigma=6):
    """Warp as notebook 7 does."""
    return mt.RandomAffine(
        scale=(mt.uniform(1 - scale, 1 + scale), mt.uniform(1 - scale, 1 + scale)),
        translate=(mt.uniform(-pixels, pixels), mt.uniform(-pixels, pixels)),
        rotate=mt.uniform(-angle, angle),
        shear=mt.uniform(-angle, angle),
    ) >> mt.RandomElastic(alpha=mt.uniform(*alpha), sigma=sigma)


class Shifted(dt.Feature):
    """A random crop of a padded image: the crop of notebook 5, with the size kept."""

    def get(self, images, **kwargs):
        padded = np.pad(images, [(0, 0), (2, 2), (2, 2)])
        corners = np.random.randint(0, 5, (len(images), 2))
        return np.stack([image[y : y + 28, x : x + 28] for image, (y, x) in zip(padded, corners, strict=True)])


def _counted(inputs, hidden, outputs):
    network = dl.MultiLayerPerceptron(inputs, hidden, outputs).create()
    return sum(parameter.numel() for parameter in network.parameters())


def _products(inputs, hidden, outputs):
    before, after = np.array([inputs, *hidden]), np.array([*hidden, outputs])
    return before @ after + after.sum()


def _each_block(template):
    for block in template.blocks[:-1]:
        block.activation.configure(nn.GELU)
    return template


def _every_relu(template):
    template[..., "activation"].isinstance(nn.ReLU).all.configure(nn.GELU)
    return template


def _sigmoid(limit):
    template = dl.MultiLayerPerceptron(784, [(limit - 10) // 795], 10)
    template[..., "activation#:-1"].configure(nn.Sigmoid)
    return template


def _on_half_the_pixels(limit):
    return dl.Sequential(dl.Layer(nn.AvgPool2d, 2), dl.MultiLayerPerceptron(14 * 14, [(limit - 10) // 207], 10))


def _size_of_torch(pixels, kernel, padding, pool):
    network = nn.Sequential(nn.Conv2d(1, 1, kernel, padding=padding), nn.MaxPool2d(pool))
    return network(torch.zeros(1, 1, pixels, pixels)).shape[-1]


def _size_by_counting(pixels, kernel, padding, pool):
    places = len([start for start in range(-padding, pixels + padding) if start + kernel <= pixels + padding])
    return int(places / pool)


def _largest(build, limit):
    """Return the widest template of at most so many parameters."""
    best = build(1)
    for width in range(2, 100):
        template = build(width)
        if sum(parameter.numel() for parameter in template.new().create().parameters()) > limit:
            break
        best = template
    return best


def _averaging_cnn(width):
    convolutions = dl.ConvolutionalNeuralNetwork(1, [width, 2 * width], 2 * width, out_activation=nn.ReLU)
    convolutions.pooled()  # 28 x 28 -> 14 x 14 -> 7 x 7
    return dl.Sequential(convolutions, dl.Layer(nn.AdaptiveAvgPool2d, 1), dl.MultiLayerPerceptron(2 * width, [], 10))


def _modern_cnn(width):
    return mt.models.cnn(channels=(width, 2 * width, 2 * width))


def _of_torch(logits, temperature):
    return torch.softmax(torch.tensor(logits) / temperature, dim=0).max().item()


def _array_of_one(logits, temperature):
    probabilities = softmax(logits / temperature)
    return probabilities[probabilities == max(probabilities)]


def _counted_pairs(labels, predictions):
    counts = {}
    for pair in zip(labels, predictions, strict=True):
        if pair[0] != pair[1]:
            counts[pair] = counts.get(pair, 0) + 1
    return max(counts, key=counts.get)


def _histogram(labels, predictions):
    wrong = labels != predictions
    counts = np.histogram2d(labels[wrong], predictions[wrong], bins=(range(11), range(11)))[0]
    return [*divmod(int(counts.argmax()), 10)]


def _binomial(disagree):
    worse = next(n for n in range((disagree + 1) // 2, disagree + 1) if stats.binomtest(n, disagree).pvalue < 0.05)
    return 2 * worse - disagree


def _quantile(disagree):
    return disagree - 2 * (int(stats.binom.ppf(0.025, disagree, 0.5)) - 1)


def _by_test(test):
    return lambda a, b: "neither" if test(a, b).pvalue >= 0.05 else "AB"[int(b.mean() > a.mean())]


def _by_interval(a, b):
    variances = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / (len(a) - 1) + variances[1] ** 2 / (len(b) - 1))
    margin = stats.t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    difference = b.mean() - a.mean()
    if abs(difference) <= margin:
        return "neither"
    return "B" if difference > 0 else "A"


def _trained(template, *features, max_lr=1e-2):
    """Return a recipe."""

    def answer(run):
        source = mt.digit_source(run.digits)
        image = dt.Value(source.image)
        for feature in features:
            image = image >> feature()
        dataset = mt.BatchDataset(image >> mt.Standardize() & dt.Value(source.label), source)
        classifier = mt.classifier(template(), max_lr=max_lr)
        trainer = mt.trainer(max_epochs=3, progress=False, callbacks=[run.callback()])
        trainer.fit(classifier, mt.batch_loader(dataset, batch_size=128, shuffle=True))
        return classifier

    return answer


RIGHT = {
    "batch_shape": {
        "try it": lambda numbers: np.zeros((60, 28, 28))[numbers].shape,
        "a list": lambda numbers: [*np.shape(numbers), 28, 28],
        "by type": lambda numbers: (28, 28) if isinstance(numbers, int) else (numbers.size, 28, 28),
    },
    "negative": {
        "a plain function": lambda pixels: pixels >> (lambda image: 1 - image),
        "a feature": lambda pixels: pixels >> Negative(),
        "a value": lambda pixels: dt.Value(1) - pixels,
    },
    "flat_source": {
        "listed": _listed,
        "NumPy numbers": _numpy_numbers,
        "with more fields": _with_names,
    },
    "paper_and_ink": {
        "rounded to 3 places": lambda mean, std: ((np.array([0, 1]) - mean) / std).round(3),
        "torch": lambda mean, std: (torch.tensor([0.0, 1.0], dtype=torch.float64) - mean) / std,
    },
    "threshold": {"where": Where, "properties": Loose},
    "describe": {"means of 4 x 4": _squares, "40 principal components": _principal},
    "landing_point": {
        "a matrix": lambda shift, scale: np.diag([scale, scale]) @ [shift, 0] @ [1, 0],
        "watched": _watched_dot,
        "rounded": lambda shift, scale: round(shift * scale, 2),
    },
    "darker": {
        "a feature": lambda pixels: pixels >> Darker(),
        "one by one": lambda pixels: pixels >> dt.Lambda(lambda: _dim),
        "by name": lambda pixels: pixels >> mt.Brightness(factor=mt.uniform(low=0.5, high=1.0)),
    },
    "warps": {
        "of notebook 7": _hands,
        "shifts by two pixels": lambda: mt.RandomAffine(translate=(mt.uniform(-2, 2), mt.uniform(-2, 2))),
        "crops": Shifted,
        "grey values of 0 to 1": lambda: dt.Lambda(lambda: lambda images: images / 255) >> _hands(1, 0.1, 0.1),
    },
    "count_parameters": {"counted": _counted, "products": _products},
    "gelu": {"each block": _each_block, "every ReLU": _every_relu},
    "small_mlp": {"sigmoid": _sigmoid, "half the pixels": _on_half_the_pixels},
    "feature_map_size": {"torch": _size_of_torch, "counted": _size_by_counting},
    "wide_windows": {
        "tuples": windows(kernel_size=(5, 5), padding=(2, 2)),
        "the class, and same": windows(nn.Conv2d, kernel_size=5, padding="same"),
    },
    "small_cnn": {
        "one number for each map": partial(_largest, _averaging_cnn),
        "that of the course": partial(_largest, _modern_cnn),
    },
    "confidence": {
        "torch": _of_torch,
        "rounded": lambda logits, temperature: round(softmax(logits / temperature).max(), 4),
        "an array of one number": _array_of_one,
    },
    "most_confused": {"a dictionary": _counted_pairs, "a histogram": _histogram},
    "corruption": {
        "turned": lambda strength: mt.RandomAffine(rotate=strength * np.pi / 2),
        "shifted far": lambda strength: mt.RandomAffine(translate=(12 * strength, 0)),
        "DeepTrack's noise": lambda strength: dt.Gaussian(sigma=1.5 * strength),
        "a plain function": lambda strength: lambda image: image + np.random.normal(0, 1.5 * strength, image.shape),
    },
    "error_reduction": {"binomial": _binomial, "quantile": _quantile},
    "verdict": {
        "Welch's interval": _by_interval,
        "Student's": _by_test(stats.ttest_ind),
        "ranks": _by_test(stats.mannwhitneyu),
    },
    "own_recipe": {
        "that of notebook 8": _trained(lambda: dl.MultiLayerPerceptron(784, [64], 10)),
        "cropped": _trained(lambda: mt.models.cnn(channels=(8, 16, 16)), lambda: mt.RandomCrop(24), max_lr=2e-2),
        "linear": _trained(lambda: dl.MultiLayerPerceptron(784, [], 10)),
    },
    "spot_radius": {
        "the zero of a Bessel function": _dark_ring,
        "an array": lambda NA, wavelength, pixel: np.array([0.6098]) * wavelength / NA / pixel,
    },
    "shaky_focus": {
        "on one side": lambda optics: mt.Fluorescence(**optics, defocus=mt.uniform(0, 2e-6)),
        "a function of the batch": lambda optics: mt.Fluorescence(**optics, defocus=lambda: np.random.rand(64) * 2e-6),
    },
    "disagreement": {
        "image by image": lambda restored, seen, image: [
            np.mean((image(one) - other) ** 2) for one, other in zip(restored, seen, strict=True)
        ],
        "torch": lambda restored, seen, image: (
            (torch.from_numpy(image(restored)) - torch.from_numpy(seen)).square().mean(dim=(1, 2))
        ),
    },
}
RIGHT |= RIGHT_NEURON
