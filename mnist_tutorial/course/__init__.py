"""The course: exercises with checks, the notebooks of students and instructors, and a schedule."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"checks"},
)
