"""One of the processes that train together: what Lightning's distributed training starts, once for each of them."""

import os
import pickle
import sys
from pathlib import Path

from mnist_tutorial.benchmark.runs.execution import run_safely


def main(given, outcome):
    """Execute the task in the file `given`; the first process of this machine writes what came of it."""
    done = run_safely(pickle.loads(Path(given).read_bytes()))
    if os.environ.get("LOCAL_RANK", "0") == "0":
        Path(outcome).write_bytes(pickle.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
