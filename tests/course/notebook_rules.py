"""The rules for the shape of a notebook; each part of them yields what is wrong."""

import ast
import re
from pathlib import Path

from conftest import ROOT

from mnist_tutorial.course.lesson import tags

FOLDER = ROOT / "notebooks"
LESSONS = sorted(path.name for path in FOLDER.glob("[0-9]*.ipynb"))
EXERCISE = ["task", "hint", "stub", "solution", "check"]
EXPLANATION = ["write", "model"]  # after the check of an exercise that asks to explain
EXTRA_TAGS = {*EXERCISE, *EXPLANATION, "review", "notes", "slide-only"}  # cells that do not count as lesson
# What fits into 45 minutes with three exercises, and what people remember of it.
MOST_WORDS, MOST_CELLS, MOST_LINES, MOST_COLUMNS, MOST_FIGURES, MOST_TERMS = 1000, 15, 100, 88, 6, 8
# Only at the beginning of a line: a function of the notebook that draws needs its caption where it is called.
PLOTS = "digits|learning_curves|confusion_matrix|failures|robustness|runs|weights"
DRAWS = re.compile(rf"^(?:mt\.plots\.(?:{PLOTS})\(|mt\.diagrams\.|fig, .*plt\.subplots\(|official\()", re.M)
NOT_TERMS = {"You will learn to", "You need", "Time"}  # bold as well
COLAB = "https://colab.research.google.com/github/DeepTrackAI/mnist-tutorial/blob/course/student"
KAGGLE = "https://kaggle.com/kernels/welcome?src=https://github.com/DeepTrackAI/mnist-tutorial/blob/course/student"


def cells(notebook, kind, lesson=False):
    return [cell for cell in notebook.cells if cell.cell_type == kind and not (lesson and EXTRA_TAGS & tags(cell))]


def text(notebook, kind, lesson=False):
    return "\n\n".join(cell.source for cell in cells(notebook, kind, lesson))


def terms(notebook):
    """Return the terms of a notebook: bold where they are explained."""
    bold = re.findall(r"\*\*([^*]+)\*\*", re.sub(r"`[^`]*`", "", text(notebook, "markdown", lesson=True)))
    return {term[0].lower() + term[1:] for term in bold if term not in NOT_TERMS and term[-1] not in ".?:!"}


def glossary(notebook):
    """Return the glossary: term to the notebook that explains it."""
    entries = re.findall(r"^\*\*([^*]+)\*\*: .+ \[[^]]+\]\(([^)]+)\)$", text(notebook, "markdown"), re.M)
    return {term[0].lower() + term[1:]: where for term, where in entries}


def badges(name):
    # Also in this repository, they lead students to what is for students.
    return f"\n\n*Open in [Colab]({COLAB}/{name}) or [Kaggle]({KAGGLE}/{name})*\n\n"


def first_cell(notebook, name, words):
    if not re.match(rf"# {int(name[:2])}\. \w+", notebook.cells[0].source):
        yield f"the first line is {notebook.cells[0].source[:40]!r}; expected '# {int(name[:2])}. Title'"
    number = LESSONS.index(name)
    leads = dict(re.findall(r"(Previous|Next): \[\d+\. [^]]+\]\(([^)]+)\)", notebook.cells[0].source))
    expected = {"Previous": LESSONS[number - 1]} if number else {}
    expected |= {"Next": LESSONS[number + 1]} if number + 1 < len(LESSONS) else {}
    if leads != expected:
        yield f"the navigation leads to {leads}; expected {expected}"
    if badges(name) not in notebook.cells[0].source:
        yield f"the first cell lacks a line {badges(name).strip()!r}"
    match = re.search(r"\*\*You will learn to\*\*\n((?:- .*\n)+)", notebook.cells[0].source)
    if not match or not 3 <= len(match[1].splitlines()) <= 4:
        yield "expected three or four objectives under **You will learn to**"
    if not re.search(
        r"\*\*You need\*\* .+ \*\*Time\*\* \d+ minutes, \d+ of them for exercises", notebook.cells[0].source
    ):
        yield "expected '**You need** ... **Time** 40 minutes, 15 of them for exercises'"


