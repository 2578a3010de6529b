"""The exercises of notebook 9."""

import numpy as np

from mnist_tutorial.course.checks.exercise import Answer, ask, exercise, frozen, refuse, returned, rng, same
from mnist_tutorial.course.checks.helpers import draw, feature
from mnist_tutorial.pipeline import Fluorescence, uniform

RAYLEIGH = 0.61  # the radius of the first dark ring in units of wavelength / NA: Born and Wolf, section 8.6.2
FARTHEST = 2e-6  # metres of defocus


def _lenses():
    """Draw a weak and a strong lens, both far from the one of the notebook; their pixels are small enough for them."""
    for low, high in rng.permutation([(0.45, 0.55), (0.95, 1.1)]):
        optics = {"NA": rng.uniform(low, high), "wavelength": rng.uniform(430e-9, 500e-9)}
        yield optics | {"magnification": 60, "resolution": rng.uniform(6.5e-6, 8e-6)}


@exercise(reference=lambda NA, wavelength, pixel: RAYLEIGH * wavelength / NA / pixel)
def spot_radius(answer: Answer) -> str:
    """Check the radius of a spot. The answer takes NA, wavelength and pixel (in metres), and returns it in pixels."""
    for NA, wavelength, pixel in rng.uniform((0.4, 400e-9, 50e-9), (0.95, 700e-9, 150e-9), (3, 3)).tolist():
        truth = RAYLEIGH * wavelength / NA / pixel
        mistakes = [
            (2 * truth, "That is the diameter."),
            (truth / RAYLEIGH, "That is the wavelength divided by NA; the ring is a little closer."),
            (truth * NA**2, "A larger NA makes a smaller spot."),
            (truth * pixel * 1e6, "These are micrometres; how many pixels is that?"),
            (truth * pixel, "These are metres; how many pixels is that?"),
            (truth * pixel**2, "Metres divided by metres per pixel are pixels."),
        ]
        hint = "Rayleigh's radius is 0.61 times the wavelength, divided by NA."
        ask(answer, truth, mistakes, hint, rtol=0.01, NA=NA, wavelength=wavelength, pixel=pixel)
    return "the larger the aperture, the smaller the spot"


@exercise(reference=lambda optics: Fluorescence(**optics, defocus=uniform(-FARTHEST, FARTHEST)))
def shaky_focus(answer: Answer) -> str:
    """Check a draw of the focus, up to 2 µm away. The answer takes a dictionary of optics, and returns a feature."""
    points = np.zeros((64, 24, 24), np.float32)  # images of a point show how far they are out of focus
    points[:, 12, 12] = 1
    depths = np.linspace(0, 2 * FARTHEST, 161)  # so close that a point between two of them looks like both
    for optics in _lenses():
        microscope = feature(answer(dict(optics)))
        known = Fluorescence(**optics, defocus=depths)(np.repeat(points[:1], len(depths), axis=0))
        drawn = np.empty((2, len(points)))  # in micrometres
        for i in range(2):
            got = np.asarray(microscope.update()(points))
            same(got.shape, points.shape, "for the shape of a batch")
            distance = ((got[:, None] - known) ** 2).sum(axis=(2, 3)) / (known**2).sum(axis=(1, 2))
            hint = "all the optics passed on, none of them typed, and is the defocus in metres? A micrometre is 1e-6."
            unknown = f"the image of a point looks like none within 4 µm of the focus. Are {hint}"
            refuse(not distance.min(axis=1).max() < 0.01, unknown)
            drawn[i] = depths[distance.argmin(axis=1)] * 1e6
        low, high = drawn.min(), drawn.max()
        refuse(high == 0, "all images are in focus.")
        equal = f"all images of a batch are {drawn[0, 0]:.2g} µm out of focus; expected a draw for each image."
        refuse(not np.ptp(drawn, axis=1).any(), f"{equal} What stood for that in any_focus?")
        wrong = not 1.6 <= high <= 2.1 or low > 0.4
        refuse(wrong, f"the images are {low:.2g} to {high:.2g} µm out of focus; expected 0 to 2.")
        refuse(np.array_equal(*drawn), "the second update gives the same images as the first; expected new ones.")
    return f"64 images, each with its own focus, up to {high:.2g} µm away; above or below, they look the same"


@exercise(reference=lambda restored, seen, image: ((image(restored) - seen) ** 2).mean(axis=(1, 2)))
def disagreement(answer: Answer) -> str:
    """Check restorations. The answer takes them, what was seen and a function that images, and returns (B,) errors."""
    restored = draw(1, 16)[1].images / np.float32(255)
    microscope = Fluorescence(**next(_lenses()))
    seen = microscope(restored) + rng.normal(0, 0.02, restored.shape).astype(np.float32)
    got = returned(answer(frozen(restored), frozen(seen), microscope))
    truth, not_imaged = (((images - seen) ** 2).mean(axis=(1, 2)) for images in (microscope(restored), restored))
    mistakes = [
        (not_imaged, "You compare the ink with an image of it: send the restored ones through the microscope first."),
        (truth**0.5, "That is its square root."),
        (truth * restored[0].size, "That is the sum over the pixels; expected their mean."),
    ]
    hint = "Image the restored ones, subtract what was seen, square, and take the mean of each image."
    if np.ndim(got) == 0:
        hint = "That is one number for the whole batch; expected one for each image: axis=(1, 2)."
    same(got, truth, "for 16 digits", mistakes, hint)
    return "small where a restoration explains what was seen"
