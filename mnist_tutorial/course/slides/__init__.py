"""Slides of a lesson: its cells that are tagged for them, as a page that reveal.js shows.

A cell tagged ``slide`` begins a slide, one tagged ``slide-more`` continues it, and the notes for instructors are notes
for the speaker. The folder ``reveal`` has what is needed of reveal.js 6.0.2 (MIT licence), so that a room without a
network can show slides.
"""

from mnist_tutorial.course.slides.slides import assets, slides

__all__ = ["assets", "slides"]
