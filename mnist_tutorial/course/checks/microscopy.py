"""The exercises of notebook 9."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, frozen, returned, same
from mnist_tutorial.pipeline import Fluorescence, uniform

RAYLEIGH = 0.61  # the radius of the first dark ring in units of wavelength / NA: Born and Wolf, section 8.6.2
FARTHEST = 2e-6  # metres of defocus


def _lenses():
    """Draw a weak and a strong lens, both far from the one of the notebook; their pixels are small enough for them."""
    rng = np.random.default_rng()
    for low, high in rng.permutation([(0.45, 0.55), (0.95, 1.1)]):
        optics = {"NA": rng.uniform(low, high), "wavelength": rng.uniform(430e-9, 500e-9)}
        yield optics | {"magnification": 60, "resolution": rng.uniform(6.5e-6, 8e-6)}


@exercise(reference=lambda NA, wavelength, pixel: RAYLEIGH * wavelength / NA / pixel)
def spot_radius(answer: Callable[..., Any]) -> str:
    """Check the radius of the spot that a lens makes of a point.

    The answer takes the numerical aperture, the wavelength and the distance of two pixels, both in metres, and returns
    the radius of the first dark ring in pixels.
    """
    lenses = np.random.default_rng().uniform((0.4, 400e-9, 50e-9), (0.95, 700e-9, 150e-9), (3, 3))
    for NA, wavelength, pixel in lenses.tolist():
        found, truth = returned(answer(NA, wavelength, pixel)), RAYLEIGH * wavelength / NA / pixel
        mistakes = [
            (2 * truth, "That is the diameter."),
            (truth / RAYLEIGH, "That is the wavelength divided by NA; the ring is a little closer."),
            (truth * NA**2, "A larger NA makes a smaller spot."),
            (truth * pixel * 1e6, "These are micrometres; how many pixels is that?"),
        ]
        tiny = [
            (truth * pixel, "These are metres; how many pixels is that?"),
            (truth * pixel**2, "Metres divided by metres per pixel are pixels."),
        ]
        if isinstance(found, float):  # all of them are close to 0, also to each other
            mistakes += [(found, text) for value, text in tiny if np.isclose(found, value, rtol=0.01, atol=0)]
        case = f"for NA {NA:.2f}, a wavelength of {wavelength * 1e9:.0f} nm and pixels of {pixel * 1e9:.0f} nm"
        hint = "Rayleigh's radius is 0.61 times the wavelength, divided by NA."
        same(found, truth, case, mistakes, hint, rtol=0.01)
    return "the larger the aperture, the smaller the spot"


@exercise(reference=lambda optics: Fluorescence(**optics, defocus=uniform(-FARTHEST, FARTHEST)))
def shaky_focus(answer: Callable[..., Any]) -> str:
    """Check a microscope whose focus is drawn for each image, up to 2 micrometres away.

    The answer takes a dictionary of optics, and returns a DeepTrack feature.
    """
    for optics in _lenses():
        drawn = _defocus(feature(answer(dict(optics))), optics)
    return (
        f"64 images, each with its own focus, up to {drawn.max():.2g} µm away; above or below, a flat sample looks "
        "the same"
    )


def _defocus(microscope, optics):
    """Find out, from images of a point, how many micrometres two batches were out of focus."""
    points = np.zeros((64, 24, 24), np.float32)
    points[:, 12, 12] = 1
    depths = np.linspace(0, 2 * FARTHEST, 161)  # so close that a point between two of them looks like both
    known = Fluorescence(**optics, defocus=depths)(np.repeat(points[:1], len(depths), axis=0))
    batches = []
    for _ in range(2):
        found = np.asarray(microscope.update()(points))
        if found.shape != points.shape:
            raise Hint(f"a batch of {points.shape} comes out as {found.shape}; expected the same shape.")
        distance = ((found[:, None] - known) ** 2).sum(axis=(2, 3)) / (known**2).sum(axis=(1, 2))
        if not distance.min(axis=1).max() < 0.01:
            raise Hint(
                "the image of a point looks like none within 4 µm of the focus. Are all the optics passed on, none of "
                "them typed, and is the defocus in metres? A micrometre is 1e-6."
            )
        batches.append(depths[distance.argmin(axis=1)] * 1e6)
    drawn = np.concatenate(batches)
    if drawn.max() == 0:
        raise Hint("all images are in focus.")
    if max(np.ptp(batch) for batch in batches) == 0:
        raise Hint(
            f"all images of a batch are {drawn[0]:.2g} µm out of focus; expected a draw for each image. What stood for "
            "that in any_focus?"
        )
    if drawn.max() > 2.1 or drawn.max() < 1.6 or drawn.min() > 0.4:
        raise Hint(f"the images are {drawn.min():.2g} to {drawn.max():.2g} µm out of focus; expected 0 to 2.")
    if np.array_equal(*batches):
        raise Hint("the second update gives the same images as the first; expected new ones.")
    return drawn


def _disagreement(restored, seen, image):
    return ((image(restored) - seen) ** 2).mean(axis=(1, 2))


@exercise(reference=_disagreement)
def disagreement(answer: Callable[..., Any]) -> str:
    """Check how far restored images are from what was seen, once they are imaged again.

    The answer takes restored images (B, H, W), the images that were seen (B, H, W), and a function that images, and
    returns the mean squared difference of the pixels for each image, (B,).
    """
    rng = np.random.default_rng()
    restored = draw(1, 16)[1].images / np.float32(255)
    microscope = Fluorescence(**next(_lenses()))
    seen = microscope(restored) + rng.normal(0, 0.02, restored.shape).astype(np.float32)
    found = returned(answer(frozen(restored), frozen(seen), microscope))
    truth = _disagreement(restored, seen, microscope)
    not_imaged = ((restored - seen) ** 2).mean(axis=(1, 2))
    mistakes = [
        (not_imaged, "You compare the ink with an image of it: send the restored ones through the microscope first."),
        (truth**0.5, "That is its square root."),
        (truth * restored[0].size, "That is the sum over the pixels; expected their mean."),
    ]
    hint = "Image the restored ones, subtract what was seen, square, and take the mean of each image."
    if np.ndim(found) == 0:
        hint = "That is one number for the whole batch; expected one for each image: axis=(1, 2)."
    same(found, truth, "for 16 digits", mistakes, hint)
    return "small where a restoration explains what was seen"
