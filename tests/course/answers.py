"""Answers to the exercises: right ones, written as differently as people do, and the mistakes that people make.

For each check: the name of the idea, the answer, and RIGHT or the decisive words of the hint. Each check has two right
answers that are not ours, one that is all zeros, and one that ignores its input.
"""

from functools import partial
from pathlib import Path
from statistics import mode

import deeplay as dl
import deeptrack as dt
import numpy as np
import torch
from scipy import stats
from scipy.special import expit, jn_zeros, softmax
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix
from torch import nn

import mnist_tutorial as mt
from mnist_tutorial.course.checks.neuron import backpropagate, relu, relu_slope, tanh, tanh_slope

MNIST = mt.load("sample")
TRAIN = MNIST.train
RIGHT, ZEROS, IGNORES = "✓", "all zeros", "ignores its input"
SHAPE, PAD = (28, 28), ((0, 0), (2, 2), (2, 2))
FOCUS = mt.uniform(-2e-6, 2e-6)
_gradients = partial(backpropagate, tanh, tanh_slope)


def _labelled(folder, label=lambda name: int(name[0]), path=str):
    paths = sorted(Path(folder).glob("*.png"))
    return dt.sources.Source(path=[path(file) for file in paths], label=[label(file.name) for file in paths])


def _made(base, **methods):
    return type(base.__name__, (base,), methods)


def _level(rule):
    """Make a class that answers `threshold` with the right interface."""
    return _made(mt.checks.threshold.reference, get=lambda self, image, level, **others: rule(image, level))


class WithoutKwargs(mt.checks.threshold.reference):
    def get(self, image, level):
        return (image > 255 * level).astype(np.float32)


def _both(fill):
    return lambda inputs, neurons, outputs: (fill((inputs, neurons)), fill((neurons, outputs)))


def _configured(*changes):
    def answer(template):
        for change in changes:
            change(template)
        return template

    return answer


def _activations(selector, activation=nn.GELU):
    return _configured(lambda template: template[..., selector].configure(activation))


def _windows(*arguments, **settings):
    return _configured(lambda t: t[..., "layer"].isinstance(nn.Conv2d).all.configure(*arguments, **settings))


def _border_for_the_first(template):
    template[0].blocks[0].layer.configure(padding=2 * len(template[0].blocks))


def _last(function):
    return dl.Layer(_made(nn.Module, forward=lambda self, logits: function(logits)))