def text_of_the_lesson(notebook, name, words):
    for target in re.findall(r"\]\(([^):#]+)\)", text(notebook, "markdown")):
        if not (FOLDER / target).exists():
            yield f"a link leads to {target}, which does not exist"
    headings = re.findall(r"^## (.*)$", text(notebook, "markdown"), re.M)
    if headings[:1] != ["Set-up"] or headings[-3:] != ["Exercises", "Summary", "Review"]:
        yield f"the sections are {headings}; expected Set-up first; Exercises, Summary and Review last"
    # Published numbers are fine with their source, as in (LeCun and others, 1998).
    for line in text(notebook, "markdown", lesson=True).splitlines():
        typed = re.search(r"\d+\.\d+ ?%|\d+(?:\.\d+)? seconds", line)
        if typed and not re.search(r"\b(?:19|20)\d\d\)", line):
            yield f"the text has a typed number, {typed[0]!r}; expected a cell that computes it"
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], notebook.cells[0]], strict=True):
        draws = cell.cell_type == "code" and DRAWS.search(cell.source)
        if draws and not re.match(r"\*Figure\. (?:\S+ ){5}.*\*$", following.source):
            yield f"the figure of {cell.source[:40]!r} has no caption; expected a cell '*Figure. What it shows.*'"
    missing = {term for term in terms(notebook) if term not in words}
    if missing:
        yield f"bold, but not in the glossary: {sorted(missing)}"
    unexplained = {term for term, where in words.items() if where == name} - terms(notebook)
    if unexplained:
        yield f"in the glossary, but not explained in bold here: {sorted(unexplained)}"


def code_of_the_lesson(notebook, name, words):
    first = cells(notebook, "code")[0].source
    if not first.startswith("import mnist_tutorial as mt"):
        yield f"the first code is {first[:40]!r}; expected import mnist_tutorial as mt, which silences two warnings"
    last = cells(notebook, "code")[-1].source
    if "Markdown(" not in last or "{" not in last:
        yield "the last cell computes no summary; expected Markdown(f'...')"
    if typed := re.search(r"\d+\.\d+ ?%|\d+ (?:seconds|times)", re.sub(r"\{[^}]*\}", "", last)):
        yield f"the summary has a typed number, {typed[0]!r}; expected a value that was computed"
    if "mt.checks.claim(" not in text(notebook, "code", lesson=True):
        yield "no number that the text relies on is guarded; expected mt.checks.claim(...)"
    if any(cell.outputs or cell.execution_count is not None for cell in cells(notebook, "code")):
        yield "outputs are stored; expected none: run nbstripout"
    if match := re.search(r"^[!%].*|pip install|/home/|/root/|/Users/|[A-Z]:\\\\", text(notebook, "code"), re.M):
        yield f"the code has {match[0]!r}; expected no shell commands, magics or paths of one machine"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield f"the kernel is {notebook.metadata.get('kernelspec')}; expected python3"
    try:
        tree = ast.parse(text(notebook, "code"))
    except SyntaxError as error:
        yield f"the code is not Python: {error.text}"
        return
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if imported - used:
        yield f"imported but not used: {sorted(imported - used)}"


def guesses(notebook, name, words):
    code = text(notebook, "code", lesson=True)
    names = re.findall(r"^(\w+) = mt\.guess\(", code, re.M)
    if len(names) < 2 or len(names) != code.count("mt.guess("):
        yield f"{len(names)} guesses have a name; expected two or more, each as in 'longest = mt.guess(...)'"
    for guess in names:
        if f"{guess}.reveal(" not in code.partition(f"{guess} = ")[2]:
            yield f"the guess {guess!r} is never compared with the truth; expected {guess}.reveal(...) below it"


