"""The shape of the notebooks, and that each rule about it can fail; nbmake runs them."""

from copy import deepcopy

import nbformat
import pytest
from conftest import ROOT
from notebook_rules import FOLDER, LESSONS, badges, complaints, glossary

from mnist_tutorial.course.lesson import tags

NOTEBOOKS = {name: nbformat.read(FOLDER / name, as_version=4) for name in LESSONS}
WORDS = glossary(nbformat.read(FOLDER / "glossary.ipynb", as_version=4))


@pytest.mark.parametrize("name", LESSONS)
def test_a_notebook_has_the_shape_of_a_lesson(name):
    assert not complaints(NOTEBOOKS[name], name, WORDS)


def test_they_are_in_order():
    assert [name[:2] for name in LESSONS] == [f"{n:02}" for n in range(1, 10)]


def test_the_glossary_is_sorted_and_readme_and_lessons_link_to_it():
    assert list(WORDS) == sorted(WORDS, key=str.lower)
    assert 30 < len(WORDS) <= 60
    assert "(notebooks/glossary.ipynb)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(glossary.ipynb)" in NOTEBOOKS["01_loading.ipynb"].cells[0].source


def test_the_project_opens_in_colab_and_kaggle_as_well():
    assert badges("project.ipynb") in nbformat.read(FOLDER / "project.ipynb", as_version=4).cells[0].source


def everywhere(old, new):
    def change(notebook):
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return change


def in_code(i, new):
    def change(notebook):
        [cell for cell in notebook.cells if cell.cell_type == "code"][i].source = new

    return change


def without(tag):
    return lambda notebook: notebook.cells.remove(next(cell for cell in notebook.cells if tag in tags(cell)))


def of_cell(tag, change_source):
    def change(notebook):
        cell = next(cell for cell in notebook.cells if tag in tags(cell))
        cell.source = change_source(cell.source)

    return change


def store_an_output(notebook):
    next(cell for cell in notebook.cells if cell.cell_type == "code").execution_count = 1


def say_everything_twice(notebook):
    notebook.cells[1:1] = [deepcopy(cell) for cell in notebook.cells[1:] if cell.cell_type == "markdown"]


# Each rule, broken once: the change to a good notebook, and words of the complaint.
BREAKS = [
    (everywhere("# 2. ", "# Two: "), "expected '# 2. Title'"),
    (everywhere("03_neuron.ipynb", "05_cnn.ipynb"), "the navigation leads to"),
    (everywhere("[Colab](", "[Binder]("), "lacks a line '*Open in [Colab]"),
    (everywhere("03_neuron.ipynb", "03_gone.ipynb"), "03_gone.ipynb"),
    (everywhere("- look at", "look at"), "three or four objectives"),
    (everywhere("minutes, ", "min, "), "expected '**You need**"),
    (everywhere("## Summary", "## The end"), "Summary and Review last"),
    (in_code(0, "import numpy as np"), "expected import mnist_tutorial as mt"),
    (in_code(-1, 'Markdown("All is well.")'), "computes no summary"),
    (in_code(-1, 'Markdown(f"{counts}: 97.1 %")'), "typed number, '97.1 %'"),
    (everywhere("## Examples", "## Examples\n\nIt takes 12 seconds."), "'12 seconds'"),
    (everywhere("mt.checks.claim(", "print("), "mt.checks.claim"),
    (in_code(3, "\n".join(f"a{i} = {i}" for i in range(90))), "lines of code; expected at most 100"),
    (in_code(3, "a = " + " + ".join(["1234"] * 13)), "92 columns"),
    (
        everywhere("## Summary", "\n\n".join(["*Figure. One more.*"] * 6 + ["## Summary"])),
        "figures; expected at most 6",
    ),
    (in_code(3, "\n".join(f"a{i} = {i}" for i in range(21))), "21 lines in a cell"),
    (say_everything_twice, "words; expected at most 1000"),
    (store_an_output, "outputs are stored"),
    (in_code(3, "!pip install deeptrack"), "'!pip"),
    (lambda notebook: notebook.metadata.pop("kernelspec"), "expected python3"),
    (everywhere("*Figure. ", "Look: "), "has no caption"),
    (in_code(0, "import mnist_tutorial as mt\nimport math"), "['math']"),
    (without("hint"), "expected 2 to 4 times task, hint, stub, solution, check"),
    (of_cell("task", lambda source: source * 9), "at most 100"),
    (of_cell("hint", lambda source: source.removeprefix("<details>")), "expected <details>"),
    (without("write"), "those that ask to explain"),
    (everywhere("mt.guess(", "print("), "0 guesses"),
    (everywhere(".reveal(", ".hide("), "never compared"),
    (lambda notebook: notebook.cells.insert(1, notebook.cells.pop()), "expected '## Review'"),
    (of_cell("review", lambda source: source.replace("?", "!")), "expected three questions"),
    (of_cell("review", lambda source: source.replace("Yes.", "No.", 1)), "one 'Yes.'"),
    (
        of_cell("review", lambda source: source.replace("</details>", "</details>\n\na", 1)),
        "between two answers",
    ),
    (of_cell("review", lambda source: source.replace("**What if**", "What if")), "the review ends"),
    (lambda notebook: notebook.cells[-1].metadata.pop("what_if"), "metadata of the review"),
    (without("notes"), "no 'What goes wrong in class'"),
    (everywhere("**Answer:**", "Answer:"), "has no answer"),
    (
        everywhere("## Examples", "## Examples\n\n" + " ".join(f"**zorb {n}**" for n in range(16))),
        "new terms; expected at most 8",
    ),
    (everywhere("## Examples", "## Examples\n\nA **zorb** is"), "['zorb']"),
]


@pytest.mark.parametrize(("change", "words"), BREAKS, ids=[words for _, words in BREAKS])
def test_each_rule_catches_its_break(change, words):
    broken = deepcopy(NOTEBOOKS["02_visualizing.ipynb"])
    change(broken)
    assert any(words in complaint for complaint in complaints(broken, "02_visualizing.ipynb", WORDS))
