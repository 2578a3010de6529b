"""Right answers to the exercises, other than ours: two for each check, written as differently as people do."""

from collections import Counter
from functools import partial
from pathlib import Path

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from scipy import stats
from scipy.special import expit, jn_zeros, softmax
from sklearn.decomposition import PCA
from torch import nn
from wrong_answers import Level, activations, both, configured, level, perceptron, recipe, windows

import mnist_tutorial as mt


def _numpy_numbers(folder):
    paths = sorted(Path(folder).iterdir())
    return dt.sources.Source(path=list(map(str, paths)), label=[np.int64(path.name[0]) for path in paths])


def _with_names(folder):
    names = [path.name for path in Path(folder).rglob("*_*.png")]
    labels = np.array([name.partition("_")[0] for name in names]).astype(int)
    return dt.sources.Source(label=labels, path=[Path(folder, name) for name in names], name=names)


class Loose(Level):
    def get(self, image, **properties):
        return (image > 255 * properties["level"]) * np.float32(1)


def _by_differences(a, y, x):
    z, small = np.log(a / (1 - a)), 1e-4
    above, below = ((expit(z + step * x) - y) ** 2 / 2 for step in (small, -small))
    return (above - below) / (2 * small)


def _at_the_end(x, t, W1, b1, W2, b2):
    h = np.tanh(x @ W1 + b1)
    error2 = softmax(h @ W2 + b2, axis=1) - t
    error1 = np.einsum("nk,hk->nh", error2, W2) * (1 - h) * (1 + h)
    return [x.T @ error1 / len(x), error1.mean(0), h.T @ error2 / len(x), error2.mean(0)]


def _with_torch(x, t, *arrays):
    W1, b1, W2, b2 = parameters = [torch.tensor(array, requires_grad=True) for array in arrays]
    logits = torch.tanh(torch.tensor(x) @ W1 + b1) @ W2 + b2
    nn.functional.cross_entropy(logits, torch.tensor(t)).backward()
    return tuple(parameter.grad for parameter in parameters)


def _size(template):
    return sum(parameter.numel() for parameter in template.new().create().parameters())


def _size_of_torch(pixels, kernel, padding, pool):
    network = nn.Sequential(nn.Conv2d(1, 1, kernel, padding=padding), nn.MaxPool2d(pool))
    return network(torch.zeros(1, 1, pixels, pixels)).shape[-1]


def _largest(build, limit):
    """Return the widest template of at most so many parameters."""
    return build(next(width for width in range(1, 100) if _size(build(width + 1)) > limit))


def _averaging_cnn(width):
    convolutions = dl.ConvolutionalNeuralNetwork(1, [width, 2 * width], 2 * width, out_activation=nn.ReLU)
    convolutions.pooled()  # 28 x 28 -> 14 x 14 -> 7 x 7
    return dl.Sequential(convolutions, dl.Layer(nn.AdaptiveAvgPool2d, 1), dl.MultiLayerPerceptron(2 * width, [], 10))


def _watched_dot(shift, scale):
    column = np.arange(-80, 81)
    dot = np.exp(-(column**2 + column[:, None] ** 2) / 8).astype(np.float32)
    moved = mt.RandomAffine(translate=(shift, 0), scale=scale)(dot)
    return (moved.sum(axis=0) * column).sum() / moved.sum()


class Darker(dt.Feature):
    def get(self, images, **kwargs):
        return images * np.random.uniform(0.5, 1, (len(images), 1, 1))


def _hands():
    """Warp as notebook 7 does."""
    scale, translate = (mt.uniform(0.8, 1.2), mt.uniform(0.8, 1.2)), (mt.uniform(-2, 2), mt.uniform(-2, 2))
    affine = mt.RandomAffine(scale, translate, rotate=mt.uniform(-0.35, 0.35), shear=mt.uniform(-0.35, 0.35))
    return affine >> mt.RandomElastic(alpha=mt.uniform(0, 60), sigma=6)


class Shifted(dt.Feature):
    """A random crop of a padded image: the crop of notebook 5, with the size kept."""

    def get(self, images, **kwargs):
        padded = np.pad(images, [(0, 0), (2, 2), (2, 2)])
        corners = np.random.randint(0, 5, (len(images), 2))
        return np.stack([image[y : y + 28, x : x + 28] for image, (y, x) in zip(padded, corners, strict=True)])


def _by(test, **settings):
    return lambda a, b: "neither" if test(a, b, **settings).pvalue >= 0.05 else "AB"[int(b.mean() > a.mean())]


