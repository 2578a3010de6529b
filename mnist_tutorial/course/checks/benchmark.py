"""The exercises of notebook 8."""

from dataclasses import replace

import deeplay as dl
import numpy as np
from scipy.stats import binom, binomtest

from mnist_tutorial import stats
from mnist_tutorial.benchmark.run import Run
from mnist_tutorial.course.checks.exercise import Answer, Hint, exercise, refuse, returned, rng, same, short
from mnist_tutorial.course.checks.helpers import DIGITS, HELD_OUT, LEARNT, draw, trained
from mnist_tutorial.errors import MNISTError
from mnist_tutorial.training.models import mlp

LEVEL = 0.05


@exercise(reference=lambda disagree: disagree - 2 * (int(binom.ppf(LEVEL / 2, disagree, 0.5)) - 1))
def error_reduction(answer: Answer) -> str:
    """Check significance. The answer takes on how many digits two networks disagree, and returns a number."""
    for disagree in rng.permutation([rng.integers(6, 15), rng.integers(20, 60), rng.integers(75, 200)]).tolist():
        disagree *= 2  # as in the task: with an odd number, the difference would be odd, too
        truth, got = error_reduction.reference(disagree), returned(answer(disagree))
        hint = "Split the digits between the two, and try splits that are more and more one-sided."
        if np.ndim(got) == 0 and 0 <= got <= disagree:
            p_value = binomtest((disagree + int(got)) // 2, disagree).pvalue  # McNemar's exact test
            wanted = "the smallest number with p" if p_value < LEVEL else "p"
            hint = f"With {got:g} fewer errors, p = {p_value:.3f}; expected {wanted} below {LEVEL}."
            if got % 2:
                hint = f"Each of the {disagree} digits is an error of one of the two, so the difference is even."
        worse = "That is what the worse one gets wrong; the better one has errors of its own."
        same(got, truth, f"for {disagree} digits on which they disagree", [((disagree + truth) // 2, worse)], hint)
    return "the more two networks disagree, the larger the difference must be"


@exercise(reference=lambda a, b: "AB"[int(b.mean() > a.mean())] if stats.welch(a, b).p_value < LEVEL else "neither")
def verdict(answer: Answer) -> str:
    """Check which recipe is better. The answer takes accuracies of A and of B, and returns "A", "B" or "neither"."""
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
        got = returned(answer(a.copy(), b.copy()))
        refuse(got not in ("A", "B", "neither"), f'yours is {short(got)}; expected "A", "B" or "neither".')
        same(got, truth, "for A {} and B {}".format(*accuracies), hint=hint)
    return "you compare a difference with the spread over seeds"


@exercise(reference=lambda run: trained(mlp(hidden=(64,)), run.digits, 3, 128, callbacks=[run.callback()]))
def own_recipe(answer: Answer) -> str:
    """Check a recipe on few digits. The answer takes a run, and returns a trained network."""
    train, held_out = draw(DIGITS, HELD_OUT)
    # Each digit is called by the name of the next one: who knows the right names has learnt from other digits.
    given, asked = (replace(split, labels=(split.labels + 1) % 10) for split in (train, held_out))
    run = Run(given, seed=int(rng.integers(2**31)))

    def recipe(run):
        network = returned(answer(run))
        template = any(isinstance(module, dl.Layer) for module in getattr(network, "modules", list)())
        refuse(template, "you returned a template, which has no weights; expected a network that has been trained.")
        return network

    try:
        network, time = run.train(recipe)
        answers = run.scores(network, asked).argmax(1)
    except MNISTError as error:
        raise Hint(f"{error}.") from error
    accuracy = np.mean(answers == asked.labels)
    result = f"{accuracy:.0%} of held-out digits after {run.images:,} images"
    refuse(not run.images, f"{result}: the run has not seen it train. Pass run.callback() to the trainer.")
    others = "it has learnt from digits that it was not given, and the held-out ones may be among them."
    refuse(np.mean(answers == held_out.labels) > LEARNT, f"{others} Take them from run.digits, and nowhere else.")
    hint = "Did it train, and do you return the network that did?"
    refuse(accuracy < LEARNT, f"{result}; expected at least {LEARNT:.0%}. {hint}")
    return f"{result}, in {time.wall:.1f} s"
