"""The exercises of notebook 7."""

from collections.abc import Callable
from typing import Any

import deeptrack as dt
import numpy as np

from mnist_tutorial.course.checks.digits import NearestNeighbour, centred, draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, frozen, same
from mnist_tutorial.pipeline import Brightness, RandomAffine, uniform

KNOWN, HELD_OUT = 3_600, 400  # together, the digits of the sample
DRAWS = 3  # of warps for each digit
KEPT, CHANGE = 0.75, 0.03  # share of labels, and mean change of a pixel
TOLERANCE = 0.03  # of the share. Over 40 draws, notebook 7's own warps kept 0.77 to 0.82: none of them must be refused
FARTHEST = np.pi / 2  # a digit that is turned by more than this is another one, or none


@exercise(reference=lambda shift, scale: shift * scale)
def landing_point(answer: Callable[..., Any]) -> str:
    """Check where a dot lands after a shift and a scaling.

    The answer takes the shift in pixels and the scale, and returns the distance from the middle in pixels.
    """
    rng = np.random.default_rng()
    # A soft dot, so that its middle is exact, with room for the largest one at the largest distance.
    column = np.arange(-64, 65)
    dot = np.exp(-(column**2 + column[:, None] ** 2) / 18).astype(np.float32)
    for shift, scale in zip(rng.uniform(3, 8, 3).round(1), rng.uniform(1.3, 2.5, 3).round(1), strict=True):
        moved = RandomAffine(translate=(shift, 0), scale=scale)(dot)
        truth = round(float((moved.sum(axis=0) * column).sum() / moved.sum()), 2)
        mistakes = [
            (shift, "The image is enlarged as well, about its middle."),
            (shift + scale, "Scaling does not add pixels; it multiplies each distance from the middle."),
            (shift / scale, "A scale above 1 makes things larger, distances too."),
        ]
        case = f"for a shift of {shift:g} pixels and a scale of {scale:g}"
        hint = "Which comes first, the shift or the scaling?"
        same(answer(float(shift), float(scale)), truth, case, mistakes, hint, rtol=5e-3)
    return "the shift comes first, and is scaled with everything else"


@exercise(reference=lambda image: image >> Brightness(uniform(0.5, 1)))
def darker(answer: Callable[..., Any]) -> str:
    """Check a pipeline that darkens each image of a batch by its own factor.

    The answer takes a pipeline, and returns a pipeline.
    """
    # Dark enough for factors up to 2: `Brightness` cuts off at 1.
    images = np.random.default_rng().uniform(0.1, 0.5, (64, 28, 28)).astype(np.float32)
    source = dt.sources.Source(image=images)
    try:
        pipeline = feature(answer(dt.Value(source.image)))
        batch = source[np.arange(len(images))]
        draws = [np.asarray(pipeline.update()(batch)) for _ in range(4)]  # two alone may agree by chance
    except (TypeError, AttributeError) as error:
        if "PerImage" in str(error):
            raise Hint("a draw for each image is a property, and no number: give it to mt.Brightness.") from error
        if "SourceItem" in str(error):
            raise Hint("the pipeline does not begin with `pixels`, so it gets no image: pixels >> ...") from error
        raise
    if draws[0].shape != images.shape:
        raise Hint(f"a batch of {images.shape} comes out as {draws[0].shape}; expected the same shape.")
    if max(np.ptp(found / images, axis=(1, 2)).max() for found in draws) > 1e-3:
        raise Hint("within one image, pixels change by different factors; expected one factor per image.")
    draws = [(found / images)[:, 0, 0] for found in draws]
    factors = np.concatenate(draws)
    if np.allclose(factors, 1):
        raise Hint("all images come out unchanged, with a factor of 1.")
    if np.ptp(factors) < 1e-3:
        raise Hint(f"all factors are {factors[0]:.3g}; expected random ones. A number as a property never changes.")
    if max(np.ptp(batch) for batch in draws) < 1e-3:
        raise Hint(
            f"all 64 images of a batch share one factor, {factors[0]:.3g} and then {factors[-1]:.3g}; expected one "
            "factor per image. DeepTrack calls a function once per evaluation."
        )
    if factors.min() < 0.499 or factors.max() > 1.001 or np.ptp(factors) < 0.4:
        raise Hint(f"the factors range from {factors.min():.2f} to {factors.max():.2f}; expected 0.5 to 1.")
    if np.allclose(draws[0], draws[1]):
        raise Hint("the second update gives the same factors as the first; expected new ones.")
    return f"64 images, 64 factors, from {factors.min():.2f} to {factors.max():.2f}"


