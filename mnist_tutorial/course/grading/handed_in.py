"""A notebook that was handed in: the code of its exercises, found by tags and by the calls of checks."""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_tutorial.course.lesson import Lesson, read_notebook, tags
from mnist_tutorial.errors import MNISTError

WITHOUT_EXERCISES = ("glossary", "project")  # they come along when a whole folder is handed in


@dataclass(frozen=True)
class Exercise:
    """An exercise as it was handed in.

    Attributes
    ----------
    check : str
        The name of its check.
    answer : str
        The expression that is checked; empty if the check is missing.
    stub : bool
        Whether the cells of the answer are those of the stub.
    before, cells : tuple of str
        The code of the notebook that the answer may need, and its own cells.
    """

    check: str
    answer: str = ""
    stub: bool = False
    before: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandedIn:
    """A notebook that was handed in.

    Attributes
    ----------
    person : str
    path : Path
    lesson : str
        The name of the notebook of the course.
    exercises : tuple of Exercise
        One for each that the lesson has.
    refused : str
        Why the file cannot be read, if it cannot.
    """

    person: str
    path: Path
    lesson: str = ""
    exercises: tuple[Exercise, ...] = ()
    refused: str = ""


def stubs(lessons: Sequence[Lesson]) -> dict[str, dict[str, str]]:
    """Return the stub of each exercise: name of the notebook -> name of the check -> code."""
    found = {}
    for lesson in lessons:
        stub, found[lesson.name] = "", {}
        for cell in lesson.notebook.cells:
            if "stub" in tags(cell):
                stub = cell.source
            for check, _ in _checks(cell.source) if "check" in tags(cell) else ():
                found[lesson.name][check] = stub
    return found


def read_all(folder: Path, stubs: Mapping[str, Mapping[str, str]]) -> list[HandedIn]:
    """Read all notebooks in a folder: those of a person in a folder, or in files with the person's name."""
    paths = [
        path
        for path in folder.rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts and path.stem not in WITHOUT_EXERCISES
    ]
    return [_read(path, folder, stubs) for path in sorted(paths)]


def person(path: Path, names: Sequence[str]) -> str:
    """Tell whose notebook it is, from its path in the folder of all.

    Examples
    --------
    >>> person(Path("Anna/student/01_loading.ipynb"), ["01_loading.ipynb"])
    'Anna'
    >>> person(Path("01_loading_anna (2).ipynb"), ["01_loading.ipynb"])
    'anna'
    >>> person(Path("01_loading/anna.ipynb"), ["01_loading.ipynb"])
    'anna'
    """
    stems = [Path(name).stem for name in names]
    parts = [part for part in path.parts if Path(part).stem not in stems] or [path.name]
    if parts[0] != path.name:
        return parts[0]
    stem = re.sub(r"( ?\(\d+\)|\.new\d*|-Copy\d+)$", "", path.stem)
    for name in stems:
        stem = stem.replace(name, "")
    return stem.strip(" _-.") or path.stem


def _read(path, folder, stubs):
    who = person(path.relative_to(folder), list(stubs))
    try:
        cells = read_notebook(path).cells
    except MNISTError as error:
        return HandedIn(who, path, refused=str(error).removeprefix(f"{path}: "))
    code = [cell for cell in cells if cell.cell_type == "code"]
    called = {check for cell in code for check, _ in _checks(cell.source)}
    # Its lesson is the one with most of its checks, or that with its title.
    lesson = max(stubs, key=lambda name: len(called & set(stubs[name])))
    if not called & set(stubs[lesson]):
        number = re.search(r"^# (\d+)\. ", cells[0].source if cells else "")
        lesson = next((name for name in stubs if number and int(name[:2]) == int(number[1])), None)
        if lesson is None:
            return HandedIn(who, path, refused="no notebook of the course: neither its checks nor its title are there")
    begin = next((i for i, cell in enumerate(cells) if re.match(r"## Exercises", cell.source)), None)
    if begin is None:  # the first stub, then
        begin = next((i for i, cell in enumerate(cells) if {"task", "stub"} & tags(cell)), 0)
    imports = [_only(cell.source, ast.Import | ast.ImportFrom) for cell in code]
    definitions = [
        _only(cell.source, ast.FunctionDef | ast.ClassDef) for cell in cells[:begin] if cell.cell_type == "code"
    ]
    before, own, found = [part for part in (*imports, *definitions) if part], [], {}
    for cell in cells[begin:]:
        if cell.cell_type != "code":
            continue
        checks = [(check, answer) for check, answer in _checks(cell.source) if check in stubs[lesson]]
        if not checks:
            own.append(cell.source)
        for check, answer in checks:
            stub = _same(own, stubs[lesson][check])
            found[check] = Exercise(check, answer, stub, tuple(before), tuple(own))
        if checks:
            before, own = before + own, []
    return HandedIn(who, path, lesson, tuple(found.get(check, Exercise(check)) for check in stubs[lesson]))


def _parse(source):
    """Parse a cell, without the lines that only IPython understands; None if it is not Python."""
    try:
        return ast.parse(python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def python(source: str) -> str:
    """Blank the lines of a cell that only IPython understands, so that the others keep their numbers."""
    return re.sub(r"^\s*[%!?].*|^.*\?$", "", source, flags=re.M)


def _only(source, kinds):
    """Return the statements of these kinds; decorators would run code, so what has them is left out."""
    tree = _parse(source)
    body = tree.body if tree else ()
    kept = [node for node in body if isinstance(node, kinds) and not getattr(node, "decorator_list", None)]
    return "\n".join(map(ast.unparse, kept))


def _checks(source):
    """List the calls of checks in a cell: name, and the expression that is checked."""
    return [
        (node.func.attr, ast.unparse(node.args[0]))
        for node in ast.walk(_parse(source) or ast.Module([], []))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "checks"
        and len(node.args) == 1
    ]


def _same(cells, stub):
    """Tell whether cells are the stub, apart from comments, spaces and empty cells."""
    trees = [tree for tree in map(_parse, cells) if tree is None or tree.body]
    return len(trees) == 1 and trees[0] is not None and ast.dump(trees[0]) == ast.dump(ast.parse(stub))
