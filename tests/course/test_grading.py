"""`grade`: made-up people, who hand in right, wrong, missing, endless and deadly answers as platforms deliver them."""

import csv
import os
import signal
import subprocess
import sys
from zipfile import ZIP_DEFLATED

import nbformat
import psutil
import pytest
from conftest import ROOT, zip_of
from typer.testing import CliRunner

from mnist_tutorial.cli import app
from mnist_tutorial.course.lesson import read_lesson, tags, variant

LESSON = read_lesson(ROOT / "notebooks/01_loading.ipynb")
EXERCISES = ["batch_shape", "negative", "flat_source"]
RIGHT = "def batch_shape(n):\n    return (*np.shape(n), 28, 28)"
WRONG = "def batch_shape(numbers):\n    return (3, 28, 28)"
# What people make of the first exercise: code, whether it is solved, words of what the check says, the line beside it.
ANSWERS = {
    "wrong": (WRONG, "no", "for an array", "return (3, 28, 28)"),
    "raising": ("def batch_shape(n):\n    return n.gone", "no", "AttributeError", "return n.gone"),
    "endless": ("def batch_shape(n):\n    while True: pass", "no", "still running", "while True: pass"),
    "endless in C": ("import itertools\nsum(itertools.count())", "no", "was ended", "sum(itertools.count())"),
    "leaves": ("import os\ndef batch_shape(n):\n    os._exit(0)", "no", "ended the process", "os._exit(0)"),
    "no Python": ("def batch_shape(n)\n    return 1", "no", "SyntaxError", "def batch_shape(n)"),
    "no answer": ("# to do", "no", "NameError", "# to do"),
    "a formula": ("=1+1", "no", "SyntaxError", "'=1+1"),  # a spreadsheet shows it, and does not compute it
    "prints": ("def batch_shape(n):\n    print('✓')\n    return 3", "no", "a shape is a tuple", "return 3"),
    "right": (RIGHT, "yes", "✓", ""),
    "a question": (f"{RIGHT}  # is that right?", "yes", "✓", ""),
    "magic": (f"%time 1\n{RIGHT}", "yes", "✓", ""),
    "data": ("def batch_shape(n):\n    return mnist.train.images[n].shape", "yes", "✓", ""),
    "in parts": ("d = (28, 28)\ndef batch_shape(n):\n    return np.shape(n) + d", "yes", "✓", ""),
}


def notebook(answer=None, kind="student", without=()):
    """Make a notebook with this answer to the first exercise, and none to the others."""
    made = variant(LESSON.notebook, kind)
    made.cells = [cell for cell in made.cells if not {*without} & tags(cell)]
    if answer is not None:
        tagged(made, "stub")[0].source = answer
    return nbformat.writes(made)


def tagged(made, tag):
    return [cell for cell in made.cells if tag in tags(cell)]


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def grade(place, out, *options):
    """Grade what was handed in; returns what the command says, and the rows of its file."""
    done = CliRunner().invoke(app, ["grade", str(place), "--out", str(out), *options])
    with out.open(encoding="utf-8-sig", newline="") as file:
        return done, list(csv.DictReader(file))


def solved(rows):
    return {(row["person"], row["exercise"]): row["solved"] for row in rows}


def test_a_class_is_graded_as_its_platforms_deliver_it(tmp_path):
    stub = notebook()
    damaged = bytearray(zip_of(tmp_path / "Kim", {"01_loading.ipynb": stub}, ZIP_DEFLATED).read_bytes())
    damaged[500:510] = bytes(10)
    fay = {"01_loading.ipynb.json": stub, "__MACOSX/._01_loading.ipynb": "", "essay.docx": "words"}
    files = {
        "Moodle Ann_123_assignsubmission_file_/01_loading.ipynb": notebook(RIGHT),
        "Moodle Ben_124_assignsubmission_file_01_loading.ipynb": stub,
        "canvascleo_LATE_123_456_01_loading-1.ipynb": stub,
        "Copy of 01_loading_Dan (2).ipynb": stub,
        "Eve/student/01_loading (1).ipynb.txt": notebook(WRONG),
        "Fay.zip": zip_of(tmp_path / "Fay", fay).read_bytes(),
        "Gus/glossary.ipynb": "comes along",
        "Gus/.ipynb_checkpoints/01_loading-checkpoint.ipynb": stub,
        "Gus/01_loading.ipynb": notebook(without=["check"]),
        "Hal.zip": b"cut off",
        "Ian.zip": zip_of(tmp_path / "Ian", {}).read_bytes(),
        "Joy/instructor/01_loading.ipynb": notebook(kind="instructor"),
        "Kim.zip": bytes(damaged),
        ".DS_Store": "",
    }
    done, rows = grade(write(tmp_path / "in", files), tmp_path / "grades.csv")
    assert done.exit_code == 1
    people = "Moodle Ann", "Moodle Ben", "canvascleo", "Dan", "Eve", "Fay"
    expected = {(person, exercise): "not answered" for person in people for exercise in EXERCISES}
    expected |= {("Moodle Ann", "batch_shape"): "yes", ("Eve", "batch_shape"): "no"}
    refused = {"Fay": "Fay/essay.docx", "Gus": "Gus/01_loading.ipynb", "Hal": "Hal.zip", "Ian": "Ian.zip"}
    refused |= {"Joy": "Joy/instructor/01_loading.ipynb", "Kim": "Kim/01_loading.ipynb"}
    assert solved(rows) == expected | {(person, ""): "refused" for person in refused}
    assert {row["person"]: row["notebook"] for row in rows if row["solved"] == "refused"} == refused
    assert all(row["the check says"] for row in rows if row["solved"] == "refused")
    for person in (*people, *refused):  # each has a row of the table
        assert person in done.stdout


