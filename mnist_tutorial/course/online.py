"""Notebooks away from home, as in Colab or Kaggle: the cell that installs the course, and links that lead there."""

import re

import nbformat

from mnist_tutorial import __version__

REPOSITORY = "https://github.com/DeepTrackAI/mnist-tutorial"
BRANCH = f"{REPOSITORY}/blob/course"  # what `workshop --online` writes; the release workflow pushes it
WHEEL = f"{REPOSITORY}/releases/download/v{__version__}/mnist_tutorial-{__version__}-py3-none-any.whl"
# No release of torch or NumPy is named, so those that are there stay. anywidget is for `mt.draw`.
INSTALL = f"""\
# Installs the course where it is missing, as in Colab or Kaggle; at home, it does nothing.
from importlib.util import find_spec

if find_spec("mnist_tutorial") is None:
    print("Installing the course; this takes a while. In Kaggle, Internet must be on.")
    %pip install --quiet anywidget {WHEEL}"""


def add_install_cell(notebook: nbformat.NotebookNode) -> None:
    """Put a cell that installs the course in front of the first code, if there is any.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place.
    """
    first = next((i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"), None)
    if first is not None:
        cell = nbformat.v4.new_code_cell(INSTALL, id="install", metadata={"tags": ["install"]})
        notebook.cells.insert(first, cell)


def lead_to_repository(notebook: nbformat.NotebookNode, kind: str) -> None:
    """Let links to other notebooks lead to the repository, where Colab and Kaggle have no neighbours.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place.
    kind : {"student", "instructor"}
        The folder of the notebooks that the links lead to.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((\w+\.ipynb)\)", rf"]({BRANCH}/{kind}/\1)", cell.source)
