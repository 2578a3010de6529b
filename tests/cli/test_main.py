"""Consoles: whatever they can show, and whoever reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import made_result

from mnist_tutorial.benchmark.store import write

CITE = [sys.executable, "-m", "mnist_tutorial", "cite"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_signs_that_a_console_lacks_are_replaced(tmp_path, encoding):
    folder = tmp_path / "Zoë 학생"
    folder.mkdir()
    write(made_result("ours"), folder)
    (folder / "cut.json").write_text("{")
    command = [sys.executable, "-m", "mnist_tutorial", "benchmark", "record", "99.0", tmp_path]
    done = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding})
    shown, refused = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert done.returncode == 1, refused  # because of the refused file
    assert "/ours (n = 1)" in shown
    assert "cut.json" in refused
    assert ["학생" in text for text in (shown, refused)] == [encoding == "utf-8"] * 2


def cite(output, unbuffered=""):
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    return subprocess.run(CITE, stdout=output, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("unbuffered", ["", "1"])  # the pipe is found closed at the end, or in the middle
def test_a_reader_who_has_gone_hears_nothing(unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    done = cite(writer, unbuffered)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_one_sentence():
    with open("/dev/full", "w") as full:
        done = cite(full)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
