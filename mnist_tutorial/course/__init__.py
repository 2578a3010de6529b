"""The course: exercises with their checks, the notebooks as each reader gets them, and the schedule of a workshop."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"checks"},
    submod_attrs={
        "drawing": ["draw"],
        "guessing": ["guess"],
        "lesson": ["Lesson", "folder", "lessons", "update"],
        "strokes": ["my_digits"],
        "teach": ["files", "not_run"],
    },
)
