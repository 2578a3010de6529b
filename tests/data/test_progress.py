import io
import sys

import pytest

from mnist_tutorial.data.progress import progress_bar


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_shows_in_a_terminal_only(terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    sys.stderr.isatty = lambda: terminal
    with progress_bar("fetching", "B") as bar:
        assert bar.disable is not terminal