@exercise(reference=lambda: RandomAffine(rotate=uniform(-0.2, 0.2), translate=(uniform(-1, 1), uniform(-1, 1))))
def warps(answer: Callable[..., Any]) -> str:
    """Check an augmentation that changes each image, but not its label.

    The answer takes nothing, and returns a DeepTrack feature.
    """
    augmentation = feature(answer())
    known, held_out = draw(KNOWN, HELD_OUT)
    digits, labels = np.repeat(held_out.images, DRAWS, axis=0), np.repeat(held_out.labels, DRAWS)
    warped = _warped(augmentation, digits)
    if warped.shape != digits.shape:
        raise Hint(f"images of {digits.shape} come out as {warped.shape}; expected the same shape.")
    inked = _warped(augmentation, np.full((8, 28, 28), 255, np.uint8))
    if np.abs(inked[:, 12:16, 12:16] - 1).max() > 0.02:
        raise Hint(
            "a sheet full of ink gets other grey values; expected a warp, which moves ink and leaves it as it is."
        )
    alone = np.zeros((28, 28, 28), np.uint8)
    alone[14] = digits[0]
    elsewhere = _warped(augmentation, alone).sum(axis=(1, 2))
    if elsewhere[[12, 13, 15, 16]].any():
        raise Hint(
            "the ink of one image turns up in another. `dt.Affine` takes a batch (B, 28, 28) for one image with 28 "
            "channels; mt.RandomAffine has the same properties, for a batch."
        )
    if np.ptp(_warped(augmentation, np.repeat(digits[:1], 8, axis=0)), axis=0).max() < 1e-6:
        raise Hint("a batch of eight copies of a digit comes out as eight equal images; expected a draw for each.")
    mirrored, turned = _orientation(augmentation)
    if mirrored > 0.03:  # up to 0.008 for warps that mirror nothing, since a dot may be lost
        raise Hint(f"{mirrored:.0%} of the images are mirrored: look at a mirrored 2, 3 or 7. Which digit is it?")
    if turned > 0.03:
        raise Hint(f"{turned:.0%} of the images are turned by more than 90 degrees. What becomes of a 6 upside down?")
    change = np.abs(warped - digits / 255).mean()
    # Centred, since a nearest neighbour compares pixel by pixel: it takes a digit that is shifted for another one.
    kept = NearestNeighbour(centred(known.images / 255), known.labels).accuracy(centred(warped), labels)
    result = f"{kept:.0%} keep their label, and a pixel changes by {change:.3f} on average"
    if kept < KEPT - TOLERANCE:
        raise Hint(
            f"{result}; expected about {KEPT:.0%} or more. This is too much: look at a row of warped digits. Which can "
            "you still read?"
        )
    if change < CHANGE:
        raise Hint(f"{result}; expected a change of at least {CHANGE}. This is too little to learn from.")
    return result


def _warped(augmentation, images):
    """Apply an augmentation to images (N, H, W); the scale of the result is from 0 to 1."""
    found = np.asarray(augmentation.update()(frozen(images)), float)
    return found / 255 if found.max() > 2 else found


def _orientation(augmentation, n=512):
    """Return the shares of images that an augmentation mirrors, and that it turns by more than `FARTHEST`."""
    row, column = np.mgrid[:28, :28]
    dots = {(14, 14): 1.0, (14, 21): 0.7, (7, 14): 0.4}  # the middle, to its right, above it: each of another grey
    sheet = np.max([a * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 4) for (y, x), a in dots.items()], axis=0)
    images = _warped(augmentation, np.repeat(np.uint8(255 * sheet)[None], n, axis=0))
    places = []
    for _ in dots:  # the darkest first; each is wiped out when it has been found
        y, x = np.unravel_index(images.reshape(n, -1).argmax(axis=1), (28, 28))
        places.append(x - 1j * y)
        images = np.where(np.hypot(row - y[:, None, None], column - x[:, None, None]) < 4, 0, images)
    right, up = places[1] - places[0], places[2] - places[0]
    return np.mean((right.conj() * up).imag < 0), np.mean(np.abs(np.angle(right)) > FARTHEST)
