"""Notebooks that were run: by ``make test``, or here; with words in place of widgets, for pages that run nothing."""

import re
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from mnist_tutorial.course.lesson import read_notebook, tags
from mnist_tutorial.errors import MNISTError

WIDGET = "application/vnd.jupyter.widget-view+json"
WORDS = re.compile(r"^(Guess first:|A canvas to draw digits on\.)")  # as `Guess` and `Canvas` call themselves


def read_executed(path: Path, folder: Path) -> NotebookNode | None:
    """Read the copy of a notebook that was run, as by ``make test``, from a folder: with words in place of widgets.

    None if it is not there, did not run to its end, or had other cells then.
    """
    if not (folder / path.name).is_file():
        return None
    notebook, executed = read_notebook(path), read_notebook(folder / path.name)
    now, then = ([(c.cell_type, c.source, tags(c)) for c in each.cells] for each in (notebook, executed))
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    failed = any(output.output_type == "error" for cell in code for output in cell.outputs)
    if now != then or failed or not all(cell.execution_count for cell in code):
        return None
    return _without_widgets(executed)


def run(path: Path) -> NotebookNode:
    """Run a notebook, with words in place of widgets; an `MNISTError` if it stops with an error."""
    client = NotebookClient(read_notebook(path), resources={"metadata": {"path": str(path.parent)}})
    try:
        return _without_widgets(client.execute())
    except (CellExecutionError, DeadKernelError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise MNISTError(f"{path}: does not run ({reason}); to see all of it, run it in JupyterLab") from error


def _without_widgets(notebook):
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [still for output in cell.outputs if (still := _still(output))]
    return notebook


def _still(output):
    """Replace a widget by words; a bar of progress, and a figure that a slider draws again, are left out."""
    if output.get("name") == "stderr":
        return None
    if WIDGET not in output.get("data", {}):
        return output
    text, count = WORDS.subn(r"**\1**", output.data.get("text/plain", ""))
    return new_output("display_data", {"text/markdown": text}) if count else None
