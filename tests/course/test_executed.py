"""Notebooks that were run, as pages show them."""

import nbformat
import pytest

from mnist_tutorial.course.executed import WIDGET, read_executed


@pytest.fixture
def executed(tmp_path):
    """Keep a notebook of one cell, and a copy of it that was run: its path, the folder of the copy, and the copy."""
    path, folder = tmp_path / "01_x.ipynb", tmp_path / "executed"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(notebook, path)
    notebook.cells[0].execution_count = 1
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, folder / path.name)
    return path, folder, notebook


def test_a_notebook_that_was_run_is_read_with_its_outputs(executed):
    path, folder, _ = executed
    assert read_executed(path, folder).cells[0].outputs[0].text == "2"
    assert read_executed(path, folder.parent / "none") is None


CHANGES = [
    lambda cell: cell.update(source="1 + 2"),
    lambda cell: cell.update(execution_count=None),  # it was interrupted before
    lambda cell: cell.outputs.append(nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_notebook_that_has_changed_since_or_did_not_end_counts_as_not_run(change, executed):
    path, folder, notebook = executed
    change(notebook.cells[0])
    nbformat.write(notebook, folder / path.name)
    assert read_executed(path, folder) is None


def test_widgets_are_told_in_words_and_bars_of_progress_are_left_out(executed):
    path, folder, notebook = executed
    question = "<b>Guess first:</b> How many, in friends' eyes?"
    shown = {
        "guess": "VBox(children=(HTML(value='<b>Guess first:</b> How m…",
        "bar": "training: 0%",
        "draw": "A canvas to draw digits on",
    }
    notebook.cells[0].outputs = [
        *(nbformat.v4.new_output("display_data", {WIDGET: {"model_id": m}, "text/plain": t}) for m, t in shown.items()),
        nbformat.v4.new_output("stream", name="stderr", text="a warning"),
    ]
    models = {"guess": {"state": {"children": ["IPY_MODEL_text"]}}, "text": {"state": {"value": question}}}
    notebook.metadata["widgets"] = {STATE: {"state": models}}
    nbformat.write(notebook, folder / path.name)
    asked, canvas = read_executed(path, folder).cells[0].outputs
    assert asked.data["text/markdown"] == question
    assert "JupyterLab" in canvas.data["text/markdown"]
