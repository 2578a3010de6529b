"""Results: one file for each run, which anybody can check."""

from mnist_tutorial.benchmark.results.files import read, read_all, read_failures, write
from mnist_tutorial.benchmark.results.published import published
from mnist_tutorial.benchmark.results.result import Result, true_labels

__all__ = ["Result", "published", "read", "read_all", "read_failures", "true_labels", "write"]
