"""The exercises of notebook 7."""

import deeptrack as dt
import numpy as np
from scipy import ndimage

from mnist_tutorial.course.checks.exercise import Answer, ask, exercise, frozen, refuse, rng, same
from mnist_tutorial.course.checks.helpers import draw, feature, nearest_neighbour
from mnist_tutorial.pipeline import Brightness, RandomAffine, uniform

DRAWS = 3  # of warps for each digit
KEPT, CHANGE = 0.75, 0.03  # share of labels, and mean change of a pixel
TOLERANCE = 0.03  # of the share. Over 40 draws, notebook 7's own warps kept 0.77 to 0.82: none of them must be refused


@exercise(reference=lambda shift, scale: shift * scale)
def landing_point(answer: Answer) -> str:
    """Check where a dot lands. The answer takes a shift and a scale, and returns its distance from the middle."""
    for shift, scale in zip(rng.uniform(3, 8, 3).round(1), rng.uniform(1.3, 2.5, 3).round(1), strict=True):
        mistakes = [
            (shift, "The image is enlarged as well, about its middle."),
            (shift + scale, "Scaling does not add pixels; it multiplies each distance from the middle."),
            (shift / scale, "A scale above 1 makes things larger, distances too."),
        ]
        hint = "Which comes first, the shift or the scaling?"
        ask(answer, shift * scale, mistakes, hint, rtol=5e-3, shift=shift, scale=scale)
    return "the shift comes first, and is scaled with everything else"


@exercise(reference=lambda image: image >> Brightness(uniform(0.5, 1)))
def darker(answer: Answer) -> str:
    """Check a pipeline that darkens each image by its own factor. The answer takes a pipeline, and returns one."""
    # Dark enough for factors up to 2: `Brightness` cuts off at 1.
    images = rng.uniform(0.1, 0.5, (64, 28, 28)).astype(np.float32)
    source = dt.sources.Source(image=images)
    try:
        pipeline = feature(answer(dt.Value(source.image)))
        # Four, since two alone may agree by chance.
        draws = [np.asarray(pipeline.update()(source[np.arange(64)])) for _ in range(4)]
    except (TypeError, AttributeError) as error:
        refuse("PerImage" in str(error), "a draw for each image is no number but a property: give it to mt.Brightness.")
        refuse("SourceItem" in str(error), "it gets no image, since it does not begin with `pixels`: pixels >> ...")
        raise
    same(draws[0].shape, images.shape, "for the shape of a batch")
    ratios = np.stack(draws) / images  # (4, 64, 28, 28)
    factors = ratios[:, :, 0, 0]
    first, last, low, high = factors[0, 0], factors[-1, -1], factors.min(), factors.max()
    one = "expected one factor per image"
    refuse(np.ptp(ratios, axis=(2, 3)).max() > 1e-3, f"within one image, pixels change by different factors; {one}.")
    refuse(np.allclose(factors, 1), "all images come out unchanged, with a factor of 1.")
    refuse(
        high - low < 1e-3, f"all factors are {first:.3g}; expected random ones. A number as a property never changes."
    )
    shared = f"all 64 images of a batch share one factor, {first:.3g} and then {last:.3g}; {one}"
    refuse(np.ptp(factors, axis=1).max() < 1e-3, f"{shared}. DeepTrack calls a function once per evaluation.")
    wrong = low < 0.499 or high > 1.001 or high - low < 0.4
    refuse(wrong, f"the factors range from {low:.2f} to {high:.2f}; expected 0.5 to 1.")
    refuse(np.allclose(*factors[:2]), "the second update gives the same factors as the first; expected new ones.")
    return f"64 images, 64 factors, from {low:.2f} to {high:.2f}"


