import io
import sys

import pytest

from mnist_tutorial.data.progress import file_bar, progress_bar


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_shows_in_a_terminal_only(terminal, monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr(sys, "stderr", stream)
    for bar in (progress_bar("fetching", "B"), file_bar("reading", 10)):
        with bar:
            assert bar.disable is not terminal


def test_a_bar_shows_in_a_notebook(monkeypatch):
    notebook = pytest.importorskip("tqdm.notebook")
    pytest.importorskip("ipywidgets")
    monkeypatch.setattr("tqdm.auto.tqdm", notebook.tqdm)
    assert not progress_bar("fetching", "B").disable