def limits(notebook, name, words):
    cells_of_code = [cell.source for cell in cells(notebook, "code")]
    code = [cell.source for cell in cells(notebook, "code", lesson=True)]
    prose = "\n\n".join(cell.source for cell in cells(notebook, "markdown", lesson=True)[1:])  # without the title
    figures = r"^\*Figure\. .*$"
    numbers = {
        "cells of code": (len(code), MOST_CELLS),
        "lines of code": (len("\n".join(code).splitlines()), MOST_LINES),
        "lines in a cell": (max(len(source.splitlines()) for source in cells_of_code), 20),
        "columns": (max(map(len, "\n".join(cells_of_code).splitlines())), MOST_COLUMNS),
        "figures": (len(re.findall(figures, prose, re.M)), MOST_FIGURES),
        "words": (len(re.sub(figures, "", prose, flags=re.M).split()), MOST_WORDS),
        "new terms": (len(terms(notebook)), MOST_TERMS),
    }
    yield from (f"{number} {of}; expected at most {most}" for of, (number, most) in numbers.items() if number > most)


def exercises(notebook, name, words):
    order, expected = [], []
    for cell in notebook.cells:
        order += [tag for tag in (*EXERCISE, *EXPLANATION) if tag in tags(cell)]
        if "task" in tags(cell):
            expected += EXERCISE + EXPLANATION * ("explain" in cell.source.splitlines()[0])
    if not 2 <= order.count("task") <= 4 or order != expected:
        yield (
            f"the cells of the exercises are {order}; expected 2 to 4 times task, hint, stub, solution, check, and "
            "write, model after those that ask to explain"
        )
    for cell in notebook.cells:
        if "task" in tags(cell) and len(cell.source.split()) > 100:
            yield f"the task {cell.source[:40]!r} has {len(cell.source.split())} words; expected at most 100"
        if {"hint", "model"} & tags(cell) and not re.match(r"<details><summary>.*</details>$", cell.source, re.S):
            yield f"{cell.source[:40]!r} is open; expected <details><summary>...</details>"


def review(notebook, name, words):
    last = notebook.cells[-1]
    if tags(last) != {"review"} or not last.source.startswith("## Review\n"):
        yield f"the last cell is {last.source[:40]!r}; expected '## Review', with the tag review"
    *answered, end = re.split(r"<details><summary>[^<]+</summary>\n\n(.+?)\n\n</details>", last.source, flags=re.S)
    between, verdicts = answered[::2], [answer.split()[0] for answer in answered[1::2]]
    if len(verdicts) != 9 or not all("?" in question for question in between[::3]):
        yield f"the review has {len(verdicts)} answers; expected three questions with three answers each"
    if any(part.strip() for i, part in enumerate(between) if i % 3):
        yield "the review has text between two answers to a question; expected none"
    if any(sorted(verdicts[i : i + 3]) != ["No.", "No.", "Yes."] for i in (0, 3, 6)):
        yield f"the answers of the review begin {verdicts}; expected one 'Yes.' and two 'No.' for each question"
    if not re.fullmatch(r"\*\*What if\*\* [^\n]+", end.strip()):
        yield f"the review ends {end[-40:]!r}; expected a line '**What if** ...?'"
    code = text(notebook, "code")
    if not all(code.count(old) == 1 for old, _ in last.metadata.get("what_if", [["", ""]])):
        yield "the change of **What if** is not in the metadata of the review, as what_if: [[old, new], ...]"


def notes_for_instructors(notebook, name, words):
    notes = "\n".join(cell.source for cell in notebook.cells if "notes" in tags(cell))
    for part in ("What goes wrong in class", "Ask", "On the board", "20 minutes late"):
        if f"**{part}:**" not in notes:
            yield f"the notes for instructors have no {part!r}"
    for line in notes.splitlines():
        if "**Ask:**" in line and "**Answer:**" not in line:
            yield f"the question {line[:40]!r} has no answer; expected '**Ask:** \"...\" **Answer:** ...' on one line"


def complaints(notebook, name, words):
    """Apply all rules to a notebook of this name; returns what is wrong."""
    parts = (
        first_cell,
        text_of_the_lesson,
        code_of_the_lesson,
        guesses,
        limits,
        exercises,
        review,
        notes_for_instructors,
    )
    return [complaint for part in parts for complaint in part(notebook, Path(name).name, words)]