@exercise(reference=lambda: RandomAffine(rotate=uniform(-0.2, 0.2), translate=(uniform(-1, 1), uniform(-1, 1))))
def warps(answer: Answer) -> str:
    """Check a warp that changes images, not their labels. The answer takes nothing, and returns a DeepTrack feature."""
    augmentation = feature(answer())
    known, held_out = draw()
    digits, labels = np.repeat(held_out.images, DRAWS, axis=0), np.repeat(held_out.labels, DRAWS)
    warped = _warped(augmentation, digits)
    same(warped.shape, digits.shape, "for the shape of a batch")
    inked = _warped(augmentation, np.full((8, 28, 28), 255, np.uint8))[:, 12:16, 12:16]
    grey = "a sheet full of ink gets other grey values; expected a warp, which moves ink and leaves it as it is."
    refuse(np.abs(inked - 1).max() > 0.02, grey)
    alone = np.zeros((28, 28, 28), np.uint8)
    alone[14] = digits[0]
    spread = "the ink of one image turns up in another. `dt.Affine` takes a batch (B, 28, 28) for one image with"
    advice = "28 channels; mt.RandomAffine has the same properties, for a batch."
    refuse(_warped(augmentation, alone)[[12, 13, 15, 16]].any(), f"{spread} {advice}")
    copies = _warped(augmentation, np.repeat(digits[:1], 8, axis=0))
    equal = "a batch of eight copies of a digit comes out as eight equal images; expected a draw for each."
    refuse(np.ptp(copies, axis=0).max() < 1e-6, equal)
    # Up to 0.008 for warps that mirror nothing, since a dot may be lost.
    mirrored, turned = _orientation(augmentation)
    refuse(mirrored > 0.03, f"{mirrored:.0%} of the images are mirrored. Which digit is a mirrored 2, 3 or 7?")
    refuse(turned > 0.03, f"{turned:.0%} of the images are turned by over 90 degrees. What is a 6 upside down?")
    change = np.abs(warped - digits / 255).mean()
    kept = nearest_neighbour(_centred(known.images / 255), known.labels, _centred(warped), labels)
    result = f"{kept:.0%} keep their label, and a pixel changes by {change:.3f} on average"
    advice = "This is too much: look at a row of warped digits. Which can you still read?"
    refuse(kept < KEPT - TOLERANCE, f"{result}; expected about {KEPT:.0%} or more. {advice}")
    refuse(change < CHANGE, f"{result}; expected a change of at least {CHANGE}. This is too little to learn from.")
    return result


def _warped(augmentation, images):
    """Apply an augmentation to images (N, H, W); the scale of the result is from 0 to 1."""
    warped = np.asarray(augmentation.update()(frozen(images)), float)
    return warped / 255 if warped.max() > 2 else warped


def _orientation(augmentation, n=512):
    """Return the shares of images that an augmentation mirrors, and that it turns by more than 90 degrees."""
    row, column = np.mgrid[:28, :28]
    dots = {(14, 14): 1.0, (14, 21): 0.7, (7, 14): 0.4}  # the middle, to its right, above it: each of another grey
    sheet = np.max([grey * np.exp(-((row - y) ** 2 + (column - x) ** 2) / 4) for (y, x), grey in dots.items()], axis=0)
    images = _warped(augmentation, np.repeat(np.uint8(255 * sheet)[None], n, axis=0))
    places = []
    for _ in dots:  # the darkest first; each is wiped out when it has been found
        y, x = np.unravel_index(images.reshape(n, -1).argmax(axis=1), (28, 28))
        places.append(x - 1j * y)
        images = np.where(np.hypot(row - y[:, None, None], column - x[:, None, None]) < 4, 0, images)
    right, up = places[1] - places[0], places[2] - places[0]
    return np.mean((right.conj() * up).imag < 0), np.mean(np.abs(np.angle(right)) > np.pi / 2)


def _centred(images):
    """Shift images by whole pixels, to where MNIST's centres of mass are: a nearest neighbour compares pixels."""
    moves = [14 - np.round(ndimage.center_of_mass(image + 1e-9)) for image in images]
    return np.stack([ndimage.shift(image, move, order=0) for image, move in zip(images, moves, strict=True)])
