"""Notebooks that were run, as pages show them."""

import nbformat
import pytest
from nbformat.v4 import new_output

import mnist_tutorial as mt
from mnist_tutorial.course.executed import WIDGET, read_executed

# What may have become of a notebook that was run, and whether its copy is still good.
CHANGES = {
    "nothing": (lambda cell: None, True),
    "edited": (lambda cell: cell.update(source="1 + 2"), False),
    "interrupted": (lambda cell: cell.update(execution_count=None), False),
    "failed": (lambda cell: cell.outputs.append(new_output("error", ename="E", evalue="", traceback=[])), False),
}


def executed(folder, change):
    """Write a notebook of one cell, and a copy that was run and then changed; reads it as pages do."""
    path, cell = folder / "01_x.ipynb", nbformat.v4.new_code_cell("1 + 1")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, path)
    assert read_executed(path, folder / "executed") is None
    (folder / "executed").mkdir()
    cell.update(execution_count=1, outputs=[new_output("stream", text="2")])
    change(cell)
    nbformat.write(notebook, folder / "executed" / path.name)
    return read_executed(path, folder / "executed")


@pytest.mark.parametrize("kind", CHANGES)
def test_a_notebook_that_was_run_is_read_unless_it_has_changed_since_or_did_not_end(kind, tmp_path):
    change, good = CHANGES[kind]
    notebook = executed(tmp_path, change)
    assert notebook.cells[0].outputs[0].text == "2" if good else notebook is None


def test_widgets_are_told_in_words_and_bars_of_progress_are_left_out(tmp_path, empty_cache):
    question = "How many, in friends' eyes?"
    shown = [mt.guess(question)._repr_mimebundle_(), {WIDGET: {}, "text/plain": "training: 0%"}]
    shown += [mt.draw()._repr_mimebundle_()[0], {"text/plain": "2"}]
    outputs = [new_output("display_data", data) for data in shown]
    outputs.append(new_output("stream", name="stderr", text="a warning"))
    asked, canvas, value = executed(tmp_path, lambda cell: cell.update(outputs=outputs)).cells[0].outputs
    assert asked.data["text/markdown"] == f"**Guess first:** {question}"
    assert "JupyterLab" in canvas.data["text/markdown"]
    assert value.data["text/plain"] == "2"
