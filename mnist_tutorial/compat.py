"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work. tests/test_compat.py has a test
for each that fails loudly when a library changes it. Nothing here imports a library before it is called.
"""

import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def write_torchvision_files(root: Path, images: "np.ndarray", labels: "np.ndarray") -> None:
    """Write digits where `torchvision.datasets.MNIST` looks for its files.

    It has no argument for data of one's own: it reads ``MNIST/raw`` under its root, and unless all four files are
    there, it asks for a download. Seen in torchvision 0.29.

    Parameters
    ----------
    root : Path
    images : ndarray of uint8, shape (N, H, W)
    labels : ndarray of int, shape (N,)
    """
    raw = root / "MNIST/raw"
    raw.mkdir(parents=True)
    for name in ("train", "t10k"):
        pixels = struct.pack(">4I", 2051, *images.shape) + images.tobytes()
        (raw / f"{name}-images-idx3-ubyte").write_bytes(pixels)
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">2I", 2049, len(labels)) + labels.astype("uint8").tobytes()
        )
