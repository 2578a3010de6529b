"""The shape of the notebooks; nbmake runs them."""

import re
from copy import deepcopy

import nbformat
import pytest
from conftest import APART, ROOT
from nbclient import NotebookClient

from mnist_tutorial.course.lesson import tags

FOLDER = ROOT / "notebooks"
LESSONS = {path.name: nbformat.read(path, as_version=4) for path in sorted(FOLDER.glob("[0-9]*.ipynb"))}
EXERCISE, EXPLANATION = ["task", "hint", "stub", "solution", "check"], ["write", "model"]
# Only at the beginning of a line: a function of the notebook that draws needs its caption where it is called.
PLOTS = "digits|learning_curves|confusion_matrix|failures|robustness|runs|weights"
DRAWS = re.compile(rf"^(?:mt\.plots\.(?:{PLOTS})\(|mt\.diagrams\.|fig, .*plt\.subplots\(|official\()", re.M)


def source(notebook, kind, lesson=False):
    return "\n\n".join(
        c.source for c in notebook.cells if c.cell_type == kind and not (lesson and {*APART, "review"} & tags(c))
    )


def text(notebook, name):
    """Title, captions, and no number that a run would change."""
    prose, first = source(notebook, "markdown"), notebook.cells[0].source
    if not re.match(rf"# {int(name[:2])}\. \w+", first) or not re.search(
        r"\*\*Time\*\* \d+ minutes, \d+ of them", first
    ):
        yield "no title or time"
    headings = re.findall(r"^## (.*)$", prose, re.M)
    if headings[:1] != ["Set-up"] or headings[-3:] != ["Exercises", "Summary", "Review"]:
        yield f"sections {headings}"
    for line in source(notebook, "markdown", lesson=True).splitlines():
        typed = re.search(r"\d+\.\d+ ?%|\d+(?:\.\d+)? seconds", line)
        if typed and not re.search(r"\b(?:19|20)\d\d\)", line):  # published: (LeCun and others, 1998)
            yield f"typed number {typed[0]}"
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], notebook.cells[0]], strict=True):
        draws = cell.cell_type == "code" and DRAWS.search(cell.source)
        if draws and not re.match(r"\*Figure\. (?:\S+ ){5}.*\*$", following.source):
            yield f"no caption below {cell.source[:40]!r}"


def code(notebook, name):
    """Nothing of one machine, and nothing too wide for the site; `make lint` looks for outputs."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"kernel {notebook.metadata.get('kernelspec')}"
    if not cells[0].source.startswith("import mnist_tutorial as mt"):  # it silences two warnings
        yield "first code"
    if "Markdown(" not in cells[-1].source or re.search(r"\d+\.\d+ ?%", re.sub(r"\{[^}]*\}", "", cells[-1].source)):
        yield "no computed summary"
    if match := re.search(r"^[!%].*|pip install|/home/|/root/|/Users/|[A-Z]:\\\\", source(notebook, "code"), re.M):
        yield f"{match[0]!r} in the code"
    if (widest := max(map(len, source(notebook, "code").splitlines()))) > 88:
        yield f"{widest} columns"


def exercises(notebook, name):
    """The cells of an exercise in their order, and hints folded."""
    order, expected = [], []
    for cell in notebook.cells:
        order += [tag for tag in (*EXERCISE, *EXPLANATION) if tag in tags(cell)]
        if "task" in tags(cell):
            expected += EXERCISE + EXPLANATION * ("explain" in cell.source.splitlines()[0])
        if {"hint", "model"} & tags(cell) and not re.match(r"<details><summary>.*</details>$", cell.source, re.S):
            yield f"{cell.source[:40]!r} is open"
    if order != expected or not 2 <= order.count("task") <= 4:
        yield f"exercises {order}"
    if tags(notebook.cells[-1]) != {"review"}:
        yield "no review"
    if not all(
        source(notebook, "code").count(old) == 1 for old, _ in notebook.cells[-1].metadata.get("what_if", [["", ""]])
    ):
        yield "what_if"


@pytest.mark.parametrize("rule", [text, code, exercises])
@pytest.mark.parametrize("name", LESSONS)
def test_a_notebook_has_the_shape_of_a_lesson(name, rule):
    assert not [*rule(LESSONS[name], name)]


def test_each_lesson_leads_to_its_neighbours():
    assert [name[:2] for name in LESSONS] == [f"{n:02}" for n in range(1, 10)]
    names = [None, *LESSONS, None]
    for before, name, after in zip(names, LESSONS, names[2:], strict=False):
        leads = dict(re.findall(r"(Previous|Next): \[\d+\. [^]]+\]\(([^)]+)\)", LESSONS[name].cells[0].source))
        assert (leads.get("Previous"), leads.get("Next")) == (before, after)


def test_the_glossary_is_sorted_and_has_each_term_that_a_lesson_explains():
    glossary = nbformat.read(FOLDER / "glossary.ipynb", as_version=4).cells[0].source
    terms = re.findall(r"^\*\*([^*]+)\*\*: .+ \[[^]]+\]\(([^)]+)\)$", glossary, re.M)
    assert [term for term, _ in terms] == sorted((term for term, _ in terms), key=str.lower)
    for term, name in terms:
        assert f"**{term}**".lower() in source(LESSONS[name], "markdown").lower()


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", LESSONS)
def test_a_notebook_runs_to_its_end_after_the_change_that_its_what_if_suggests(name, monkeypatch):
    notebook = deepcopy(LESSONS[name])
    for old, new in notebook.cells[-1].metadata["what_if"]:
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # claims inform a student, and fail a test
    place = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()
