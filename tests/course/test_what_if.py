"""What a student does who follows the **What if** at the end of a notebook."""

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from notebook_rules import FOLDER, LESSONS


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", LESSONS)
def test_a_notebook_runs_to_its_end_after_the_change_that_its_what_if_suggests(name, monkeypatch):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    for old, new in notebook.cells[-1].metadata["what_if"]:
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # claims inform a student, and fail a test
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": ROOT / "notebooks"}}
    ).execute()
