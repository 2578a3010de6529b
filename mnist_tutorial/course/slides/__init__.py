"""Slides of a lesson: its cells that are tagged for them, as a page that reveal.js shows.

A cell tagged ``slide`` begins a slide, one tagged ``slide-more`` continues it, and the notes for instructors are notes
for the speaker. Text written for a slide is tagged ``slide-only`` as well. Of code, a slide shows the figure or, if it
has none, what it printed; code that is tagged ``slide-code`` as well is shown itself, above both. A slide that begins
with code repeats the last headline.

The folder ``reveal`` has what is needed of reveal.js 6.0.2 (MIT licence), so that a room without a network can show
slides.
"""

from mnist_tutorial.course.slides.slides import assets, slides

__all__ = ["assets", "slides"]
