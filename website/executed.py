"""The notebooks of the site: run once, and then in the form in which people read them."""

import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

import mnist_tutorial
from mnist_tutorial.benchmark.results import code
from mnist_tutorial.course.lesson import tags

STORED = "mnist_tutorial"  # the key of what we store with a notebook that was run
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
GUESS = "<b>Guess first:</b>"
CANVAS = "A canvas to draw digits on"


class SiteError(Exception):
    """What is wrong, in a sentence for whoever builds the site."""


def digest(notebook):
    """Compute a digest of all that a notebook says and runs, whatever its outputs: its cells, and our package."""
    cells = [(cell.cell_type, cell.source, sorted(tags(cell))) for cell in notebook.cells]
    return hashlib.sha256(json.dumps([cells, package()]).encode()).hexdigest()


@cache
def package():
    """Compute a digest of the code of our package, whatever its comments and docstrings."""
    folder = Path(mnist_tutorial.__file__).parent
    return code.version(
        {
            path.relative_to(folder).as_posix(): code.digest(path.read_text(encoding="utf-8"))
            for path in folder.rglob("*.py")
        }
    )


def execute(paths, folder):
    """Run the notebooks whose present text has not been run yet, and keep them in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        notebook, kept = nbformat.read(path, as_version=4), folder / path.name
        if kept.exists() and _run_with(nbformat.read(kept, as_version=4)) == digest(notebook):
            continue
        if sys.stderr.isatty():
            print(f"running {path.name}", file=sys.stderr)
        client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}})
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise SiteError(f"{path.name} stops with an error, so there is no page of it: {error}") from error
        notebook.metadata[STORED] = digest(notebook)
        nbformat.write(notebook, kept)


def read_executed(path, folder):
    """Read a notebook that was run, unless it is missing or had another text then."""
    kept = folder / path.name
    if not kept.exists():
        raise SiteError(f"{path.name} has not been run; expected {kept}, which make site writes")
    notebook = nbformat.read(kept, as_version=4)
    if _run_with(notebook) != digest(nbformat.read(path, as_version=4)):
        raise SiteError(f"{kept} is older than {path.name} or our package, and may differ; make site runs it again")
    return notebook


def _run_with(notebook):
    return notebook.metadata.get(STORED)


def reading_form(notebook):
    """Turn a notebook that was run into what people read: without what is for instructors, our answers folded."""
    widgets = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    cells = []
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        kind, cell.metadata = tags(cell), nbformat.NotebookNode()
        if "notes" in kind:
            continue
        if "solution" in kind:
            cell.metadata = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Our answer"}}
        if cell.cell_type == "code":
            cell.outputs = [still for output in cell.outputs if (still := _still(output, widgets)) is not None]
            if caption := re.match(r"\*Figure\. (.+)\*$", following.source if following else ""):
                cell.metadata.setdefault("mystnb", {})["image"] = {"alt": re.sub("[*`]", "", caption[1])}
        cells.append(cell)
    notebook.cells, notebook.metadata = cells, {"kernelspec": notebook.metadata["kernelspec"]}
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
