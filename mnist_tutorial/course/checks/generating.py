"""The exercises of notebook 10."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, returned, same

MANY = 4000  # draws, so that the standard deviation of ten times as many numbers is known to half a percent


def _kl_divergence(mean, log_variance):
    return (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis=1) / 2


@exercise(reference=_kl_divergence)
def kl_divergence(answer: Callable[..., Any]) -> str:
    """Check the KL divergence of normal distributions from the standard normal one.

    The answer takes means and logarithms of variances, each an array (B, D), and returns the divergence of each image,
    (B,), summed over its latents.
    """
    rng = np.random.default_rng()
    mean, log_variance = rng.normal(0, 1, (6, 4)), rng.normal(0, 0.7, (6, 4))
    truth = _kl_divergence(mean, log_variance)
    found = returned(answer(mean.copy(), log_variance.copy()))
    hint = "Write the formula for one latent, and sum over the latents of each image."
    for value, mistake in (
        (2 * truth, "That is twice as much: where is the half?"),
        (truth / 4, "That is the mean over the latents; expected the sum."),
        (truth.sum(), "That is the sum over the whole batch; expected one number for each image: axis=1."),
        ((mean**2 - log_variance - 1).sum(axis=1) / 2, "The variance itself is missing."),
        ((mean**2 + log_variance - 1).sum(axis=1) / 2, "You get the logarithm of the variance, not the variance."),
        (-truth, "A divergence is never below 0: which signs have to change?"),
    ):
        if np.shape(found) == np.shape(value) and np.allclose(np.asarray(found, float), value, rtol=1e-4):
            hint = mistake
    same(found, truth, "for 6 images with 4 latents", hint, tolerance=1e-4 * (1 + np.abs(truth).max()))
    return "never below 0, and 0 for the standard normal distribution only"


@exercise(reference=lambda n, latents, spread: spread * np.random.normal(size=(n, latents)))
def draw_latents(answer: Callable[..., Any]) -> str:
    """Check the draw of latents from a normal distribution around 0.

    The answer takes the number of images, the number of latents and a standard deviation, and returns new random
    numbers at each call, as an array (n, latents).
    """
    rng = np.random.default_rng()
    for spread in (rng.uniform(0.3, 0.7), rng.uniform(1.4, 2)):
        latents = int(rng.integers(8, 13))
        case = f"for {MANY:,} images with {latents} latents and a spread of {spread:.2f}"
        drawn, again = (np.asarray(returned(answer(MANY, latents, spread)), float) for _ in range(2))
        if drawn.shape != (MANY, latents):
            raise Hint(f"{case}, yours has the shape {drawn.shape}; expected {(MANY, latents)}.")
        if np.array_equal(drawn, again):
            raise Hint("two calls give the same numbers; expected new ones at each call.")
        deviations = drawn.std(axis=0)
        hints = {1: "The spread is ignored.", spread**2: "That is its square.", spread**0.5: "That is its root."}
        hint = next((text for value, text in hints.items() if abs(drawn.std() / value - 1) < 0.03), "")
        if max(np.abs(deviations / spread - 1)) > 0.1:
            raise Hint(
                f"{case}, yours have a standard deviation of {drawn.std():.2f}, from {deviations.min():.2f} to "
                f"{deviations.max():.2f} for each latent; expected {spread:.2f} for all. {hint}".strip()
            )
        if max(np.abs(drawn.mean(axis=0))) > 0.1 * spread:
            raise Hint(f"{case}, the mean of yours is {drawn.mean():.2f}; expected 0: multiply instead of adding.")
        if drawn.std(axis=1).min() == 0:
            raise Hint("all latents of an image are the same number; expected a draw for each.")
        if ((drawn / spread) ** 4).mean() < 2.5:  # 3 for a normal distribution, 1.8 for a uniform one
            raise Hint("yours never lie far from 0; expected a normal distribution.")
    return "the smaller the spread, the closer to the middle of the map"


def _nearest(images, others):
    return np.array([((others - image) ** 2).sum(axis=(1, 2)).argmin() for image in images])


@exercise(reference=_nearest)
def nearest(answer: Callable[..., Any]) -> str:
    """Check the search for the most similar of other images.

    The answer takes images (N, H, W) and others (M, H, W), grey values from 0 to 1, and returns for each image the
    index of the one among the others with the smallest sum of squared differences, (N,).
    """
    rng = np.random.default_rng()
    others = draw(1, 30)[1].images / np.float32(255)
    others = others[rng.permutation(len(others))]
    images = np.clip(others[rng.permutation(len(others))[:8]] + rng.normal(0, 0.2, (8, 28, 28)), 0, 1)
    images = images.astype(np.float32)
    truth = _nearest(images, others)
    found = np.asarray(returned(answer(images.copy(), others.copy())))
    distances = ((images[:, None] - others) ** 2).sum(axis=(2, 3))  # (N, M)
    hint = "Subtract, square and sum for each of the others, and look for the smallest."
    if found.shape == distances.shape:
        hint = "These are all distances; expected the index of the smallest for each image."
    elif found.shape == (len(others),):
        hint = "That is one number for each of the others; expected one for each image."
    elif found.shape == truth.shape:
        for value, mistake in (
            (distances.argmax(axis=1), "These are the images that differ most."),
            (distances.min(axis=1), "These are the smallest distances; expected which image has them."),
            (distances.min(axis=1) ** 0.5, "These are the smallest distances; expected which image has them."),
            (((images[:, None] - others).sum(axis=(2, 3))).argmin(axis=1), "Square before you sum: -1 and 1 cancel."),
        ):
            if np.allclose(found.astype(float), value, rtol=1e-4):
                hint = mistake
    same(found, truth, f"for 8 images and {len(others)} others", hint)
    return "which is how you find out whether an image has been copied"
