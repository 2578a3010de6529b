"""A slowdown: how much longer a recipe trains than it did, told by a reference that ran beside it both times."""

from statistics import median
from typing import NamedTuple

import numpy as np

from mnist_tutorial.stats import contrast


class Slowdown(NamedTuple):
    """What the times say.

    Attributes
    ----------
    then, now : float or None
        Seconds of training for each second of the reference.
    p_value : float
        One-sided: how often runs that spread as these do show such a slowdown by chance. NaN where nothing is known of
        their spread.
    problem : str
        Why the times say nothing, or empty.
    """

    then: float | None
    now: float | None
    p_value: float
    problem: str = ""

    @property
    def factor(self):
        """How many times as long it takes as it did, or None."""
        return None if self.problem else self.now / self.then


def slowdown(runs, references):
    """Compare the times of a recipe with those of a reference, then and now.

    Parameters
    ----------
    runs, references : (list of Result, list of Result)
        Of the recipe, and of the reference: then, and now.

    Returns
    -------
    Slowdown
        From the medians of the runs that others did not disturb.
    """
    quiet = [[run for run in some if not run.contended] for some in (*runs, *references)]
    if problem := _problem(quiet, runs, references):
        return Slowdown(None, None, np.nan, problem)
    then, now, reference_then, reference_now = (median(run.wall for run in some) for some in quiet)
    # Times of a machine spread by a factor, so the test is made on their logarithms.
    _, p_value = contrast([[np.log(run.wall) for run in some] for some in quiet], (-1, 1, 1, -1))
    return Slowdown(then / reference_then, now / reference_now, p_value)


def _problem(quiet, runs, references):
    names = runs[0][0].recipe, runs[0][0].recipe, references[0][0].recipe, references[0][0].recipe
    for some, name, when in zip(quiet, names, ("old", "new", "old", "new"), strict=True):
        if not some:
            return f"other programs disturbed all {when} runs of {name}"
    for i, when in enumerate(("old", "new")):
        if len({run.hardware for run in quiet[i] + quiet[i + 2]}) > 1:
            return f"the {when} runs of {names[0]} and of {names[2]} are not all from one machine"
    for name, (then, now) in ((names[0], runs), (names[2], references)):
        if then[0].processes != now[0].processes:
            return f"the number of processes of {name} was {then[0].processes}, and is {now[0].processes}"
    if references[0][0].source_sha256 != references[1][0].source_sha256:
        return f"the reference {names[2]} was edited"
    return ""
