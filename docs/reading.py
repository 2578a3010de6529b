"""The notebooks of the site: in the form in which people read what was run."""

import re

import nbformat

from mnist_tutorial.course.lesson import tags


class SiteError(Exception):
    """What is wrong, in a sentence for whoever builds the site."""


def reading_form(notebook):
    """Turn a notebook that was run into what people read: without what is for a class, our answers folded."""
    cells = []
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        kind, cell.metadata = tags(cell), nbformat.NotebookNode()
        if {"notes", "slide-only"} & kind:
            continue
        if "solution" in kind:
            cell.metadata = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Our answer"}}
        caption = re.match(r"\*Figure\. (.+)\*$", following.source if following else "")
        if cell.cell_type == "code" and caption:
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": re.sub("[*`]", "", caption[1])}
        cells.append(cell)
    notebook.cells, notebook.metadata = cells, {"kernelspec": notebook.metadata["kernelspec"]}
    return notebook
