"""The rules for the shape of a notebook; each returns what is wrong, or None."""

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
RULES = []


def rule(check):
    RULES.append(check)
    return check


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


@rule
def title(notebook, name, words):
    if not re.match(rf"# {int(name[:2])}\. \w+", notebook.cells[0].source):
        return f"the first line is {notebook.cells[0].source[:40]!r}; expected '# {int(name[:2])}. Title'"


@rule
def navigation(notebook, name, words):
    number = LESSONS.index(name)
    leads = dict(re.findall(r"(Previous|Next): \[\d+\. [^]]+\]\(([^)]+)\)", notebook.cells[0].source))
    expected = {"Previous": LESSONS[number - 1]} if number else {}
    expected |= {"Next": LESSONS[number + 1]} if number + 1 < len(LESSONS) else {}
    if leads != expected:
        return f"the navigation leads to {leads}; expected {expected}"


@rule
def badges(notebook, name, words):
    # Also in this repository, they lead students to what is for students.
    expected = f"*Open in [Colab]({COLAB}/{name}) or [Kaggle]({KAGGLE}/{name})*"
    if f"\n\n{expected}\n\n" not in notebook.cells[0].source:
        return f"the first cell lacks a line {expected!r}"


@rule
def links(notebook, name, words):
    for target in re.findall(r"\]\(([^):#]+)\)", text(notebook, "markdown")):
        if not (FOLDER / target).exists():
            return f"a link leads to {target}, which does not exist"


@rule
def objectives(notebook, name, words):
    match = re.search(r"\*\*You will learn to\*\*\n((?:- .*\n)+)", notebook.cells[0].source)
    if not match or not 3 <= len(match[1].splitlines()) <= 4:
        return "expected three or four objectives under **You will learn to**"


@rule
def prerequisites_and_minutes(notebook, name, words):
    if not re.search(
        r"\*\*You need\*\* .+ \*\*Time\*\* \d+ minutes, \d+ of them for exercises", notebook.cells[0].source
    ):
        return "expected '**You need** ... **Time** 40 minutes, 15 of them for exercises'"


@rule
def sections(notebook, name, words):
    headings = re.findall(r"^## (.*)$", text(notebook, "markdown"), re.M)
    if headings[:1] != ["Set-up"] or headings[-3:] != ["Exercises", "Summary", "Review"]:
        return f"the sections are {headings}; expected Set-up first; Exercises, Summary and Review last"


@rule
def the_package_comes_first(notebook, name, words):
    first = cells(notebook, "code")[0].source
    if not first.startswith("import mnist_tutorial as mt"):
        return f"the first code is {first[:40]!r}; expected import mnist_tutorial as mt, which silences two warnings"


@rule
def a_summary_that_is_computed(notebook, name, words):
    last = cells(notebook, "code")[-1].source
    if "Markdown(" not in last or "{" not in last:
        return "the last cell computes no summary; expected Markdown(f'...')"
    if typed := re.search(r"\d+\.\d+ ?%|\d+ (?:seconds|times)", re.sub(r"\{[^}]*\}", "", last)):
        return f"the summary has a typed number, {typed[0]!r}; expected a value that was computed"


@rule
def no_measured_numbers_in_prose(notebook, name, words):
    # Published numbers are fine with their source, as in (LeCun and others, 1998).
    for line in text(notebook, "markdown", lesson=True).splitlines():
        typed = re.search(r"\d+\.\d+ ?%|\d+(?:\.\d+)? seconds", line)
        if typed and not re.search(r"\b(?:19|20)\d\d\)", line):
            return f"the text has a typed number, {typed[0]!r}; expected a cell that computes it"


@rule
def claims(notebook, name, words):
    if "mt.checks.claim(" not in text(notebook, "code", lesson=True):
        return "no number that the text relies on is guarded; expected mt.checks.claim(...)"


@rule
def length_of_the_lesson(notebook, name, words):
    code = [cell.source for cell in cells(notebook, "code", lesson=True)]
    lines = sum(len(source.splitlines()) for source in code)
    if len(code) > MOST_CELLS or lines > MOST_LINES:
        return f"{len(code)} code cells with {lines} lines; expected at most {MOST_CELLS} with {MOST_LINES}"


@rule
def width_of_code(notebook, name, words):
    widest = max(text(notebook, "code").splitlines(), key=len)
    if len(widest) > MOST_COLUMNS:
        return f"the line {widest[:30]!r} has {len(widest)} columns; expected at most {MOST_COLUMNS}"


@rule
def number_of_figures(notebook, name, words):
    count = len(re.findall(r"^\*Figure\. ", text(notebook, "markdown", lesson=True), re.M))
    if count > MOST_FIGURES:
        return f"{count} figures; expected at most {MOST_FIGURES}"


@rule
def length_of_cells(notebook, name, words):
    longest = max((cell.source for cell in cells(notebook, "code")), key=lambda source: len(source.splitlines()))
    if len(longest.splitlines()) > 20:
        return f"the cell {longest[:30]!r} has {len(longest.splitlines())} lines; expected at most 20"


@rule
def number_of_words(notebook, name, words):
    lesson = "\n\n".join(cell.source for cell in cells(notebook, "markdown", lesson=True)[1:])  # without the title
    count = len(re.sub(r"^\*Figure\. .*$", "", lesson, flags=re.M).split())
    if count > MOST_WORDS:
        return f"{count} words; expected at most {MOST_WORDS}"