def _silent(limit):
    convolution = dl.Layer(nn.Conv2d, 1, 1, 3, stride=3)  # (B, 1, 28, 28) -> (B, 1, 9, 9)
    hidden = dl.MultiLayerPerceptron(9 * 9, [(limit - 20) // (9 * 9 + 1 + 10)], 10)
    return dl.Sequential(convolution, hidden, _last(lambda logits: 0 * logits))


def _perceptron(limit, inputs=784, **settings):
    return dl.MultiLayerPerceptron(inputs, [(limit - 10) // (inputs + 11)], 10, **settings)


def _sigmoids(limit):
    template = dl.MultiLayerPerceptron(784, [(limit - 1000) // 810] + [8] * 8, 10)
    return _activations("activation#:-1", nn.Sigmoid)(template)


def _peak(counts):
    return np.unravel_index(counts.argmax(), counts.shape)


def _worst_digit(labels, predictions):
    wrong = labels != predictions
    digit = mode(labels[wrong])
    return digit, mode(predictions[wrong & (labels == digit)])


def _mirror(images):
    out = mt.RandomAffine(rotate=mt.uniform(-0.1, 0.1))(np.array(images))
    out[::3] = out[::3, :, ::-1].copy()
    return out


def _upside_down(n, rng):
    return rng.uniform(-0.1, 0.1, n) + np.pi * (rng.random(n) < 0.2)


def _better(a, b, least=0.0):
    return "neither" if abs(b - a) < least else "AB"[int(b > a)]


def _by(test, **settings):
    return lambda a, b: "neither" if test(a, b, **settings).pvalue >= 0.05 else _better(a.mean(), b.mean())


def _recipe(template, warp=lambda x: x, digits=lambda run: run.digits, watched=True, epochs=3, max_lr=1e-2):
    def answer(run):
        source = mt.digit_source(digits(run))
        image = warp(dt.Value(source.image)) >> mt.Standardize()
        dataset = mt.BatchDataset(image & dt.Value(source.label), source)
        classifier = mt.classifier(template(), max_lr=max_lr)
        trainer = mt.trainer(max_epochs=epochs, progress=False, callbacks=[run.callback()] * watched)
        trainer.fit(classifier, mt.batch_loader(dataset, batch_size=128, shuffle=True))
        return classifier

    return answer


def _trained_on(digits, watched=True):
    return _recipe(lambda: mt.models.mlp(hidden=(32,)), digits=digits, watched=watched, epochs=1)


def _focus(defocus, **others):
    return lambda optics: mt.Fluorescence(**optics | others, defocus=defocus)


def _mean_square(differences):
    return (differences**2).mean(axis=(1, 2))


def _with_names(folder):
    names = [path.name for path in Path(folder).rglob("*_*.png")]
    labels = np.array([name.partition("_")[0] for name in names]).astype(int)
    return dt.sources.Source(label=labels, path=[Path(folder, name) for name in names], name=names)


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


def _largest(build):
    return lambda limit: build(next(width for width in range(1, 100) if _size(build(width + 1)) > limit))


def _averaging_cnn(width):
    convolutions = dl.ConvolutionalNeuralNetwork(1, [width, 2 * width], 2 * width, out_activation=nn.ReLU)
    convolutions.pooled()  # 28 x 28 -> 14 x 14 -> 7 x 7
    return dl.Sequential(convolutions, dl.Layer(nn.AdaptiveAvgPool2d, 1), dl.MultiLayerPerceptron(2 * width, [], 10))


def _watched_dot(shift, scale):
    column = np.arange(-80, 81)
    dot = np.exp(-(column**2 + column[:, None] ** 2) / 8).astype(np.float32)
    moved = mt.RandomAffine(translate=(shift, 0), scale=scale)(dot)
    return (moved.sum(axis=0) * column).sum() / moved.sum()


def _darker(self, images, **properties):
    return images * np.random.uniform(0.5, 1, (len(images), 1, 1))


def _hands():
    scale, translate = (mt.uniform(0.8, 1.2), mt.uniform(0.8, 1.2)), (mt.uniform(-2, 2), mt.uniform(-2, 2))
    affine = mt.RandomAffine(scale, translate, rotate=mt.uniform(-0.35, 0.35), shear=mt.uniform(-0.35, 0.35))
    return affine >> mt.RandomElastic(alpha=mt.uniform(0, 60), sigma=6)


ANSWERS = {
    "batch_shape": {
        "a source": (lambda numbers: dt.sources.Source(image=np.zeros((50, 28, 28)))[numbers]["image"].shape, RIGHT),
        "by type": (lambda numbers: [28, 28] if isinstance(numbers, int) else [numbers.size, 28, 28], RIGHT),
        ZEROS: (lambda numbers: (0, 0, 0), "one number or several numbers"),
        IGNORES: (lambda numbers: (3, 28, 28), "one number or several numbers"),
        "always a batch": (lambda numbers: (np.size(numbers), 28, 28), "no batch axis"),
        "length of a number": (lambda numbers: (len(numbers), 28, 28), "of your code"),
        "with channel": (lambda numbers: (*np.shape(numbers), 1, 28, 28), "no axis for channels"),
        "channel last": (lambda numbers: (*np.shape(numbers), 28, 28, 1), "no axis for channels"),
        "always an image": (lambda numbers: (28, 28), "several images"),
        "flat": (lambda numbers: (*np.shape(numbers), 784), "rows and columns"),
        "a number": (lambda numbers: np.size(numbers) * 784, "a shape is a tuple"),
    },
    "negative": {
        "a plain function": (lambda pixels: pixels >> (lambda image: 1 - image), RIGHT),
        "a value": (lambda pixels: dt.Value(1) - pixels, RIGHT),
        ZEROS: (lambda pixels: pixels * 0, "paper becomes 1"),
        IGNORES: (lambda pixels: dt.Value(np.ones(SHAPE)), "Begin with `pixels`"),
        "minus": (lambda pixels: -1 * pixels, "paper becomes 1"),
        "grey values": (lambda pixels: 255 - pixels, "paper becomes 1"),
        "black and white": (lambda pixels: pixels < 0.5, "greys between"),
        "the largest grey value": (lambda pixels: pixels >> (lambda image: image.max() - image), "does not reach it"),
        "in place": (lambda pixels: pixels >> (lambda x: np.subtract(1, x, out=x)), "compute a new one"),
        "a function alone": (lambda pixels: lambda image: 1 - image, "Begin with `pixels`"),
        "an array": (lambda pixels: 1 - np.zeros(SHAPE), "expected a DeepTrack feature"),
    },
    "flat_source": {
        "NumPy numbers": (lambda folder: _labelled(folder, lambda name: np.int64(name[0])), RIGHT),
        "with more fields": (_with_names, RIGHT),
        ZEROS: (lambda folder: _labelled(folder, lambda name: 0), "before the underscore"),
        IGNORES: (lambda folder: dt.sources.Source(path=["7_001000.png"], label=[7]), "0 of them"),
        "ImageFolder": (lambda folder: dt.sources.ImageFolder(str(folder)), "a class of each folder, or file"),
        "names alone": (lambda folder: _labelled(folder, path=lambda file: file.name), "comes its folder"),
        "text": (lambda folder: _labelled(folder, lambda name: name[0]), "expected a number"),
        "number of the file": (lambda folder: _labelled(folder, lambda name: int(name[2:8])), "before the underscore"),
        "a list": (lambda folder: sorted(Path(folder).glob("*.png")), "expected a DeepTrack source"),
    },
    "paper_and_ink": {
        "rounded to 3 places": (lambda mean, std: ((np.array([0, 1]) - mean) / std).round(3), RIGHT),
        "torch": (lambda mean, std: (torch.tensor([0.0, 1.0], dtype=torch.float64) - mean) / std, RIGHT),
        ZEROS: (lambda mean, std: (0, 0), "First subtract"),
        IGNORES: (lambda mean, std: (-0.4242, 2.8215), "First subtract"),
        "grey values": (lambda mean, std: (-mean / std, (255 - mean) / std), "and so is ink"),
        "ink first": (lambda mean, std: ((1 - mean) / std, -mean / std), "swapped"),
        "all grey values": (lambda mean, std: (-255 * mean / std, 255 * (1 - mean) / std), "and so is ink"),
        "times": (lambda mean, std: (-mean * std, (1 - mean) * std), "divide by it"),
        "one number": (lambda mean, std: (1 - mean) / std, "There are two numbers"),
        "rounded": (lambda mean, std: (round(-mean / std, 2), round((1 - mean) / std, 2)), "rounded too much"),
    },
    "threshold": {
        "where": (_level(lambda image, level: np.where(image > 255 * level, 1, 0).astype("float32")), RIGHT),
        "heaviside": (_level(lambda image, level: np.heaviside(image / 255 - level, 0).astype(np.float32)), RIGHT),
        ZEROS: (_level(lambda image, level: np.zeros(image.shape, np.float32)), "scale of the grey values"),
        IGNORES: (_level(lambda image, level: np.tri(*image.shape[-2:]) + 0 * image), "scale of the grey values"),
        "fixed level": (_level(lambda image, level: (image > 127).astype(np.float32)), "use the property"),
        "scale": (_level(lambda image, level: (image > level).astype(np.float32)), "0 to 255"),
        "booleans": (_level(lambda image, level: image > 255 * level), "as float32"),
        "integers": (_level(lambda image, level: np.where(image > 255 * level, 1, 0)), "their type is int64"),
        "inverted": (_level(lambda image, level: (image <= 255 * level).astype(np.float32)), "swapped"),
        "in place": (_level(lambda image, level: np.greater(image, 255 * level, out=image)), "compute a new one"),
        "without **kwargs": (WithoutKwargs, "accept **kwargs"),
        "a feature": (_level(lambda image, level: image)(), "the class itself"),
    },
    "describe": {
        "means of 4 x 4": (lambda images: images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49), RIGHT),
        "40 principal components": (lambda images: PCA(40).fit_transform(images.reshape(len(images), -1) / 255), RIGHT),
        ZEROS: (lambda images: np.zeros((len(images), 50)), "the same numbers"),
        IGNORES: (lambda images: np.random.default_rng(0).random((len(images), 50)), "too little"),
        "too many": (lambda images: images.reshape(len(images), -1), "at most 100"),
        "ink only": (lambda images: images.mean(axis=(1, 2))[:, None], "too little"),
        "columns only": (lambda images: images.mean(axis=1, dtype=float), "both directions"),
        "every third pixel": (lambda images: images[:, ::3, ::3].reshape(len(images), -1), "at most 4 points"),
        "one image": (lambda images: images[0], "expected (4000, D)"),
    },
    "landing_point": {
        "a matrix": (lambda shift, scale: np.diag([scale, scale]) @ [shift, 0] @ [1, 0], RIGHT),
        "watched": (_watched_dot, RIGHT),
        ZEROS: (lambda shift, scale: 0, "Which comes first"),
        IGNORES: (lambda shift, scale: 100.0, "Which comes first"),
        "shift only": (lambda shift, scale: shift, "enlarged as well"),
        "sum": (lambda shift, scale: shift + scale, "does not add pixels"),
        "smaller": (lambda shift, scale: shift / scale, "larger"),
        "a text": (lambda shift, scale: f"{shift * scale:.2f}", "expected"),
    },
    "darker": {
        "a feature": (lambda pixels: pixels >> _made(dt.Feature, get=_darker)(), RIGHT),
        "a list": (lambda pixels: pixels >> (lambda x: np.array([y * np.random.uniform(0.5, 1) for y in x])), RIGHT),
        ZEROS: (lambda pixels: pixels * 0, "all factors are 0"),
        IGNORES: (lambda pixels: dt.Value(np.full((64, *SHAPE), 0.7)), "within one image"),
        "lambda": (lambda pixels: pixels >> mt.Brightness(lambda: np.random.uniform(0.5, 1)), "share one factor"),
        "fixed": (lambda pixels: pixels >> mt.Brightness(0.75), "expected random"),
        "once": (lambda pixels: pixels >> mt.Brightness(np.linspace(0.5, 1, 64)), "second update"),
        "of 256": (lambda pixels: pixels >> mt.Brightness(lambda: np.random.uniform(0.5, 1, 256)), "); expected a"),
        "wide": (lambda pixels: pixels >> mt.Brightness(mt.uniform(0, 1)), "expected 0.5 to 1"),
        "brighter, too": (lambda pixels: pixels >> mt.Brightness(mt.uniform(0.5, 1.5)), "expected 0.5 to 1"),
        "multiplied": (lambda pixels: pixels * mt.uniform(0.5, 1), "give it to mt.Brightness"),
        "without its beginning": (lambda pixels: mt.Brightness(mt.uniform(0.5, 1)), "begin with"),
        "for each pixel": (lambda pixels: pixels >> mt.GaussianNoise(0.2), "within one image"),
    },
    "warps": {
        "of notebook 7": (_hands, RIGHT),
        "crops": (lambda: dt.Lambda(lambda: partial(np.pad, pad_width=PAD)) >> mt.RandomCrop(28), RIGHT),
        ZEROS: (lambda: mt.Brightness(0), "moves ink"),
        IGNORES: (lambda: dt.Value(np.zeros((1_200, *SHAPE), np.float32)), "moves ink"),
        "all the way round": (lambda: mt.RandomAffine(rotate=mt.uniform(-3, 3)), "a 6 upside down"),
        "too far": (lambda: mt.RandomAffine(rotate=mt.uniform(-1.4, 1.4)), "too much"),
        "one in five upside down": (lambda: mt.RandomAffine(rotate=mt.PerImage(_upside_down)), "a 6 upside down"),
        "one in three mirrored": (lambda: _mirror, "are mirrored"),
        "DeepTrack's, for one image": (lambda: dt.Affine(rotate=lambda: np.random.uniform(-0.2, 0.2)), "for a batch"),
        "one angle, small": (lambda: mt.RandomAffine(rotate=lambda: np.random.uniform(-0.02, 0.02)), "a draw for each"),
        "nothing": (lambda: mt.RandomAffine(rotate=mt.uniform(-0.001, 0.001)), "too little"),
        "noise": (lambda: mt.GaussianNoise(0.05), "moves ink"),
        "darker": (lambda: mt.Brightness(mt.uniform(0.4, 0.8)), "moves ink"),
        "lambda": (lambda: mt.RandomAffine(rotate=lambda: 0.15), "eight equal images"),
        "the class": (lambda: mt.RandomAffine, "call the class"),
    },
    "squared_error_slope": {
        "differences": (_by_differences, RIGHT),
        "torch": (lambda a, y, x: nn.Parameter(torch.tensor(a)) * (1 - a) * (a - y) * x, RIGHT),
        ZEROS: (lambda a, y, x: 0.0, "from back to front"),
        IGNORES: (lambda a, y, x: 0.25, "from back to front"),
        "cross-entropy": (lambda a, y, x: (a - y) * x, "slope of cross-entropy"),
        "of the bias": (lambda a, y, x: (a - y) * a * (1 - a), "for the bias"),
        "the sign": (lambda a, y, x: (y - a) * a * (1 - a) * x, "wrong way round"),
        "twice": (lambda a, y, x: 2 * (a - y) * a * (1 - a) * x, "divided by 2"),
        "the loss": (lambda a, y, x: (a - y) ** 2 / 2, "That is the loss"),
        "the square is left": (lambda a, y, x: a * (1 - a) * x, "Differentiate the square"),
        "not differentiated": (lambda a, y, x: (a - y) ** 2 / 2 * a * (1 - a) * x, "Differentiate the square"),
        "one factor": (lambda a, y, x: a - y, "first of three factors"),
        "the sigmoid again": (lambda a, y, x: (a - y) * expit(a) * (1 - expit(a)) * x, "a is the output already"),
        "a string": (lambda a, y, x: "(a - y) * a * (1 - a) * x", "expected"),
    },
    "tanh_gradients": {
        "divided at the end": (_at_the_end, RIGHT),
        "torch": (_with_torch, RIGHT),
        ZEROS: (lambda x, t, *parameters: [0 * p for p in parameters], "all zeros"),
        IGNORES: (lambda x, t, *parameters: parameters, "way back"),
        "nothing changed": (partial(backpropagate, relu, relu_slope), "still ReLU"),
        "forward only": (partial(backpropagate, tanh, relu_slope), "still that of ReLU"),
        "forward only, by h": (partial(backpropagate, tanh, lambda z: np.tanh(z) > 0), "still that of ReLU"),
        "back only": (partial(backpropagate, relu, tanh_slope), "way forward still"),
        "bent twice": (partial(backpropagate, tanh, lambda z: 1 - np.tanh(np.tanh(z)) ** 2), "apply tanh twice"),
        "the slope of h = ReLU": (partial(backpropagate, relu, lambda z: 1 - relu(z) ** 2), "way forward still"),
        "no slope": (partial(backpropagate, tanh, lambda z: 1), "no activation function"),
        "the value": (partial(backpropagate, tanh, tanh), "not its value"),
        "the sigmoid's slope": (partial(backpropagate, tanh, lambda z: tanh(z) * (1 - tanh(z))), "of the sigmoid"),
        "not squared": (partial(backpropagate, tanh, lambda z: 1 - np.tanh(z)), "what is squared"),
        "the square of z": (partial(backpropagate, tanh, lambda z: 1 - z**2), "not of z"),
        "a sum": (lambda x, *others: [len(x) * array for array in _gradients(x, *others)], "divide by their number"),
        "biases divided twice": (lambda x, *t: [g / len(x) ** (g.ndim == 1) for g in _gradients(x, *t)], "The biases"),
        "transposed": (lambda *arrays: [array.T for array in _gradients(*arrays)], "the shapes are"),
        "the first two only": (lambda *arrays: _gradients(*arrays)[:2], "expected four arrays"),
        "nothing returned": (lambda *arrays: None, "returns nothing yet"),
        "in place": (lambda x, t, *others: _gradients(x, np.subtract(t, 0.1, out=t), *others), "compute a new one"),
    },
    "start": {
        "that of torch, with its gradient": (_both(lambda shape: nn.Linear(*shape).weight.T), RIGHT),
        "zeros behind": (lambda i, n, o: (np.random.default_rng().normal(0, 0.05, (i, n)), np.zeros((n, o))), RIGHT),
        ZEROS: (_both(np.zeros), "What gets through"),
        IGNORES: (lambda *sizes: (np.ones((784, 128)), np.ones((128, 10))), "expected (5, 3)"),
        "ones": (_both(np.ones), "ever part"),
        "all 0.1": (_both(lambda shape: np.full(shape, 0.1)), "ever part"),
        "all 0.01": (_both(lambda shape: np.full(shape, 0.01)), "ever part"),
        "zeros in front": (lambda i, n, o: (np.zeros((i, n)), np.random.normal(0, 0.2, (n, o))), "What gets through"),
        "normal": (_both(lambda shape: np.random.normal(size=shape)), "Try smaller ones"),
        "uniform from -1 to 1": (_both(lambda shape: np.random.uniform(-1, 1, shape)), "Try smaller ones"),
        "uniform from 0 to 1": (_both(lambda shape: np.random.uniform(size=shape)), "Let them cancel"),
        "all negative": (_both(lambda shape: -0.01 * np.random.uniform(size=shape)), "below 0"),
        "transposed": (lambda i, n, o: (np.zeros((n, i)), np.zeros((o, n))), "Transpose it"),
        "that of torch, as it is": (_both(lambda shape: nn.Linear(*shape).weight), "Transpose it"),
        "one array": (lambda i, n, o: np.zeros((i, n)), "expected two arrays"),
        "not numbers": (_both(lambda shape: np.full(shape, np.nan)), "not finite"),
    },
    "count_parameters": {
        "counted": (lambda i, h, o: _size(dl.MultiLayerPerceptron(i, h, o)), RIGHT),
        "products": (lambda i, h, o: np.add([i, *h], 1) @ [*h, o], RIGHT),
        ZEROS: (lambda i, h, o: 0, "Draw the layers"),
        IGNORES: (lambda i, h, o: 26_506, "Draw the layers"),
        "no biases": (lambda i, h, o: np.dot([i, *h], [*h, o]), "its bias"),
        "no last layer": (lambda i, h, o: np.dot([i, *h[:-1]], h) + sum(h), "outputs are neurons"),
        "neurons": (lambda i, h, o: i + sum(h) + o, "counted the neurons"),
    },
    "gelu": {
        "each block": (_configured(lambda t: [block.activation.configure(nn.GELU) for block in t.blocks[:-1]]), RIGHT),
        "every ReLU": (_configured(lambda t: t[..., "activation"].isinstance(nn.ReLU).all.configure(nn.GELU)), RIGHT),
        ZEROS: (lambda t: 0, "expected a deeplay template"),
        IGNORES: (lambda t: mt.models.mlp(hidden=(8, 8)), "Change the template"),
        "nothing": (lambda t: t, "Did you configure"),
        "the last one, too": (_activations("activation"), "no longer gives logits"),
        "only the first": (_activations("activation#0"), "match all of them"),
        "a typo": (_activations("activations"), "Did you configure"),
        "created": (lambda t: mt.checks.gelu.reference(t).create(), "expected its template"),
        "created first": (lambda t: t.create(), "expected its template"),
        "layers of torch": (lambda t: nn.Sequential(nn.Linear(784, 10)), "expected a deeplay template"),
        "what configure gives": (lambda t: t[..., "activation#:-1"].configure(nn.GELU), "return the template itself"),
        "a selection": (lambda t: t[..., "activation#:-1"], "return the template itself"),
        "an instance": (_activations("activation#:-1", nn.GELU()), "expected the class, `nn.GELU`"),
        "an instance for one": (_configured(lambda t: t.blocks[0].activation.configure(nn.GELU())), "class, `nn.GELU`"),
        "a classifier": (lambda t: dl.Classifier(mt.checks.gelu.reference(t)), "the network alone"),
        "the class": (lambda t: dl.MultiLayerPerceptron, "call the class"),
    },
    "small_mlp": {
        "sigmoid": (lambda limit: _activations("activation#:-1", nn.Sigmoid)(_perceptron(limit)), RIGHT),
        "half the pixels": (lambda limit: dl.Sequential(dl.Layer(nn.AvgPool2d, 2), _perceptron(limit, 14 * 14)), RIGHT),
        ZEROS: (_silent, "it recognizes"),
        IGNORES: (lambda limit: dl.MultiLayerPerceptron(784, [20], 10), "at least half"),
        "too large": (lambda limit: mt.models.mlp(), "at most"),
        "probabilities": (lambda limit: _perceptron(limit, out_activation=dl.Layer(nn.Softmax, dim=1)), "add up to 1"),
        "ReLU at the end": (lambda limit: _activations("activation", nn.ReLU)(_perceptron(limit)), "last layer, ReLU"),
        "tanh at the end": (lambda limit: _perceptron(limit, out_activation=nn.Tanh), "after its last layer, Tanh"),
        "clipped logits": (lambda limit: dl.Sequential(_perceptron(limit), _last(torch.relu)), "last layer; expected"),
        "a classifier": (lambda limit: dl.Classifier(_perceptron(limit)), "the network alone"),
        "a created classifier": (lambda limit: mt.classifier(_perceptron(limit)), "the network alone"),
        "created": (lambda limit: mt.checks.small_mlp.reference(limit).create(), "expected its template"),
        "many sigmoids": (_sigmoids, "gradient"),
        "one output": (lambda limit: dl.MultiLayerPerceptron(784, [limit // 800], 1), "expected (64, 10)"),
    },
    "feature_map_size": {
        "torch": (lambda n, k, p, s: nn.MaxPool2d(s)(nn.Conv2d(1, 1, k, 1, p)(torch.zeros(1, n, n))).shape[1], RIGHT),
        "counted": (lambda n, k, p, s: len(range(k, n + 2 * p + 1)) // s, RIGHT),
        ZEROS: (lambda n, k, p, s: 0, "In how many places"),
        IGNORES: (lambda n, k, p, s: 14, "expected"),
        "no pooling": (lambda n, k, p, s: n + 2 * p - k + 1, "before pooling"),
        "padding once": (lambda n, k, p, s: (n + p - k + 1) // s, "both sides"),
        "no padding": (lambda n, k, p, s: (n - k + 1) // s, "both sides"),
        "no floor": (lambda n, k, p, s: (n + 2 * p - k + 1) / s, "remainder"),
        "rounded up": (lambda n, k, p, s: -((k - n - 2 * p - 1) // s), "remainder"),
        "no + 1": (lambda n, k, p, s: (n + 2 * p - k) // s, "fits in one place"),
    },
    "wide_windows": {
        "tuples": (_windows(kernel_size=(5, 5), padding=(2, 2)), RIGHT),
        "the class, and same": (_windows(nn.Conv2d, kernel_size=5, padding="same"), RIGHT),
        ZEROS: (lambda t: 0, "expected a deeplay template"),
        IGNORES: (lambda t: mt.models.cnn(), "Change the template"),
        "nothing": (lambda t: t, "Did you configure"),
        "no padding": (_windows(kernel_size=5), "wider border"),
        "the first only": (_configured(lambda t: t[0].blocks[0].layer.configure(kernel_size=5)), "match all of them"),
        "one wide border": (_configured(_windows(kernel_size=5, padding=0), _border_for_the_first), "wider border"),
        "linear layers, too": (_configured(lambda t: t[..., "layer"].configure(kernel_size=5)), "Unknown configurable"),
        "what configure returns": (lambda t: t[..., "layer#0"].configure(kernel_size=5), "return the template itself"),
        "built": (lambda t: mt.checks.wide_windows.reference(t).build(), "expected its template"),
    },
    "small_cnn": {
        "one number for each map": (_largest(_averaging_cnn), RIGHT),
        "that of the course": (_largest(lambda width: mt.models.cnn((width, 2 * width, 2 * width))), RIGHT),
        ZEROS: (_silent, "it recognizes"),
        IGNORES: (lambda limit: mt.models.cnn(channels=(4, 8, 8)), "at least half"),
        "too large": (lambda limit: mt.models.cnn(), "at most"),
        "created": (lambda limit: mt.checks.small_cnn.reference(limit).create(), "expected its template"),
        "a classifier": (lambda limit: dl.Classifier(mt.checks.small_cnn.reference(limit)), "network alone"),
        "a perceptron": (lambda limit: dl.MultiLayerPerceptron(784, [limit // 800], 10), "no convolution"),
    },
    "confidence": {
        "torch": (lambda z, t: torch.softmax(torch.tensor(z) / t, dim=0).max().item(), RIGHT),
        "an array of one number": (lambda z, t: softmax(z / t)[[z.argmax()]], RIGHT),
        ZEROS: (lambda z, t: 0.0, "Divide, then apply softmax"),
        IGNORES: (lambda z, t: 0.07, "Divide, then apply softmax"),
        "no t": (lambda z, t: softmax(z).max(), "at temperature 1"),
        "times": (lambda z, t: softmax(z * t).max(), "must become smaller"),
        "afterwards": (lambda z, t: softmax(z).max() / t, "not the probability"),
        "all ten": (lambda z, t: softmax(z / t), "ten probabilities"),
        "in place": (lambda z, t: softmax(np.divide(z, t, out=z)).max(), "compute a new one"),
    },
    "most_confused": {
        "counted": (lambda true, got: mode(zip(true[true != got], got[true != got], strict=True)), RIGHT),
        "bins": (lambda true, got: [*divmod(np.bincount((10 * true + got)[true != got]).argmax(), 10)], RIGHT),
        ZEROS: (lambda labels, predictions: (0, 0), "leave the diagonal out"),
        IGNORES: (lambda labels, predictions: (4, 9), "expected"),
        "with the diagonal": (lambda *arrays: _peak(confusion_matrix(*arrays)), "leave the diagonal out"),
        "reversed": (lambda *arrays: mt.checks.most_confused.reference(*arrays)[::-1], "true digit comes first"),
        "both ways": (lambda *a: _peak(np.triu(confusion_matrix(*a) + confusion_matrix(*a).T, 1)), "two directions"),
        "each by itself": (lambda true, got: (mode(true[true != got]), mode(got[true != got])), "Count pairs"),
        "the worst digit": (_worst_digit, "Count pairs"),
        "the likeliest wrong answer": (lambda *arrays: _worst_digit(*arrays[::-1])[::-1], "Count pairs"),
    },
    "corruption": {
        "turned": (lambda strength: mt.RandomAffine(rotate=strength * np.pi / 2), RIGHT),
        "a plain function": (lambda s: lambda image: image + np.random.normal(0, 1.5 * s, image.shape), RIGHT),
        ZEROS: (lambda strength: mt.Brightness(0), "something to see"),
        IGNORES: (lambda strength: mt.GaussianNoise(0.5), "at strength 0"),
        "too weak": (lambda strength: mt.GaussianNoise(0.1 * strength), "20 points less"),
        "a number": (lambda strength: strength, "expected a DeepTrack feature"),
        "empty at the end": (lambda strength: mt.Brightness(1 - strength), "something to see"),
        "most of the way round": (lambda strength: mt.RandomAffine(rotate=1.8 * np.pi * strength), "more harm"),
        "for pixels up to 255": (lambda strength: lambda image: image / 255, "from 0 to 1"),
        "for one image": (lambda strength: lambda image: image.T, "at once"),
    },
    "spot_radius": {
        "Bessel": (lambda NA, wavelength, pixel: jn_zeros(1, 1)[0] / (2 * np.pi) * wavelength / NA / pixel, RIGHT),
        "an array": (lambda NA, wavelength, pixel: np.array([0.6098]) * wavelength / NA / pixel, RIGHT),
        ZEROS: (lambda NA, wavelength, pixel: 0.0, "Rayleigh's radius"),
        IGNORES: (lambda NA, wavelength, pixel: 99.0, "Rayleigh's radius"),
        "in metres": (lambda NA, wavelength, pixel: 0.61 * wavelength / NA, "how many pixels"),
        "in micrometres": (lambda NA, wavelength, pixel: 0.61e6 * wavelength / NA, "These are micrometres"),
        "times pixel": (lambda NA, wavelength, pixel: 0.61 * wavelength / NA * pixel, "metres per pixel"),
        "diameter": (lambda NA, wavelength, pixel: 1.22 * wavelength / NA / pixel, "the diameter"),
        "without 0.61": (lambda NA, wavelength, pixel: wavelength / NA / pixel, "a little closer"),
        "times NA": (lambda NA, wavelength, pixel: 0.61 * wavelength * NA / pixel, "makes a smaller spot"),
    },
    "shaky_focus": {
        "on one side": (_focus(mt.uniform(0, 2e-6)), RIGHT),
        "a function of the batch": (_focus(lambda: np.random.rand(64) * 2e-6), RIGHT),
        ZEROS: (lambda optics: mt.Fluorescence(**optics), "in focus"),
        IGNORES: (lambda optics: mt.Fluorescence(resolution=6e-6, magnification=40, NA=0.3), "optics passed on"),
        "one for all": (_focus(5e-7), "a draw for each image"),
        "a lambda": (_focus(lambda: np.random.uniform(2e-7, 2e-6)), "a draw for each image"),
        "in micrometres": (_focus(mt.uniform(-1, 1)), "1e-6"),
        "too little": (_focus(mt.uniform(-1e-6, 1e-6)), "expected 0 to 2"),
        "hardly": (_focus(mt.uniform(0, 1e-12)), "in focus"),
        "a number": (lambda optics: 1e-6, "expected a DeepTrack feature"),
        "too much": (_focus(mt.uniform(-3e-6, 3e-6)), "expected 0 to 2"),
        "the old lens": (lambda optics: mt.Fluorescence(0.7, 600e-9, 40, 6e-6, defocus=FOCUS), "none of them typed"),
        "its own wavelength": (_focus(FOCUS, wavelength=600e-9), "none of them typed"),
        "the same again": (_focus(np.linspace(0, 2e-6, 64)), "expected new ones"),
    },
    "disagreement": {
        "one by one": (lambda x, y, image: [((image(a) - b) ** 2).mean() for a, b in zip(x, y, strict=True)], RIGHT),
        "torch": (lambda x, y, image: torch.tensor(image(x) - y).square().mean(dim=(1, 2)), RIGHT),
        ZEROS: (lambda x, y, image: np.zeros(len(y)), "Image the restored ones"),
        IGNORES: (lambda x, y, image: np.ones(len(y)), "Image the restored ones"),
        "of the batch": (lambda x, y, image: ((image(x) - y) ** 2).mean(), "one for each image"),
        "not imaged": (lambda x, y, image: _mean_square(x - y), "through the microscope first"),
        "a root": (lambda x, y, image: _mean_square(image(x) - y) ** 0.5, "its square root"),
        "a sum": (lambda x, y, image: ((image(x) - y) ** 2).sum((1, 2)), "expected their mean"),
        "in place": (lambda x, y, image: _mean_square(np.subtract(image(x), y, out=y)), "compute a new one"),
    },
    "error_reduction": {
        "tried out": (lambda n: next(k for k in range(n) if stats.binomtest((n + k) // 2, n).pvalue < 0.05), RIGHT),
        "quantile": (lambda disagree: disagree - 2 * (int(stats.binom.ppf(0.025, disagree, 0.5)) - 1), RIGHT),
        ZEROS: (lambda disagree: 0, "yours is 0; expected"),
        IGNORES: (lambda disagree: 14, "expected"),
        "a tenth": (lambda disagree: disagree // 20 * 2, "expected p below 0.05"),
        "one too many": (lambda disagree: mt.checks.error_reduction.reference(disagree) + 1, "error of one of the two"),
        "all": (lambda disagree: disagree, "the smallest number"),
        "of the worse one": (lambda n: (n + mt.checks.error_reduction.reference(n)) // 2, "errors of its own"),
    },
    "verdict": {
        "Welch's test": (_by(stats.ttest_ind, equal_var=False), RIGHT),
        "ranks": (_by(stats.mannwhitneyu), RIGHT),
        ZEROS: (lambda a, b: 0, 'expected "A", "B" or "neither"'),
        IGNORES: (lambda a, b: "neither", "far apart"),
        "believes any difference": (lambda a, b: _better(a.mean(), b.mean()), "less than the seeds"),
        "looks at the best": (lambda a, b: _better(a.max(), b.max(), 9e-4), "One lucky seed"),
        "a fixed gap": (lambda a, b: _better(a.mean(), b.mean(), 2e-3), "far smaller"),
        "ranges part": (lambda a, b: "B" if b.min() > a.max() else "A" if a.min() > b.max() else "neither", "seeds"),
        "in pairs": (lambda a, b: "neither" if stats.ttest_rel(a, b).pvalue > 0.05 else "B", "of your code"),
        "more than both stds": (lambda a, b: _better(a.mean(), b.mean(), a.std(ddof=1) + b.std(ddof=1)), "seeds"),
    },
    "own_recipe": {
        "cropped": (_recipe(lambda: mt.models.cnn((8, 16, 16)), lambda x: x >> mt.RandomCrop(24), max_lr=2e-2), RIGHT),
        "linear": (_recipe(lambda: dl.MultiLayerPerceptron(784, [], 10)), RIGHT),
        ZEROS: (lambda run: _silent(5_000).create(), "run.callback()"),
        IGNORES: (lambda run: mt.models.mlp().create(), "run.callback()"),
        "looks at the test digits": (lambda run: mt.load("full").test, "that it was not given: it called load()"),
        "not watched": (_trained_on(lambda run: run.digits, watched=False), "run.callback()"),
        "returns nothing": (lambda run: None, "returns nothing"),
        "a template": (lambda run: mt.models.mlp(), "you returned a template"),
        "digits of the notebook": (_trained_on(lambda run: MNIST.train), "that it was not given: it used mnist.train"),
        "digits kept in a variable": (_trained_on(lambda run: TRAIN), "Take them from run.digits"),
    },
}
