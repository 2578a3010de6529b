"""Wrong answers to the exercises of notebook 3; `wrong_answers` says how they are written."""

import numpy as np
from scipy.special import expit, softmax
from torch import nn

ZEROS, IGNORES = "all zeros", "ignores its input"


def _through(bend, slope, mean=True):
    """Backpropagation as in the notebook; `bend` and `slope` of z make it wrong."""

    def answer(x, t, W1, b1, W2, b2):
        z = x @ W1 + b1
        h = bend(z)
        error2 = (softmax(h @ W2 + b2, axis=1) - t) / (len(x) if mean else 1)
        error1 = (error2 @ W2.T) * slope(z)
        return x.T @ error1, error1.sum(0), h.T @ error2, error2.sum(0)

    return answer


def _relu(z):
    return np.maximum(z, 0)


def _tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def _transposed(*arrays):
    W1, b1, W2, b2 = _through(np.tanh, _tanh_slope)(*arrays)
    return W1.T, b1, W2.T, b2


def _mean_of_errors(*arrays):
    W1, b1, W2, b2 = _through(np.tanh, _tanh_slope)(*arrays)
    return W1, b1 / len(arrays[0]), W2, b2 / len(arrays[0])


def _in_place(x, t, W1, b1, W2, b2):
    z = x @ W1 + b1
    t -= softmax(np.tanh(z) @ W2 + b2, axis=1)
    return _through(np.tanh, _tanh_slope)(x, t, W1, b1, W2, b2)


def both(fill):
    return lambda inputs, neurons, outputs: (fill((inputs, neurons)), fill((neurons, outputs)))


WRONG_NEURON = {
    "squared_error_slope": {
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
        ZEROS: (lambda x, t, *parameters: [0 * p for p in parameters], "all zeros"),
        IGNORES: (lambda x, t, *parameters: parameters, "way back"),
        "nothing changed": (_through(_relu, lambda z: z > 0), "still ReLU"),
        "forward only": (_through(np.tanh, lambda z: z > 0), "still that of ReLU"),
        "forward only, by h": (_through(np.tanh, lambda z: np.tanh(z) > 0), "still that of ReLU"),
        "back only": (_through(_relu, _tanh_slope), "way forward still"),
        "bent twice": (_through(np.tanh, lambda z: 1 - np.tanh(np.tanh(z)) ** 2), "apply tanh twice"),
        "the slope of h = ReLU": (_through(_relu, lambda z: 1 - _relu(z) ** 2), "way forward still"),
        "no slope": (_through(np.tanh, lambda z: 1), "no activation function"),
        "the value": (_through(np.tanh, np.tanh), "not its value"),
        "the sigmoid's slope": (_through(np.tanh, lambda z: np.tanh(z) * (1 - np.tanh(z))), "slope of the sigmoid"),
        "not squared": (_through(np.tanh, lambda z: 1 - np.tanh(z)), "what is squared"),
        "the square of z": (_through(np.tanh, lambda z: 1 - z**2), "not of z"),
        "a sum": (_through(np.tanh, _tanh_slope, mean=False), "divide by their number"),
        "biases divided twice": (_mean_of_errors, "The biases"),
        "transposed": (_transposed, "the shapes are"),
        "the first two only": (lambda *arrays: _through(np.tanh, _tanh_slope)(*arrays)[:2], "expected four arrays"),
        "nothing returned": (lambda *arrays: None, "returns nothing yet"),
        "in place": (_in_place, "compute a new one"),
    },
    "start": {
        ZEROS: (both(np.zeros), "What gets through"),
        IGNORES: (lambda *sizes: (np.ones((784, 128)), np.ones((128, 10))), "expected (5, 3)"),
        "ones": (both(np.ones), "ever part"),
        "all 0.1": (both(lambda shape: np.full(shape, 0.1)), "ever part"),
        "all 0.01": (both(lambda shape: np.full(shape, 0.01)), "ever part"),
        "zeros in front": (lambda i, n, o: (np.zeros((i, n)), np.random.normal(0, 0.2, (n, o))), "What gets through"),
        "normal": (both(lambda shape: np.random.normal(size=shape)), "Try smaller ones"),
        "uniform from -1 to 1": (both(lambda shape: np.random.uniform(-1, 1, shape)), "Try smaller ones"),
        "uniform from 0 to 1": (both(lambda shape: np.random.uniform(size=shape)), "Let them cancel"),
        "all negative": (both(lambda shape: -0.01 * np.random.uniform(size=shape)), "below 0"),
        "transposed": (lambda i, n, o: (np.zeros((n, i)), np.zeros((o, n))), "expected (5, 3). Transpose it"),
        "that of torch, as it is": (both(lambda shape: nn.Linear(*shape).weight), "Transpose it"),
        "one array": (lambda i, n, o: np.zeros((i, n)), "expected two arrays"),
        "not numbers": (both(lambda shape: np.full(shape, np.nan)), "not finite"),
    },
}
