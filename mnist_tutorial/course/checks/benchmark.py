"""The exercises of notebook 8."""

from bisect import bisect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import deeplay as dl
import deeptrack as dt
import numpy as np
from scipy.stats import binomtest

from mnist_tutorial import stats
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.course.checks.digits import draw
from mnist_tutorial.course.checks.exercise import Hint, exercise, returned, same
from mnist_tutorial.course.checks.networks import DIGITS, HELD_OUT, LEARNT
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, trainer
from mnist_tutorial.training.models import mlp

LEVEL = 0.05


def _p_value(disagree, fewer):
    """Apply McNemar's exact test to networks that disagree on so many digits, where one makes so many fewer errors."""
    return binomtest((disagree + fewer) // 2, disagree).pvalue


def _error_reduction(disagree):
    candidates = range(disagree % 2, disagree + 1, 2)  # the larger, the smaller p
    return candidates[bisect(candidates, False, key=lambda fewer: _p_value(disagree, fewer) < LEVEL)]


@exercise(reference=_error_reduction)
def error_reduction(answer: Callable[..., Any]) -> str:
    """Check how many fewer errors a network must make for the difference to be significant.

    The answer takes the number of digits that exactly one of two networks gets right, and returns a number.
    """
    rng = np.random.default_rng()
    for disagree in rng.permutation([rng.integers(6, 15), rng.integers(20, 60), rng.integers(75, 200)]).tolist():
        disagree *= 2  # as in the task: with an odd number, the difference would be odd, too
        truth = _error_reduction(disagree)
        found = returned(answer(disagree))
        hint = "Split the digits between the two, and try splits that are more and more one-sided."
        if np.ndim(found) == 0 and 0 <= found <= disagree:
            p_value = _p_value(disagree, int(found))
            wanted = "the smallest number with p" if p_value < LEVEL else "p"
            hint = f"With {found:g} fewer errors, p = {p_value:.3f}; expected {wanted} below {LEVEL}."
            if found % 2:
                hint = f"Each of the {disagree} digits is an error of one of the two, so the difference is even."
        mistakes = [
            ((disagree + truth) // 2, "That is what the worse one gets wrong; the better one has errors of its own.")
        ]
        same(found, truth, f"for {disagree} digits on which they disagree", mistakes, hint)
    return "the more two networks disagree, the larger the difference must be"


def _verdict(a, b):
    test = stats.welch(a, b)
    if not test.p_value < LEVEL:
        return "neither"
    return "B" if test.difference > 0 else "A"


@exercise(reference=_verdict)
def verdict(answer: Callable[..., Any]) -> str:
    """Check which of two recipes is better, if either, given the accuracies of several seeds.

    The answer takes two arrays of accuracies, and returns "A", "B" or "neither".
    """
    rng = np.random.default_rng()
    shape, many = np.array([-1.0, -0.5, 0, 0.5, 1]) * 8e-4, np.linspace(-8e-4, 8e-4, 10)
    cases = [
        (shape, np.append(shape, 0) + 4e-3, "B", "Compared with their spread, the means are far apart."),
        (shape + 4e-3, shape, "A", "Compared with their spread, the means are far apart."),
        (shape / 8, shape / 8 + 1e-3, "B", "The difference is small, but the spread over seeds is far smaller."),
        (shape, shape + 3e-4, "neither", "The means differ by less than the seeds do."),
        (shape, np.append(shape[:-1], 6e-3), "neither", "One lucky seed does not make a better recipe."),
        # Here two rules of thumb fail: that the ranges overlap, and that the difference exceeds the sum of the stds.
        (shape[::4], shape[::4] + 2.4e-3, "neither", "Two seeds say little about the spread: B may have been lucky."),
        (many, many + 1.8 * many.std(ddof=1), "B", "Ten seeds fix a mean far better than their spread suggests."),
    ]
    base = rng.uniform(0.98, 0.99)
    for a, b, truth, hint in cases:
        a, b = (rng.permutation(base + values) for values in (a, b))
        accuracies = [f"{100 * group.mean():.2f} ± {100 * group.std(ddof=1):.2f} %" for group in (a, b)]
        found = answer(a.copy(), b.copy())
        if returned(found) not in ("A", "B", "neither"):
            raise Hint(f'yours is {found!r:.40}; expected "A", "B" or "neither".')
        same(found, truth, "for A {} and B {}".format(*accuracies), hint=hint)
    return "you compare a difference with the spread over seeds"


def _own_recipe(run):
    source = digit_source(run.digits)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    network = classifier(mlp(hidden=(64,)), max_lr=1e-2)
    training = trainer(max_epochs=3, progress=False, callbacks=[run.callback()])
    training.fit(network, batch_loader(dataset, batch_size=128, shuffle=True))
    return network


@exercise(reference=_own_recipe)
def own_recipe(answer: Callable[..., Any]) -> str:
    """Check a recipe on few digits.

    The answer takes a run, and returns a trained network.
    """
    train, held_out = draw(DIGITS, HELD_OUT)
    # Each digit is called by the name of the next one: who knows the right names has learnt from other digits.
    given, asked = (replace(split, labels=(split.labels + 1) % 10) for split in (train, held_out))
    run = Run(given, seed=int(np.random.default_rng().integers(2**31)))

    def recipe(run):
        network = returned(answer(run))
        if any(isinstance(module, dl.Layer) for module in getattr(network, "modules", list)()):
            raise Hint("you returned a template, which has no weights; expected a network that has been trained.")
        return network

    try:
        network, time = run.train(recipe)
        answers = run.scores(network, asked).argmax(1)
    except MNISTError as error:
        raise Hint(f"{error}.") from error
    accuracy = float(np.mean(answers == asked.labels))
    result = f"{accuracy:.0%} of held-out digits after {run.images:,} images"
    if not run.images:
        raise Hint(f"{result}: the run does not know what was trained on. Pass run.callback() to the trainer.")
    if np.mean(answers == held_out.labels) > LEARNT:
        raise Hint(
            "it has learnt from digits that it was not given, and the held-out ones may be among them. Take them from "
            "run.digits, and nowhere else."
        )
    if accuracy < LEARNT:
        raise Hint(f"{result}; expected at least {LEARNT:.0%}. Did it train, and do you return the network that did?")
    return f"{result}, in {time.wall:.1f} s"
