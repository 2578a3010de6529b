"""What people hand in, right and wrong, and what a check says of it.

`python tests/course/submissions.py 200` is `make checks`: it asks each check 200 times for each answer, a quarter as
often if it trains. A flip is a right answer that is refused, or a wrong one that is accepted or gets another hint.
"""

import io
import sys
import time
from contextlib import redirect_stdout
from itertools import cycle
from pathlib import Path

import nbformat
from right_answers import RIGHT
from wrong_answers import WRONG

import mnist_tutorial as mt
from mnist_tutorial.course.checks import helpers
from mnist_tutorial.course.lesson import tags

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
TRAINED = ("start", "small_mlp", "own_recipe", "small_cnn")  # their checks take seconds
# What the cells of an exercise take from the cells before it.
IMPORTS = """
from pathlib import Path
import deeplay as dl, deeptrack as dt, numpy as np, mnist_tutorial as mt
from scipy.special import expit, softmax
from sklearn.metrics import confusion_matrix
from torch import nn
"""


def exercises():
    """List each exercise of the notebooks: check -> (notebook, name of the answer, cells of stub, solution, check)."""
    found = {}
    for path in NOTEBOOKS:
        stub = solution = None
        for cell in nbformat.read(path, as_version=4).cells:
            if "stub" in tags(cell):
                stub = cell.source
            elif "solution" in tags(cell):
                solution = cell.source
            elif "check" in tags(cell):
                answer, _, check = cell.source.splitlines()[0].partition(" = mt.checks.")
                found[check.partition("(")[0]] = (path.stem, answer, stub, solution, cell.source)
                stub = solution = None
        assert (stub, solution) == (None, None), f"{path.name}: an exercise without a check"
    return found


EXERCISES = exercises()


def answer(source, name):
    """Run the cell of an answer, and return what it defines."""
    names = {}
    exec(IMPORTS, names)
    exec(compile(source, "a cell", "exec"), names)
    return names[name]


def right(check):
    _, name, _, solution, _ = EXERCISES[check]
    ours = {"of the notebook": answer(solution, name), "of the check": getattr(mt.checks, check).reference}
    return ours | RIGHT[check]


def wrong(check):
    _, name, stub, *_ = EXERCISES[check]
    return {"the stub": (answer(stub, name), "our answer")} | WRONG[check]


def ask(check, submission):
    """Ask a check; returns whether it is content, its line, and what it puts in place."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        placed = getattr(mt.checks, check)(submission)
    (line,) = printed.getvalue().splitlines()
    assert line[0] in "✓✗"
    return line[0] == "✓", line, placed


def judgements(check, draws):
    """Ask a check about all answers, again and again; yields each, whether rightly judged, and the line."""
    for _ in range(draws):
        for name, submission in right(check).items():
            content, line, _ = ask(check, submission)
            yield name, content, line
        for name, (submission, hint) in wrong(check).items():
            content, line, _ = ask(check, submission)
            yield name, not content and hint in line, line


def table(draws, checks):
    """Ask checks, and print a row of a table for each; returns the number of flips."""
    variants = cycle([mt.load("auto"), mt.load("sample")])
    helpers.load = lambda variant: next(variants)  # half of the draws come from the sample
    print("| notebook | exercise | right answers | wrong answers | draws | flips | seconds |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    flips = 0
    for check in sorted(checks, key=lambda check: check not in TRAINED):
        start, times = time.monotonic(), -(-draws // 4) if check in TRAINED else draws
        flipped = [(name, line) for name, rightly, line in judgements(check, times) if not rightly]
        numbers = len(right(check)), len(wrong(check)), times, len(flipped), round(time.monotonic() - start)
        print(f"| {EXERCISES[check][0]} | {check} | {' | '.join(map(str, numbers))} |", flush=True)
        for name, line in dict(flipped).items():
            print(f"{check}, {name}, as in: {line}", file=sys.stderr)
        flips += len(flipped)
    return flips


if __name__ == "__main__":
    number, *names = sys.argv[1:]
    sys.exit(table(int(number), names or EXERCISES) > 0)
