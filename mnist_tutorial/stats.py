"""How sure a measured accuracy is."""

from scipy.stats import binomtest


def wilson_interval(correct, n, confidence=0.95):
    """Compute the Wilson score interval of an accuracy.

    Parameters
    ----------
    correct : int
        Images that were classified correctly.
    n : int
        All images.
    confidence : float
        How often such an interval holds the true accuracy.

    Returns
    -------
    low, high : float
        On the scale from 0 to 1.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 209-212, 1927.

    Examples
    --------
    >>> low, high = wilson_interval(9900, 10_000)
    >>> f"{low:.4f} to {high:.4f}"
    '0.9879 to 0.9918'
    """
    interval = binomtest(int(correct), int(n)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
