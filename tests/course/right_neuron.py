"""Right answers to the exercises of notebook 4; `right_answers` says what they are."""

import numpy as np
import torch
from scipy.special import expit
from torch import nn


def _by_differences(a, y, x):
    z, small = np.log(a / (1 - a)), 1e-4
    above, below = ((expit(z + step * x) - y) ** 2 / 2 for step in (small, -small))
    return (above - below) / (2 * small)


def _by_torch(a, y, x):
    weight = torch.tensor(np.log(a / (1 - a)) / x, dtype=torch.float64, requires_grad=True)
    ((torch.sigmoid(weight * x) - y) ** 2 / 2).backward()
    return weight.grad.item()


def _in_steps(a, y, x):
    loss_with_a = a - y
    a_with_z = a - a**2
    return np.prod([loss_with_a, a_with_z, x])


def _softmax(sums):
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _with_cosh(x, t, W1, b1, W2, b2):
    z = x @ W1 + b1
    error2 = (_softmax(np.tanh(z) @ W2 + b2) - t) / len(x)
    error1 = error2 @ W2.T / np.cosh(z) ** 2
    return [x.T @ error1, error1.sum(axis=0), np.tanh(z).T @ error2, error2.sum(axis=0)]


def _at_the_end(x, t, W1, b1, W2, b2):
    h = np.tanh(x @ W1 + b1)
    error2 = _softmax(h @ W2 + b2) - t
    error1 = np.einsum("nk,hk->nh", error2, W2) * (1 - h) * (1 + h)
    return x.T @ error1 / len(x), error1.mean(0), h.T @ error2 / len(x), error2.mean(0)


def _digit_by_digit(x, t, W1, b1, W2, b2):
    sums = [np.zeros_like(array) for array in (W1, b1, W2, b2)]
    for image, target in zip(x, t, strict=True):
        h = np.tanh(image @ W1 + b1)
        error2 = _softmax((h @ W2 + b2)[None])[0] - target
        error1 = W2 @ error2 * (1 - h**2)
        for total, part in zip(sums, (np.outer(image, error1), error1, np.outer(h, error2), error2), strict=True):
            total += part / len(x)
    return tuple(sums)


def _with_torch(x, t, *arrays):
    parameters = [torch.tensor(array, requires_grad=True) for array in arrays]
    W1, b1, W2, b2 = parameters
    logits = torch.tanh(torch.tensor(x) @ W1 + b1) @ W2 + b2
    nn.functional.cross_entropy(logits, torch.tensor(t)).backward()
    return tuple(parameter.grad.numpy() for parameter in parameters)


def _both(fill):
    return lambda inputs, neurons, outputs: (fill((inputs, neurons)), fill((neurons, outputs)))


RIGHT_NEURON = {
    "squared_error_slope": {
        "expanded": lambda a, y, x: x * (a - y) * (a - a * a),
        "differences": _by_differences,
        "torch": _by_torch,
        "in steps": _in_steps,
    },
    "tanh_gradients": {
        "cosh": _with_cosh,
        "divided at the end": _at_the_end,
        "digit by digit": _digit_by_digit,
        "torch": _with_torch,
    },
    "start": {
        "normal, 0.1": _both(lambda shape: np.random.normal(0, 0.1, shape)),
        "small and uniform": _both(lambda shape: np.random.uniform(-0.05, 0.05, shape)),
        "Glorot": _both(lambda shape: np.random.normal(0, np.sqrt(2 / sum(shape)), shape)),
        "that of torch": lambda *sizes: tuple(
            nn.Linear(*pair).weight.detach().numpy().T for pair in (sizes[:2], sizes[1:])
        ),
        "zeros behind": lambda i, n, o: (np.random.default_rng().normal(0, 0.05, (i, n)), np.zeros((n, o))),
    },
}
