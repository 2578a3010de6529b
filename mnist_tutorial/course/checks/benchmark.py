"""The exercises of notebook 7."""

import deeptrack as dt
import numpy as np

from mnist_tutorial import stats
from mnist_tutorial.benchmark.runs.run import Run
from mnist_tutorial.course.checks.exercise import Hint, exercise, returned, same
from mnist_tutorial.data import load
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.pipeline import BatchDataset, Standardize, batch_loader, digit_source
from mnist_tutorial.training import classifier, trainer
from mnist_tutorial.training.models import mlp

DIGITS, HELD_OUT = 3_500, 500
LEARNT = 0.8
LEVEL = 0.05


def _p_value(disagree, fewer):
    """Test two networks that disagree about so many digits, of which one makes so many errors fewer."""
    only_a = np.arange(disagree) < (disagree + fewer) // 2
    return stats.mcnemar(only_a, ~only_a).p_value


def _errors_fewer(disagree):
    return next(fewer for fewer in range(disagree % 2, disagree + 1, 2) if _p_value(disagree, fewer) < LEVEL)


@exercise(reference=_errors_fewer)
def errors_fewer(answer):
    """Check how many errors fewer a network must make to be distinguishable from another one.

    Parameters
    ----------
    answer : callable
        Takes the number of digits that only one of the two gets right, returns a number.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    for disagree in rng.permutation([rng.integers(10, 30), rng.integers(40, 120), rng.integers(150, 400)]):
        disagree = int(disagree)
        truth = _errors_fewer(disagree)
        found = returned(answer(disagree))
        hint = "Split the digits between the two, and try splits that are more and more one-sided."
        if isinstance(found, int | float) and 0 <= found <= disagree:
            p_value = _p_value(disagree, int(found))
            hint = f"With {found:g} fewer, p = {p_value:.3f}. " + (
                f"Expected the smallest number for which p is below {LEVEL}."
                if p_value < LEVEL
                else f"Expected p below {LEVEL}."
            )
        if found == (disagree + truth) / 2:
            hint = "That is how many digits the worse one alone gets wrong. The better one has errors of its own."
        same(found, truth, f"for {disagree} digits on which they disagree", hint)
    return "the more two networks disagree, the larger a difference must be"


def _verdict(a, b):
    found = stats.welch(a, b)
    if not found.p_value < LEVEL:
        return "neither"
    return "B" if found.difference > 0 else "A"


@exercise(reference=_verdict)
def verdict(answer):
    """Check which of two recipes is better, if any, judged by accuracies of several seeds.

    Parameters
    ----------
    answer : callable
        Takes two arrays of accuracies, returns "A", "B" or "neither".

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    rng = np.random.default_rng()
    shape = np.array([-1.0, -0.5, 0, 0.5, 1]) * 8e-4
    cases = [
        (shape, shape + 4e-3, "B", "The means are far apart, measured in their spread."),
        (shape + 4e-3, shape, "A", "The means are far apart, measured in their spread."),
        (shape / 8, shape / 8 + 1e-3, "B", "It is a small difference, but the seeds spread far less."),
        (shape, shape + 3e-4, "neither", "The means differ, but less than seeds do."),
        (shape, np.append(shape[:-1], 6e-3), "neither", "One lucky seed does not make a better recipe."),
    ]
    base = rng.uniform(0.98, 0.99)
    for a, b, truth, hint in cases:
        a, b = (rng.permutation(base + values) for values in (a, b))
        told = [f"{100 * group.mean():.2f} ± {100 * group.std(ddof=1):.2f} %" for group in (a, b)]
        found = answer(a.copy(), b.copy())
        if returned(found) not in ("A", "B", "neither"):
            raise Hint(f'yours is {found!r:.40}; expected "A", "B" or "neither".')
        same(found, truth, "for A {} and B {}".format(*told), hint)
    return "you judge a difference by the spread over seeds"


def _recipe(run):
    source = digit_source(run.digits)
    dataset = BatchDataset(dt.Value(source.image) >> Standardize() & dt.Value(source.label), source)
    trained = classifier(mlp(hidden=(64,)), max_lr=1e-2)
    training = trainer(max_epochs=3, progress=False, callbacks=[run.callback()])
    training.fit(trained, batch_loader(dataset, batch_size=128, shuffle=True))
    return trained


@exercise(reference=_recipe)
def own_recipe(answer):
    """Check a recipe of one's own on few digits.

    Parameters
    ----------
    answer : callable
        Takes a run, returns a trained network.

    Returns
    -------
    callable
        The answer, or that of the course.
    """
    seed = int(np.random.default_rng().integers(2**31))
    train, held_out = load("auto").train.take(DIGITS + HELD_OUT, seed).hold_out(HELD_OUT, seed)
    run = Run(train, seed)
    try:
        network, time = run.train(answer)
        returned(network)
        accuracy = float(np.mean(run.scores(network, held_out).argmax(1) == held_out.labels))
    except MNISTError as error:
        raise Hint(f"{error}.") from error
    told = f"{accuracy:.0%} of held-out digits after {run.images:,} images"
    if not run.images:
        raise Hint(f"{told}: nothing told the run what it trained on. Hand run.callback() to the trainer.")
    if accuracy < LEARNT:
        raise Hint(f"{told}; expected {LEARNT:.0%} at least. Did it train, and was it the network that you return?")
    return f"{told}, in {time.wall:.1f} s"
