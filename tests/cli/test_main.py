"""Consoles: whatever they can show, and whoever reads."""

import io
import os
import subprocess
import sys

import pytest
from conftest import ROOT, made_result

from mnist_tutorial import __main__ as entry
from mnist_tutorial.benchmark.results.files import write
from mnist_tutorial.cli.common import errors

CITE = [sys.executable, "-m", "mnist_tutorial", "cite"]


@pytest.fixture
def results(tmp_path):
    """One good result, and one that is refused, of a person with a name that few consoles can show."""
    folder = tmp_path / "Zoë 학생"
    folder.mkdir()
    for seed in range(2):
        write(made_result("ours", seed), folder)
    (folder / "cut.json").write_text("{")
    return tmp_path


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_signs_that_a_console_lacks_are_replaced(results, monkeypatch, encoding):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(sys, "argv", ["mnist_tutorial", "benchmark", "leaderboard", str(results)])
    monkeypatch.setenv("COLUMNS", "20")
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 1  # because of the refused file
    table, refused = (stream.buffer.getvalue().decode(encoding) for stream in streams)
    assert "99.50 " in table
    assert "cut.json" in refused
    assert "Zo" in refused
    assert ("학생" in refused) == (encoding == "utf-8")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")
def test_a_full_disk_is_one_sentence():
    with open("/dev/full", "w") as full:
        done = subprocess.run(CITE, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: the output cannot be written (No space left")


def test_a_reader_who_has_gone_hears_nothing():
    with pytest.raises(BrokenPipeError), errors():  # `main` takes it from here
        raise BrokenPipeError
