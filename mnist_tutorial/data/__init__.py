"""MNIST: fetched, verified, cached, read and written."""

from mnist_tutorial.data.cache import atomic, cache_folder
from mnist_tutorial.data.handwriting import prepare, read_photos
from mnist_tutorial.data.load import MNIST, load
from mnist_tutorial.data.reference import COUNTS, DIGESTS, listing
from mnist_tutorial.data.split import Split

__all__ = ["COUNTS", "DIGESTS", "MNIST", "Split", "atomic", "cache_folder", "listing", "load", "prepare", "read_photos"]
