"""Baselines from scikit-learn, without a network."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.data import Split


def nearest_neighbours(run):
    """Vote among the three nearest training digits.

    Source: the Euclidean 3-nearest-neighbours classifier of LeCun et al. 1998, 5.0 % errors there without deskewing on
    pixels of their own scale; weights by distance. It has no random numbers. Claim: 97 %.
    """
    model = KNeighborsClassifier(n_neighbors=3, weights="distance", algorithm="brute")
    run.predict = log_probabilities
    return model.fit(flat(run.digits), run.digits.labels)


def logistic_regression(run):
    """Fit a logistic regression.

    Source: scikit-learn's LogisticRegression, with its own settings but for a hundred iterations. It has no random
    numbers. Claim: 92.5 %.
    """
    model = LogisticRegression(max_iter=100, tol=1e-3)
    run.predict = log_probabilities
    return model.fit(flat(run.digits), run.digits.labels)


def log_probabilities(model: ClassifierMixin, split: Split) -> np.ndarray:
    """Predict the logarithm of the probability of each class, which is at least a millionth: (N, 10)."""
    return np.log(model.predict_proba(flat(split)).clip(1e-6))


def flat(split: Split) -> np.ndarray:
    """Flatten each image: float32 (N, 784), from 0 to 1."""
    return split.images.reshape(len(split), -1).astype("float32") / 255
