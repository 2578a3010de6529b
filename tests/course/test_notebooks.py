"""The shape of the notebooks, and that each rule about it can fail; nbmake runs them."""

from copy import deepcopy

import nbformat
import pytest
from conftest import ROOT
from notebook_rules import FOLDER, LESSONS, RULES, badges, complaints, glossary

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
    assert badges(nbformat.read(FOLDER / "project.ipynb", as_version=4), "project.ipynb", WORDS) is None


def in_first(old, new):
    def change(notebook):
        assert old in notebook.cells[0].source
        notebook.cells[0].source = notebook.cells[0].source.replace(old, new)

    return change


def in_any(old, new):
    def change(notebook):
        cell = next(cell for cell in notebook.cells if old in cell.source)
        cell.source = cell.source.replace(old, new)

    return change


def in_code(i, new):
    def change(notebook):
        [cell for cell in notebook.cells if cell.cell_type == "code"][i].source = new

    return change


def without(tag):
    def change(notebook):
        notebook.cells.remove(next(cell for cell in notebook.cells if tag in tags(cell)))

    return change


def of_cell(tag, change_source):
    def change(notebook):
        cell = next(cell for cell in notebook.cells if tag in tags(cell))
        cell.source = change_source(cell.source)

    return change


def store_an_output(notebook):
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="a")]


def forget_the_kernel(notebook):
    notebook.metadata.kernelspec.name = "my-env"


def claim_nothing(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("mt.checks.claim(", "print(")


def guess_and_forget(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("mt.guess(", "print(")


def review_first(notebook):
    notebook.cells.insert(1, notebook.cells.pop())


def forget_the_change(notebook):
    del notebook.cells[-1].metadata["what_if"]


def say_everything_twice(notebook):
    notebook.cells[1:1] = [deepcopy(cell) for cell in notebook.cells[1:] if cell.cell_type == "markdown"]


# Each rule, broken once: the rule, the change to a good notebook, and words of the complaint.
BREAKS = [
    ("title", in_first("# 2. ", "# Two: "), "expected '# 2. Title'"),
    ("navigation", in_first("03_neuron.ipynb", "05_cnn.ipynb"), "the navigation leads to"),
    ("badges", in_first("[Colab](", "[Binder]("), "lacks a line '*Open in [Colab]"),
    ("links", in_first("03_neuron.ipynb", "03_gone.ipynb"), "03_gone.ipynb"),
    ("objectives", in_first("- look at", "look at"), "three or four objectives"),
    ("prerequisites_and_minutes", in_first("minutes, ", "min, "), "expected '**You need**"),
    ("sections", in_any("## Summary", "## The end"), "Summary and Review last"),
    ("the_package_comes_first", in_code(0, "import numpy as np"), "expected import mnist_tutorial as mt"),
    ("a_summary_that_is_computed", in_code(-1, 'Markdown("All is well.")'), "computes no summary"),
    ("a_summary_that_is_computed", in_code(-1, 'Markdown(f"{counts}: 97.1 %")'), "typed number, '97.1 %'"),
    ("no_measured_numbers_in_prose", in_any("## Examples", "## Examples\n\nIt takes 12 seconds."), "'12 seconds'"),
    ("claims", claim_nothing, "mt.checks.claim"),
    ("length_of_the_lesson", in_code(3, "\n".join(f"a{i} = {i}" for i in range(90))), "at most 15 with 100"),
    ("width_of_code", in_code(3, "a = " + " + ".join(["1234"] * 13)), "has 92 columns"),
    ("number_of_figures", in_any("## Summary", "\n\n".join(["*Figure. One more.*"] * 6 + ["## Summary"])), "at most 6"),
    ("length_of_cells", in_code(3, "\n".join(f"a{i} = {i}" for i in range(21))), "21 lines"),
    ("number_of_words", say_everything_twice, "words; expected at most 1000"),
    ("no_outputs", store_an_output, "outputs are stored"),
    ("no_shell_and_no_paths", in_code(3, "!pip install deeptrack"), "'!pip"),
    ("kernel", forget_the_kernel, "expected python3"),
    ("captions", in_any("*Figure. ", "Look: "), "has no caption"),
    ("imports_that_are_used", in_code(0, "import mnist_tutorial as mt\nimport math"), "['math']"),
    ("exercises", without("hint"), "expected 2 to 4 times task, hint, stub, solution, check"),
    ("exercises", of_cell("task", lambda source: source * 9), "at most 100"),
    ("exercises", of_cell("hint", lambda source: source.removeprefix("<details>")), "expected <details>"),
    ("exercises", without("write"), "those that ask to explain"),
    ("guesses", guess_and_forget, "0 guesses"),
    ("guesses", in_any(".reveal(", ".hide("), "never compared"),
    ("review", review_first, "expected '## Review'"),
    ("review", of_cell("review", lambda source: source.replace("?", "!")), "expected three questions"),
    ("review", of_cell("review", lambda source: source.replace("Yes.", "No.", 1)), "one 'Yes.'"),
    (
        "review",
        of_cell("review", lambda source: source.replace("</details>", "</details>\n\na", 1)),
        "between two answers",
    ),
    ("review", of_cell("review", lambda source: source.replace("**What if**", "What if")), "the review ends"),
    ("review", forget_the_change, "metadata of the review"),
    ("notes_for_instructors", without("notes"), "no 'What goes wrong in class'"),
    ("notes_for_instructors", in_any("**Answer:**", "Answer:"), "has no answer"),
    (
        "number_of_terms",
        in_any("## Examples", "## Examples\n\n" + " ".join(f"**zorb {n}**" for n in range(16))),
        "at most 8",
    ),
    (
        "terms_are_in_the_glossary",
        in_any("## Examples", "## Examples\n\nA **zorb** is"),
        "['zorb']",
    ),
]


@pytest.mark.parametrize(("rule", "change", "words"), BREAKS, ids=[f"{rule}: {words}" for rule, _, words in BREAKS])
def test_each_rule_catches_its_break(rule, change, words):
    broken = deepcopy(NOTEBOOKS["02_visualizing.ipynb"])
    change(broken)
    assert words in complaints(broken, "02_visualizing.ipynb", WORDS)[rule]


def test_each_rule_is_broken_once():
    assert {rule for rule, _, _ in BREAKS} == {check.__name__ for check in RULES}
