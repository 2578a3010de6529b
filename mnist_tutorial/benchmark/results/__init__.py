"""Results: one file for each run, which anybody can check."""

from mnist_tutorial.benchmark.results.files import read, read_all, read_failures, rewrite, write
from mnist_tutorial.benchmark.results.published import published
from mnist_tutorial.benchmark.results.result import Result
from mnist_tutorial.benchmark.results.splits import true_labels

__all__ = ["Result", "published", "read", "read_all", "read_failures", "rewrite", "true_labels", "write"]
