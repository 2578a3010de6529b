import contextlib
import os
import sys

import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.data.atomic import atomic


def test_a_file_that_is_not_complete_replaces_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with contextlib.suppress(KeyboardInterrupt), atomic(path) as part:
        part.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with atomic(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def opened(monkeypatch):
    """Play Windows, which replaces no file that is open: `opened[path]` says how many tries it stays so."""
    opened, move = {}, os.replace

    def replace(part, path):
        opened[path] = opened.get(path, 0) - 1
        if opened[path] >= 0:
            error = PermissionError(13, "Access is denied", str(part))
            error.winerror = 5
            raise error
        move(part, path)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(sys.modules[atomic.__module__], "PAUSES", (0, 0))
    return opened


def test_a_file_that_is_open_for_a_moment_is_replaced_then(opened, tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("old")
    opened[path] = 2
    with atomic(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"


def test_a_file_that_stays_open_is_one_sentence_and_stays_as_it_is(opened, tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text("old")
    opened[path] = 3
    with pytest.raises(MNISTError, match=r"grades\.csv: cannot be replaced"), atomic(path) as part:
        part.write_text("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="a folder's rights mean something else there")
def test_missing_rights_are_told_at_once(monkeypatch, tmp_path):
    def replace(part, path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(sys.modules[atomic.__module__], "PAUSES", (10**9,))
    with pytest.raises(PermissionError), atomic(tmp_path / "file") as part:
        part.write_text("new")
