"""The exercises of notebook 9."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, feature, returned, same
from mnist_tutorial.pipeline import Fluorescence, uniform

RAYLEIGH = 0.61  # the radius of the first dark ring in units of wavelength / NA: Born and Wolf, section 8.6.2
FARTHEST = 1e-6  # metres of defocus


def _optics(rng):
    """Draw a microscope whose pixels are small enough for its lens."""
    optics = {"NA": rng.uniform(0.5, 1.1), "wavelength": rng.uniform(450e-9, 650e-9), "magnification": 40}
    return optics | {"resolution": 6e-6}


@exercise(reference=lambda NA, wavelength, pixel: RAYLEIGH * wavelength / NA / pixel)
def spot_radius(answer: Callable[..., Any]) -> str:
    """Check the radius of the spot that a lens makes of a point.

    The answer takes the numerical aperture, the wavelength and the distance of two pixels, both in metres, and returns
    the radius of the first dark ring in pixels.
    """
    rng = np.random.default_rng()
    for _ in range(3):
        NA, wavelength, pixel = rng.uniform(0.3, 1.3), rng.uniform(400e-9, 700e-9), rng.uniform(50e-9, 150e-9)
        truth = RAYLEIGH * wavelength / NA / pixel
        found = returned(answer(float(NA), float(wavelength), float(pixel)))
        hint = "Rayleigh's radius is 0.61 times the wavelength, divided by NA."
        for other, mistake in {
            truth * pixel: "These are metres; how many pixels is that?",
            truth * pixel**2: "Metres divided by metres per pixel are pixels.",
            2 * truth: "That is the diameter.",
            truth / RAYLEIGH: "That is the wavelength divided by NA; the ring is a little closer.",
            truth * NA**2: "A larger NA makes a smaller spot.",
        }.items():
            if np.ndim(found) == 0 and np.isclose(float(found), other, rtol=0.01, atol=0):
                hint = mistake
        case = f"for NA {NA:.2f}, a wavelength of {wavelength * 1e9:.0f} nm and pixels of {pixel * 1e9:.0f} nm"
        same(found, truth, case, hint, tolerance=0.01 * truth)
    return "the larger the aperture, the smaller the spot"


@exercise(reference=lambda optics: Fluorescence(**optics, defocus=uniform(-FARTHEST, FARTHEST)))
def shaky_focus(answer: Callable[..., Any]) -> str:
    """Check a microscope whose focus is drawn for each image, between -1 and 1 micrometre.

    The answer takes a dictionary of optics, and returns a DeepTrack feature.
    """
    optics = _optics(np.random.default_rng())
    microscope = feature(answer(dict(optics)))
    points = np.zeros((64, 24, 24), np.float32)
    points[:, 12, 12] = 1
    depths = np.linspace(0, 2 * FARTHEST, 41)
    known = Fluorescence(**optics, defocus=depths)(points[: len(depths)])
    batches = []
    for _ in range(2):
        found = np.asarray(microscope.update()(points))
        if found.shape != points.shape:
            raise Hint(f"a batch of {points.shape} comes out as {found.shape}; expected the same shape.")
        distance = ((found[:, None] - known) ** 2).sum(axis=(2, 3)) / (known**2).sum(axis=(1, 2))
        if distance.min(axis=1).max() > 0.01:
            raise Hint(
                "the image of a point looks like none within 2 µm of the focus. Are all the optics passed on, and the "
                "defocus in metres? A micrometre is 1e-6."
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
    if drawn.max() > 1.05 or drawn.max() < 0.8 or drawn.min() > 0.2:
        raise Hint(f"the images are {drawn.min():.2g} to {drawn.max():.2g} µm out of focus; expected 0 to 1.")
    if np.array_equal(*batches):
        raise Hint("the second update gives the same images as the first; expected new ones.")
    return f"64 images, each with its own focus, up to {drawn.max():.2g} µm away"


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
    microscope = Fluorescence(**_optics(rng))
    seen = microscope(restored) + rng.normal(0, 0.02, restored.shape).astype(np.float32)
    truth = _disagreement(restored, seen, microscope)
    found = returned(answer(restored.copy(), seen.copy(), microscope))
    hint = "Image the restored ones, subtract what was seen, square, and take the mean of each image."
    if np.shape(found) == ():
        hint = "That is one number for the whole batch; expected one for each image: axis=(1, 2)."
    elif np.shape(found) == truth.shape:
        if np.allclose(found, ((restored - seen) ** 2).mean(axis=(1, 2)), atol=1e-6):
            hint = "You compare the ink with an image of it: send the restored ones through the microscope first."
        elif np.allclose(found, truth**0.5, rtol=1e-3):
            hint = "That is its square root."
        elif np.allclose(found, truth * restored[0].size, rtol=1e-3):
            hint = "That is the sum over the pixels; expected their mean."
    same(found, truth, "for 16 digits", hint, tolerance=1e-6)
    return "small where a restoration explains what was seen"
