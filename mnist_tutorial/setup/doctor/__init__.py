"""The doctor: checks whether the course will run here, and says what to do where it will not."""

from mnist_tutorial.setup.doctor.examination import checks, examine
from mnist_tutorial.setup.doctor.finding import Finding

__all__ = ["Finding", "checks", "examine"]
