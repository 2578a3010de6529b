"""The rules for the shape of a notebook; each returns what is wrong, or None."""

import ast
import re
from pathlib import Path

from conftest import ROOT

from mnist_tutorial.course.lesson import tags

FOLDER = ROOT / "notebooks"
LESSONS = sorted(path.name for path in FOLDER.glob("[0-9]*.ipynb"))
EXTRA_TAGS = {"task", "hint", "stub", "solution", "check", "notes"}  # cells that do not count as lesson
# Only at the beginning of a line: a function of the notebook that draws needs its caption where it is called.
PLOTS = "digits|learning_curves|confusion_matrix|failures"
DRAWS = re.compile(rf"^(?:mt\.plots\.(?:{PLOTS})\(|fig, .*plt\.subplots\(|official\()", re.M)
NOT_TERMS = {"You will learn to", "You need", "Time"}  # bold as well
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
    leads = dict(re.findall(r"(Previous|Next): \[\d\. [^]]+\]\(([^)]+)\)", notebook.cells[0].source))
    expected = {"Previous": LESSONS[number - 1]} if number else {}
    expected |= {"Next": LESSONS[number + 1]} if number + 1 < len(LESSONS) else {}
    if leads != expected:
        return f"the navigation leads to {leads}; expected {expected}"


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
    if headings[:1] != ["Set-up"] or headings[-2:] != ["Exercises", "Summary"]:
        return f"the sections are {headings}; expected Set-up first, Exercises and Summary last"


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
    if not 15 <= len(code) <= 25 or lines > 150:
        return f"{len(code)} code cells with {lines} lines; expected 15 to 25 with at most 150"


@rule
def length_of_cells(notebook, name, words):
    longest = max((cell.source for cell in cells(notebook, "code")), key=lambda source: len(source.splitlines()))
    if len(longest.splitlines()) > 20:
        return f"the cell {longest[:30]!r} has {len(longest.splitlines())} lines; expected at most 20"


@rule
def number_of_words(notebook, name, words):
    count = len(re.sub(r"^\*Figure\. .*$", "", text(notebook, "markdown", lesson=True), flags=re.M).split())
    if not 600 <= count <= 1200:
        return f"{count} words; expected 600 to 1200"


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
def exercises(notebook, name, words):
    order = [(tags(cell) & EXTRA_TAGS - {"notes"} or {None}).pop() for cell in notebook.cells]
    order = [tag for tag in order if tag]
    number = order.count("task")
    if not 2 <= number <= 4 or order != ["task", "hint", "stub", "solution", "check"] * number:
        return f"the cells of the exercises are {order}; expected 2 to 4 times task, hint, stub, solution, check"
    for cell in notebook.cells:
        if "task" in tags(cell) and len(cell.source.split()) > 100:
            return f"the task {cell.source[:40]!r} has {len(cell.source.split())} words; expected at most 100"
        if "hint" in tags(cell) and not cell.source.startswith("<details>"):
            return f"the hint {cell.source[:40]!r} is open; expected <details>"


@rule
def notes_for_instructors(notebook, name, words):
    notes = "\n".join(cell.source for cell in notebook.cells if "notes" in tags(cell))
    for part in ("What goes wrong in class", "Ask", "20 minutes late"):
        if f"**{part}:**" not in notes:
            return f"the notes for instructors have no {part!r}"


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