@rule
def no_outputs(notebook, name, words):
    if any(cell.outputs or cell.execution_count is not None for cell in cells(notebook, "code")):
        return "outputs are stored; expected none: run nbstripout"


@rule
def no_shell_and_no_paths(notebook, name, words):
    if match := re.search(r"^[!%].*|pip install|/home/|/root/|/Users/|[A-Z]:\\\\", text(notebook, "code"), re.M):
        return f"the code has {match[0]!r}; expected no shell commands, magics or paths of one machine"


@rule
def kernel(notebook, name, words):
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        return f"the kernel is {notebook.metadata.get('kernelspec')}; expected python3"


@rule
def captions(notebook, name, words):
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], notebook.cells[0]], strict=True):
        draws = cell.cell_type == "code" and DRAWS.search(cell.source)
        if draws and not re.match(r"\*Figure\. (?:\S+ ){5}.*\*$", following.source):
            return f"the figure of {cell.source[:40]!r} has no caption; expected a cell '*Figure. What it shows.*'"


@rule
def imports_that_are_used(notebook, name, words):
    try:
        tree = ast.parse(text(notebook, "code"))
    except SyntaxError as error:
        return f"the code is not Python: {error.text}"
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if imported - used:
        return f"imported but not used: {sorted(imported - used)}"


@rule
def guesses(notebook, name, words):
    code = text(notebook, "code", lesson=True)
    names = re.findall(r"^(\w+) = mt\.guess\(", code, re.M)
    if len(names) < 2 or len(names) != code.count("mt.guess("):
        return f"{len(names)} guesses have a name; expected two or more, each as in 'longest = mt.guess(...)'"
    for guess in names:
        if f"{guess}.reveal(" not in code.partition(f"{guess} = ")[2]:
            return f"the guess {guess!r} is never compared with the truth; expected {guess}.reveal(...) below it"


@rule
def exercises(notebook, name, words):
    order, expected = [], []
    for cell in notebook.cells:
        order += [tag for tag in (*EXERCISE, *EXPLANATION) if tag in tags(cell)]
        if "task" in tags(cell):
            expected += EXERCISE + EXPLANATION * ("explain" in cell.source.splitlines()[0])
    if not 2 <= order.count("task") <= 4 or order != expected:
        return (
            f"the cells of the exercises are {order}; expected 2 to 4 times task, hint, stub, solution, check, and "
            "write, model after those that ask to explain"
        )
    for cell in notebook.cells:
        if "task" in tags(cell) and len(cell.source.split()) > 100:
            return f"the task {cell.source[:40]!r} has {len(cell.source.split())} words; expected at most 100"
        if {"hint", "model"} & tags(cell) and not re.match(r"<details><summary>.*</details>$", cell.source, re.S):
            return f"{cell.source[:40]!r} is open; expected <details><summary>...</details>"


@rule
def review(notebook, name, words):
    last = notebook.cells[-1]
    if tags(last) != {"review"} or not last.source.startswith("## Review\n"):
        return f"the last cell is {last.source[:40]!r}; expected '## Review', with the tag review"
    *answered, end = re.split(r"<details><summary>[^<]+</summary>\n\n(.+?)\n\n</details>", last.source, flags=re.S)
    between, verdicts = answered[::2], [answer.split()[0] for answer in answered[1::2]]
    if len(verdicts) != 9 or not all("?" in question for question in between[::3]):
        return f"the review has {len(verdicts)} answers; expected three questions with three answers each"
    if any(part.strip() for i, part in enumerate(between) if i % 3):
        return "the review has text between two answers to a question; expected none"
    if any(sorted(verdicts[i : i + 3]) != ["No.", "No.", "Yes."] for i in (0, 3, 6)):
        return f"the answers of the review begin {verdicts}; expected one 'Yes.' and two 'No.' for each question"
    if not re.fullmatch(r"\*\*What if\*\* [^\n]+", end.strip()):
        return f"the review ends {end[-40:]!r}; expected a line '**What if** ...?'"
    code = text(notebook, "code")
    if not all(code.count(old) == 1 for old, _ in last.metadata.get("what_if", [["", ""]])):
        return "the change of **What if** is not in the metadata of the review, as what_if: [[old, new], ...]"


@rule
def notes_for_instructors(notebook, name, words):
    notes = "\n".join(cell.source for cell in notebook.cells if "notes" in tags(cell))
    for part in ("What goes wrong in class", "Ask", "On the board", "20 minutes late"):
        if f"**{part}:**" not in notes:
            return f"the notes for instructors have no {part!r}"
    for line in notes.splitlines():
        if "**Ask:**" in line and "**Answer:**" not in line:
            return f"the question {line[:40]!r} has no answer; expected '**Ask:** \"...\" **Answer:** ...' on one line"


@rule
def number_of_terms(notebook, name, words):
    if len(terms(notebook)) > MOST_TERMS:
        return f"{len(terms(notebook))} new terms, {sorted(terms(notebook))}; expected at most {MOST_TERMS}"


@rule
def terms_are_in_the_glossary(notebook, name, words):
    missing = {term for term in terms(notebook) if term not in words}
    if missing:
        return f"bold, but not in the glossary: {sorted(missing)}"
    unexplained = {term for term, where in words.items() if where == name} - terms(notebook)
    if unexplained:
        return f"in the glossary, but not explained in bold here: {sorted(unexplained)}"


def complaints(notebook, name, words):
    """Apply all rules; returns the complaints by the name of the rule."""
    results = {check.__name__: check(notebook, Path(name).name, words) for check in RULES}
    return {rule: complaint for rule, complaint in results.items() if complaint}
