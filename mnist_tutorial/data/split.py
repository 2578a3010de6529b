"""A split: some of the digits of MNIST, with their labels and official positions."""

from dataclasses import dataclass

import numpy as np

from mnist_tutorial.errors import MNISTError


@dataclass(frozen=True, eq=False)
class Split:
    """Some of the digits of MNIST, in official order; or images of any other classes, such as letters.

    Its arrays are read-only. An image without label or position, or a label that is no whole number, is an MNISTError.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
        Grey values, 0 for paper and 255 for ink.
    labels : ndarray of int64, shape (N,)
        The digit that each image shows; or any whole numbers, one for each class.
    index : ndarray of int64, shape (N,)
        The position of each image in the official training or test set.

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
        for name in ("images", "labels", "index"):
            view = np.asarray(getattr(self, name)).view()  # the caller's own array stays writable
            view.flags.writeable = False
            object.__setattr__(self, name, view)
            if view.shape[:1] != self.images.shape[:1] or (name != "images" and view.ndim != 1):
                raise MNISTError(
                    f"{name}: shape {view.shape}, images: {self.images.shape}; expected one for each image"
                )
        if self.labels.dtype.kind not in "iu":
            expected = "whole numbers, such as np.unique(labels, return_inverse=True)[1]"
            raise MNISTError(f"labels are of {self.labels.dtype}; expected {expected}")

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Split({len(self):,} digits)"

    def hold_out(self, n: int, seed: int) -> tuple["Split", "Split"]:
        """Split in two, the rest and `n` digits held out, with the same share of each class, in official order.

        The same seed holds out the same digits. If there are fewer than `n`, that is an MNISTError.
        """
        if not 0 <= n <= len(self):
            raise MNISTError(f"cannot hold out {n:,} of {len(self):,} digits; expected 0 to {len(self):,}")
        _, classes, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        shares = counts * (n / max(len(self), 1))
        sizes = np.floor(shares).astype(int)
        # The largest remainders round up, so that the numbers add up to n.
        sizes[np.argsort(sizes - shares, kind="stable")[: n - sizes.sum()]] += 1
        rng = np.random.default_rng(seed)
        held = np.zeros(len(self), dtype=bool)
        for i, size in enumerate(sizes):
            held[rng.choice(np.flatnonzero(classes == i), size, replace=False)] = True
        return self._where(~held), self._where(held)

    def take(self, n: int, seed: int) -> "Split":
        """Draw `n` digits at random, with the same share of each class; the same seed draws the same digits."""
        return self.hold_out(n, seed)[1]

    def _where(self, mask):
        return Split(self.images[mask], self.labels[mask], self.index[mask])