RIGHT = {
    "batch_shape": {
        "a source": lambda numbers: dt.sources.Source(image=np.zeros((50, 28, 28)))[numbers]["image"].shape,
        "by type": lambda numbers: [28, 28] if isinstance(numbers, int) else [numbers.size, 28, 28],
    },
    "negative": {
        "a plain function": lambda pixels: pixels >> (lambda image: 1 - image),
        "a value": lambda pixels: dt.Value(1) - pixels,
    },
    "flat_source": {"NumPy numbers": _numpy_numbers, "with more fields": _with_names},
    "paper_and_ink": {
        "rounded to 3 places": lambda mean, std: ((np.array([0, 1]) - mean) / std).round(3),
        "torch": lambda mean, std: (torch.tensor([0.0, 1.0], dtype=torch.float64) - mean) / std,
    },
    "threshold": {
        "where": level(lambda image, level: np.where(image > 255 * level, 1, 0).astype("float32")),
        "properties": Loose,
    },
    "describe": {
        "means of 4 x 4": lambda images: images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49),
        "40 principal components": lambda images: PCA(40).fit_transform(images.reshape(len(images), -1) / 255),
    },
    "squared_error_slope": {
        "differences": _by_differences,
        "torch": lambda a, y, x: nn.Parameter(torch.tensor(a)) * (1 - a) * (a - y) * x,  # requires a gradient
    },
    "tanh_gradients": {"divided at the end": _at_the_end, "torch": _with_torch},
    "start": {
        "that of torch, with its gradient": both(lambda shape: nn.Linear(*shape).weight.T),
        "zeros behind": lambda i, n, o: (np.random.default_rng().normal(0, 0.05, (i, n)), np.zeros((n, o))),
    },
    "count_parameters": {
        "counted": lambda i, h, o: _size(dl.MultiLayerPerceptron(i, h, o)),
        "products": lambda i, h, o: np.add([i, *h], 1) @ [*h, o],
    },
    "gelu": {
        "each block": configured(lambda t: [block.activation.configure(nn.GELU) for block in t.blocks[:-1]]),
        "every ReLU": configured(lambda t: t[..., "activation"].isinstance(nn.ReLU).all.configure(nn.GELU)),
    },
    "small_mlp": {
        "sigmoid": lambda limit: activations("activation#:-1", nn.Sigmoid)(perceptron(limit)),
        "half the pixels": lambda limit: dl.Sequential(
            dl.Layer(nn.AvgPool2d, 2), dl.MultiLayerPerceptron(14 * 14, [(limit - 10) // 207], 10)
        ),
    },
    "feature_map_size": {
        "torch": _size_of_torch,
        "counted": lambda side, kernel, padding, pool: len(range(kernel, side + 2 * padding + 1)) // pool,
    },
    "wide_windows": {
        "tuples": windows(kernel_size=(5, 5), padding=(2, 2)),
        "the class, and same": windows(nn.Conv2d, kernel_size=5, padding="same"),
    },
    "small_cnn": {
        "one number for each map": partial(_largest, _averaging_cnn),
        "that of the course": partial(_largest, lambda width: mt.models.cnn((width, 2 * width, 2 * width))),
    },
    "confidence": {
        "torch": lambda logits, temperature: torch.softmax(torch.tensor(logits) / temperature, dim=0).max().item(),
        "an array of one number": lambda logits, temperature: softmax(logits / temperature)[[logits.argmax()]],
    },
    "most_confused": {
        "counted": lambda true, got: Counter((a, b) for a, b in zip(true, got, strict=True) if a != b).most_common(1)[
            0
        ][0],
        "bins": lambda true, got: [*divmod(np.bincount((10 * true + got)[true != got]).argmax(), 10)],
    },
    "corruption": {
        "turned": lambda strength: mt.RandomAffine(rotate=strength * np.pi / 2),
        "a plain function": lambda strength: lambda image: image + np.random.normal(0, 1.5 * strength, image.shape),
    },
    "landing_point": {
        "a matrix": lambda shift, scale: np.diag([scale, scale]) @ [shift, 0] @ [1, 0],
        "watched": _watched_dot,
    },
    "darker": {
        "a feature": lambda pixels: pixels >> Darker(),
        "a list": lambda pixels: pixels >> (lambda images: np.array([x * np.random.uniform(0.5, 1) for x in images])),
    },
    "warps": {"of notebook 7": _hands, "crops": Shifted},
    "error_reduction": {
        "tried out": lambda n: next(
            k for k in range(n % 2, n + 1, 2) if stats.binomtest((n + k) // 2, n).pvalue < 0.05
        ),
        "quantile": lambda disagree: disagree - 2 * (int(stats.binom.ppf(0.025, disagree, 0.5)) - 1),
    },
    "verdict": {"Welch's test": _by(stats.ttest_ind, equal_var=False), "ranks": _by(stats.mannwhitneyu)},
    "own_recipe": {
        "cropped": recipe(lambda: mt.models.cnn((8, 16, 16)), features=[lambda: mt.RandomCrop(24)], max_lr=2e-2),
        "linear": recipe(lambda: dl.MultiLayerPerceptron(784, [], 10)),
    },
    "spot_radius": {
        "Bessel": lambda NA, wavelength, pixel: jn_zeros(1, 1)[0] / (2 * np.pi) * wavelength / NA / pixel,
        "an array": lambda NA, wavelength, pixel: np.array([0.6098]) * wavelength / NA / pixel,
    },
    "shaky_focus": {
        "on one side": lambda optics: mt.Fluorescence(**optics, defocus=mt.uniform(0, 2e-6)),
        "a function of the batch": lambda optics: mt.Fluorescence(**optics, defocus=lambda: np.random.rand(64) * 2e-6),
    },
    "disagreement": {
        "one by one": lambda x, y, image: [
            ((image(sharp) - seen) ** 2).mean() for sharp, seen in zip(x, y, strict=True)
        ],
        "torch": lambda x, y, image: torch.tensor(image(x) - y).square().mean(dim=(1, 2)),
    },
}
