"""The exercises of notebook 3."""

import deeptrack as dt
import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, same
from mnist_tutorial.data import load
from mnist_tutorial.pipeline import Brightness, RandomAffine, uniform

KNOWN, ASKED = 4_000, 400
KEEP, MOVE = 0.8, 0.03  # share of labels, and mean change of a pixel


@exercise(reference=lambda shift, scale: shift * scale)
def lands(answer):
    """Check where a dot ends that is shifted and enlarged.

    Parameters
    ----------
    answer : callable
        Takes the shift in pixels and the scale, returns the distance from the middle in pixels.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    # A soft dot, so that its middle is exact, and room for the largest one at the largest distance.
    column = np.arange(-64, 65)
    dot = np.exp(-(column**2 + column[:, None] ** 2) / 18).astype(np.float32)
    for shift, scale in zip(rng.uniform(3, 8, 3).round(1), rng.uniform(1.3, 2.5, 3).round(1), strict=True):
        moved = RandomAffine(translate=(shift, 0), scale=scale)(dot)
        truth = float((moved.sum(axis=0) * column).sum() / moved.sum())
        found = answer(float(shift), float(scale))
        hint = "What is done first, the shift or the scale?"
        if isinstance(found, int | float) and abs(found - shift) < 0.01:
            hint = "It is enlarged as well, about the middle of the image."
        elif isinstance(found, int | float) and abs(found - shift - scale) < 0.01:
            hint = "Scaling does not add pixels; it changes each distance from the middle by the same factor."
        elif isinstance(found, int | float) and abs(found - shift / scale) < 0.01:
            hint = "A scale above 1 makes things larger, distances too."
        same(found, round(truth, 2), f"for a shift of {shift:g} pixels and the scale {scale:g}", hint, tolerance=0.05)
    return "the shift comes first, and is scaled with everything else"


@exercise(reference=lambda image: image >> Brightness(uniform(0.5, 1)))
def darker(answer):
    """Check a pipeline that makes each image of a batch darker by a factor of its own.

    Parameters
    ----------
    answer : callable
        Takes a pipeline, returns a pipeline.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    images = np.random.default_rng().uniform(0.2, 1, (64, 28, 28)).astype(np.float32)
    source = dt.sources.Source(image=images)
    pipeline = feature(answer(dt.Value(source.image)))
    draws = []
    for _ in range(2):
        found = np.asarray(pipeline.update()(source[np.arange(len(images))]))
        if found.shape != images.shape:
            raise Hint(f"a batch of {images.shape} comes out as {found.shape}; expected the same shape.")
        factors = found / images
        if np.ptp(factors, axis=(1, 2)).max() > 1e-3:
            raise Hint("within one image, pixels change by different factors; expected one factor for each image.")
        draws.append(factors[:, 0, 0])
    factors = np.concatenate(draws)
    if np.allclose(factors, 1):
        raise Hint("all images come out as they went in, by a factor of 1.")
    if np.ptp(factors) < 1e-3:
        raise Hint(
            f"all factors are {factors[0]:.3g}; expected random ones. A property that is a number stays what it is."
        )
    if max(np.ptp(draw) for draw in draws) < 1e-3:
        raise Hint(
            f"all 64 images of a batch share one factor, {factors[0]:.3g} and then {factors[-1]:.3g}; expected one for "
            "each. DeepTrack calls a function once per evaluation."
        )
    if factors.min() < 0.499 or factors.max() > 1.001 or np.ptp(factors) < 0.4:
        raise Hint(f"the factors go from {factors.min():.2f} to {factors.max():.2f}; expected 0.5 to 1.")
    if np.allclose(*draws):
        raise Hint("the second update gives the same factors as the first; expected new ones.")
    return f"64 images, 64 factors, from {factors.min():.2f} to {factors.max():.2f}"


@exercise(reference=lambda: RandomAffine(rotate=uniform(-0.2, 0.2), translate=(uniform(-1, 1), uniform(-1, 1))))
def warps(answer):
    """Check an augmentation that changes each image, and not its label.

    Parameters
    ----------
    answer : callable
        Takes nothing, returns a DeepTrack feature.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    made = feature(answer())
    seed = np.random.default_rng().integers(2**31)
    known, asked = load("auto").train.take(KNOWN + ASKED, seed).hold_out(ASKED, seed)
    judge = KNeighborsClassifier(1).fit(known.images.reshape(KNOWN, -1) / 255, known.labels)
    same_digit = np.repeat(asked.images[:1], 8, axis=0)
    warped, eight = (np.asarray(made.update()(images), float) for images in (asked.images, same_digit))
    if warped.shape != asked.images.shape:
        raise Hint(f"images of {asked.images.shape} come out as {warped.shape}; expected the same shape.")
    if warped.max() > 2:
        warped, eight = warped / 255, eight / 255
    moved = np.abs(warped - asked.images / 255).mean()
    keeps = judge.score(warped.reshape(ASKED, -1), asked.labels)
    told = f"{keeps:.0%} keep their label, and a pixel changes by {moved:.3f} on average"
    if keeps < KEEP:
        raise Hint(
            f"{told}; expected {KEEP:.0%} at least. This is too much: look at a row of what it makes, and ask "
            "what you can still read."
        )
    if moved < MOVE:
        raise Hint(f"{told}; expected {MOVE} at least. This is too little to learn from.")
    if np.ptp(eight, axis=0).max() < 0.01:
        raise Hint(
            "the same digit, eight times in a batch, comes out the same eight times; expected a draw for each image."
        )
    return told
