"""Seeds: a repeated seed is no new sample."""

from collections import Counter
from collections.abc import Iterable

from mnist_tutorial.benchmark.result import Result


def each_seed_once(results: Iterable[Result]) -> list[Result]:
    """Drop runs that add no information.

    A seed that is run again, or copied, is no new sample: its first run counts. If several machines ran the same
    seeds, only the runs of the machine with the most seeds count. If no seed occurs twice, it does not matter which
    machine ran it.

    Parameters
    ----------
    results : iterable of Result
        Of one recipe, variant and split.

    Returns
    -------
    list of Result
        Ordered by seed.
    """
    results = sorted(results, key=lambda result: result.started)
    if len({result.seed for result in results}) < len(results):
        pairs = dict.fromkeys((result.hardware, result.seed) for result in results)
        [(hardware, _)] = Counter(hardware for hardware, _ in pairs).most_common(1)
        results = [result for result in results if result.hardware == hardware]
    first = {}
    for result in results:
        first.setdefault(result.seed, result)
    return [first[seed] for seed in sorted(first)]
