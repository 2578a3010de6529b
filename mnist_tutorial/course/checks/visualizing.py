"""The exercises of notebook 2."""

import deeptrack as dt
import numpy as np

from mnist_tutorial.course.checks.exercise import Answer, ask, exercise, frozen, refuse, returned, rng, same
from mnist_tutorial.course.checks.helpers import draw, nearest_neighbour

DRAWS, KNOWN, HELD_OUT = 2, 2_000, 2_000
# Of accuracy, allowed with fewer numbers. Over 40 draws, means of 7 x 7 squares lost 0.019 ± 0.007, and ten principal
# components 0.057 ± 0.007: in two draws, neither is taken for the other.
LOSS = 0.04


@exercise(reference=lambda mean, std: ((0 - mean) / std, (1 - mean) / std))
def paper_and_ink(answer: Answer) -> str:
    """Check paper and ink, standardized. The answer takes mean and std, on the scale from 0 to 1, and returns both."""
    # So that neither number is near 0, and three decimals are enough. Eight, since two decimals may do by chance.
    for mean, std in zip(rng.uniform(0.2, 0.4, 8), rng.uniform(0.2, 0.38, 8), strict=True):
        paper, ink = (0 - mean) / std, (1 - mean) / std
        scale = "Mean and standard deviation are on the scale from 0 to 1, and so is ink: 1 before it is standardized."
        mistakes = [
            (paper, ink, "There are two numbers, one for paper and one for ink."),
            ((ink, paper), "You have swapped the two: paper comes first."),
            ((paper, (255 - mean) / std), (255 * paper, 255 * ink), scale),
            ((round(paper, 2), round(ink, 2)), "That is rounded too much."),
            ((paper * std**2, ink * std**2), "A standard deviation below 1 spreads the values out: divide by it."),
        ]
        ask(answer, (paper, ink), mistakes, "First subtract, then divide.", mean=mean, std=std)
    return "paper is below zero, ink above, and you know where"


class _Threshold(dt.Feature):
    def __init__(self, level=0.5, **kwargs):
        super().__init__(level=level, **kwargs)

    def get(self, image, level, **kwargs):
        return (image > 255 * level).astype(np.float32)


@exercise(reference=_Threshold)
def threshold(answer: Answer) -> str:
    """Check black and white. The answer is a subclass of ``deeptrack.Feature`` with the property ``level``."""
    called = f"you passed {type(returned(answer)).__name__}; expected the class itself: do not call it."
    refuse(not isinstance(answer, type), called)
    # Halfway between two grey values, so that no rounding decides.
    for level in rng.permutation([rng.integers(25, 100), rng.integers(150, 230)]) / 255 + 0.5 / 255:
        for shape in ((28, 28), (4, 28, 28)):
            images = frozen(rng.integers(256, size=shape).astype(np.uint8))
            truth = (images > 255 * level).astype(np.float32)
            got = np.asarray(returned(answer(level=level)(images)))
            refuse(got.dtype == bool, "it returns True and False; expected numbers for a network, as float32.")
            mistakes = [
                (images, "The image comes out unchanged."),
                (images > 127, "It compares with the middle, whatever the level is: use the property."),
                (images > level, "The grey values go from 0 to 255, the level from 0 to 1."),
                (1 - truth, "You have swapped ink and paper."),
            ]
            case = f"at level {level:.2f}, for shape {shape}"
            same(got, truth, case, mistakes, "Compare with the level on the scale of the grey values.")
            refuse(got.dtype != np.float32, f"the numbers are right, but their type is {got.dtype}; expected float32.")
    return "1 above the level and 0 elsewhere, for one image and for a batch"


# Means of 2 x 2 pixels in the box of 20 x 20 pixels.
@exercise(reference=lambda images: images[:, 4:24, 4:24].reshape(-1, 10, 2, 10, 2).mean((2, 4)).reshape(-1, 100))
def describe(answer: Answer) -> str:
    """Check a description by few numbers. The answer takes images, uint8 (N, 28, 28), and returns (N, up to 100)."""
    accuracies = []
    for _ in range(DRAWS):
        known, held_out = draw(KNOWN, HELD_OUT)
        images = frozen(np.concatenate([known.images, held_out.images]))
        numbers = np.asarray(returned(answer(images)), float)
        shape = f"{images.shape} images give the shape {numbers.shape}; expected ({len(images)}, D)."
        refuse(numbers.ndim != 2 or len(numbers) != len(images), shape)
        many = f"you keep {numbers.shape[1]} numbers per image; expected at most 100. Which pixels matter least?"
        refuse(numbers.shape[1] > 100, many)
        for rows in (images / 255, numbers):
            accuracies.append(nearest_neighbour(rows[:KNOWN], known.labels, rows[KNOWN:], held_out.labels))
    pixels, yours = np.mean(accuracies[::2]), np.mean(accuracies[1::2])
    result = f"{yours:.1%} with {numbers.shape[1]} numbers, {pixels:.1%} with all pixels"
    constant = f"{result}: all images get the same numbers. They must come from the image."
    refuse(not np.ptp(numbers, axis=0).any(), constant)
    hint = "The numbers say too little about the image; what would you keep so that you could draw it again?"
    if yours > 0.3:
        hint = "Where the ink is matters more than how much. Keep both directions, and means rather than pixels."
    refuse(yours < pixels - LOSS, f"{result}; expected a loss of at most {100 * LOSS:g} points. {hint}")
    return f"the nearest neighbour reads {result}"
