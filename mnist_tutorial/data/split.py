"""A split: some of the digits of MNIST, with their labels and official places."""

from dataclasses import dataclass

import numpy as np

from mnist_tutorial.errors import MNISTError


@dataclass(frozen=True, eq=False)
class Split:
    """Some of the digits of MNIST, in official order.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
        Grey values, 0 for paper and 255 for ink. Read-only.
    labels : ndarray of int64, shape (N,)
        The digit that each image shows. Read-only.
    index : ndarray of int64, shape (N,)
        The position of each image in the official training or test set. Read-only.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> train, validation = mt.load("sample").train.hold_out(500, seed=0)
    >>> train, validation
    (Split(3,500 digits), Split(500 digits))
    """

    images: np.ndarray
    labels: np.ndarray
    index: np.ndarray

    def __post_init__(self):
        for array in (self.images, self.labels, self.index):
            array.flags.writeable = False

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"Split({len(self):,} digits)"

    def hold_out(self, n, seed):
        """Split in two, with the same share of each digit on both sides.

        Parameters
        ----------
        n : int
            How many digits to hold out.
        seed : int
            The same seed holds out the same digits.

        Returns
        -------
        rest, held_out : Split
            Both in official order; `held_out` has `n` digits.

        Raises
        ------
        MNISTError
            If there are not that many.
        """
        if not 0 <= n <= len(self):
            raise MNISTError(f"cannot hold out {n:,} of {len(self):,} digits; expected 0 to {len(self):,}")
        counts = np.bincount(self.labels, minlength=10)
        share = counts * (n / max(len(self), 1))
        take = np.floor(share).astype(int)
        # The largest remainders round up, so that the numbers add up to n.
        take[np.argsort(take - share, kind="stable")[: n - take.sum()]] += 1
        rng = np.random.default_rng(seed)
        held = np.zeros(len(self), dtype=bool)
        for digit in range(10):
            held[rng.choice(np.flatnonzero(self.labels == digit), take[digit], replace=False)] = True
        return self._where(~held), self._where(held)

    def take(self, n, seed):
        """Take `n` digits at random, with the same share of each digit as here.

        Parameters
        ----------
        n : int
            How many digits to take.
        seed : int
            The same seed takes the same digits.

        Returns
        -------
        Split
            In official order.
        """
        return self.hold_out(n, seed)[1]

    def _where(self, mask):
        return Split(self.images[mask], self.labels[mask], self.index[mask])
