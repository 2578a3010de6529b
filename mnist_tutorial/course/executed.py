"""Notebooks that were run: by ``make test``, or here; with words in place of widgets, for pages that run nothing."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from mnist_tutorial.course.lesson import read_notebook, tags
from mnist_tutorial.errors import MNISTError

WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
GUESS = "<b>Guess first:</b>"
CANVAS = "A canvas to draw digits on"


def read_executed(path: Path, folder: Path) -> nbformat.NotebookNode | None:
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


def run(path: Path) -> nbformat.NotebookNode:
    """Run a notebook, with words in place of widgets; an `MNISTError` if it stops with an error."""
    client = NotebookClient(read_notebook(path), resources={"metadata": {"path": str(path.parent)}})
    try:
        return _without_widgets(client.execute())
    except (CellExecutionError, DeadKernelError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise MNISTError(f"{path}: does not run ({reason}); to see all of it, run it in JupyterLab") from error


def _without_widgets(notebook):
    widgets = notebook.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [still for output in cell.outputs if (still := _still(output, widgets)) is not None]
    return notebook


def _still(output, widgets):
    """Replace a widget by words; a bar of progress, and a figure that a slider draws again, are left out."""
    if output.output_type == "stream" and output.name == "stderr":
        return None
    if WIDGET not in output.get("data", {}):
        return output
    box = widgets.get(output.data[WIDGET].get("model_id"), {}).get("state", {})
    parts = [widgets.get(child.removeprefix("IPY_MODEL_"), {}).get("state", {}) for child in box.get("children", [])]
    text = next((part["value"] for part in parts if str(part.get("value")).startswith(GUESS)), "")
    if output.data.get("text/plain", "").startswith(CANVAS):
        text = "<i>In JupyterLab, a canvas appears here.</i>"
    return nbformat.v4.new_output("display_data", {"text/markdown": text}) if text else None