def test_one_zip_file_of_all_is_graded_and_remarks_in_the_file_stay(tmp_path):
    names = (
        "01_loading_Ann.ipynb",
        "ben_LATE_12_345_01_loading-1.ipynb",
        "Cy/01_loading.ipynb",
        "01_loading/dee.ipynb.txt",
        "group-1_01_loading.ipynb",
        "01_loading-group-2.ipynb",
        "01_loading-20231234.ipynb",
    )
    everyone = dict.fromkeys(names, notebook())
    (tmp_path / "in").mkdir()
    zip_of(tmp_path / "in/all.zip", {f"all/{name}": content for name, content in everyone.items()})
    for place, out in (("in/all.zip", tmp_path / "all.csv"), ("in", tmp_path / "grades.csv")):
        done, rows = grade(tmp_path / place, out)
        assert done.exit_code == 0
        assert {row["person"] for row in rows} == {"Ann", "ben", "Cy", "dee", "group-1", "group-2", "20231234"}
    first = out.read_bytes()
    out.write_bytes(first + b"Ann,a remark\n")
    done = CliRunner().invoke(app, ["workshop", "grade", str(tmp_path / "in"), "--out", str(out)])  # as it was
    assert "grade" in done.stderr
    assert out.read_bytes() == first + b"Ann,a remark\n"
    (beside,) = tmp_path.glob("grades.new-*.csv")
    assert beside.name in done.stdout
    assert beside.read_bytes() == first
    grade(tmp_path / "in", out, "--force")
    assert out.read_bytes() == first


def test_a_place_without_files_is_an_error(tmp_path):
    write(tmp_path, {"file": "none", "empty/.DS_Store": ""})
    for place in (tmp_path / "empty", tmp_path / "gone", tmp_path / "file"):
        done = CliRunner().invoke(app, ["grade", str(place)])
        assert done.exit_code == 1
        assert "expected a folder" in done.stderr


@pytest.mark.full
def test_each_answer_is_judged_and_costs_nobody_another_exercise(tmp_path):
    place = write(tmp_path, {f"in/{person}/01_loading.ipynb": notebook(ANSWERS[person][0]) for person in ANSWERS})
    rows = grade(place / "in", tmp_path / "grades.csv", "--limit", "3")[1]
    assert len(rows) == 3 * len(ANSWERS)
    for row in rows:
        _, expected, words, line = ANSWERS[row["person"]]
        if row["exercise"] == "batch_shape":
            assert row["solved"] == expected, row
            assert words in row["the check says"]
            assert row["line of the answer"] == line
        else:
            assert row["solved"] == "not answered"


@pytest.mark.full
def test_each_answer_counts_wherever_it_stands_and_after_one_that_ends_the_process(tmp_path):
    joined, again, ends = made = [nbformat.reads(notebook(RIGHT), as_version=4) for _ in range(3)]
    stubs, checks = ([tagged(each, name) for each in made] for name in ("stub", "check"))
    joined.cells.remove(stubs[0][0])
    checks[0][0].source = f"{RIGHT}\n{checks[0][0].source}"
    again.cells.insert(again.cells.index(checks[1][0]), nbformat.v4.new_code_cell(checks[1][0].source))
    stubs[2][0].source, stubs[2][1].source = "import os\nos._exit(0)", "def negative(pixels):\n    return 1 - pixels"
    files = {"joined": joined, "again": again, "ends": ends}
    place = write(tmp_path, {f"in/{name}.ipynb": nbformat.writes(made) for name, made in files.items()}) / "in"
    rows = solved(grade(place, tmp_path / "grades.csv")[1])
    expected = {"joined": ("yes", "not answered"), "again": ("yes", "not answered"), "ends": ("no", "yes")}
    assert {name: tuple(rows[name, check] for check in EXERCISES[:2]) for name in files} == expected


def test_ctrl_c_ends_it_at_once_with_its_kernels_and_without_a_traceback(tmp_path):
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    write(tmp_path, {"in/Ann.ipynb": notebook(f"open({str(begun)!r}, 'w').close()\nwhile True: pass")})
    command = [sys.executable, "-m", "mnist_tutorial", "grade", "in"]
    environment = os.environ | {"TMPDIR": str(write(tmp_path, {"temporary/.keep": ""}) / "temporary")}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    begun.read_text()  # waits until the answer runs
    kernels = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    assert process.returncode in (1, 130)
    assert "Traceback" not in printed
    assert kernels
    assert not any(kernel.is_running() for kernel in kernels)
    assert not [*tmp_path.glob("temporary/tmp*")]
