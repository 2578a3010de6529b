"""What was handed in: notebooks as people and learning platforms deliver them, and the code of their exercises."""

import ast
import re
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_tutorial.course.lesson import Lesson, read_notebook, tags
from mnist_tutorial.errors import MNISTError

WITHOUT_EXERCISES = ("glossary", "project")  # they come along when a whole folder is handed in
READ = (".ipynb", ".json", ".txt")  # what the name of a notebook may end with
# What Moodle and Canvas put behind the name of a person.
PLATFORMS = re.compile(r"(.+?)(?:_\d+_assignsubmission_(?:file|onlinetext)|(?:_LATE)?_\d+_\d+_)")
COPY = re.compile(r"^copy of |(?: ?\(\d+\)|-\d+|-copy\d+|\.new(?:-\w{6}|\d*))+$", re.I)
ROOT = PurePosixPath()


class Exercise(NamedTuple):
    """An exercise as it was handed in: the name of its check, the line that calls it, and the cells of the answer."""

    check: str
    call: str = ""  # empty if it is not in the notebook
    cells: tuple[str, ...] = ()
    answered: bool = False  # whether the cells differ from the stub


class HandedIn(NamedTuple):
    """A file that was handed in: an exercise for each of its lesson, or why it is refused."""

    person: str
    path: str
    lesson: str = ""
    exercises: tuple[Exercise, ...] = ()
    context: tuple[str, ...] = ()  # imports and definitions of the lesson
    refused: str = ""


def stubs(lessons: Sequence[Lesson]) -> dict[str, dict[str, str]]:
    """Return the stub of each exercise: name of the notebook -> name of the check -> code."""
    found = {}
    for lesson in lessons:
        stub, found[lesson.name] = "", {}
        for cell in lesson.notebook.cells:
            stub = cell.source if "stub" in tags(cell) else stub
            if "check" in tags(cell):
                found[lesson.name] |= dict.fromkeys(_split(cell.source)[1], stub)
    return found


def read_all(place: Path, stubs: Mapping[str, Mapping[str, str]]) -> list[HandedIn]:
    """Read a folder or a zip file; an `MNISTError` if there is no file in it."""
    root = zipfile.Path(place) if place.is_file() and zipfile.is_zipfile(place) else place
    contents = {path: content for path, content in _walk(root) if _stem(path.name) not in WITHOUT_EXERCISES}
    if not contents or ROOT in contents:
        raise MNISTError(f"{place}: no files; expected a folder or a zip file with what people have handed in")
    names = persons([*contents], [_stem(name) for name in stubs])
    return [_read(names[path], path, content, stubs) for path, content in contents.items()]


def _walk(place, path=ROOT):
    """List the files of a folder, and those in its zip files: the path, and the content or why it cannot be read."""
    try:
        if place.is_dir():
            for child in sorted(place.iterdir(), key=lambda child: child.name):
                if not child.name.startswith((".", "__MACOSX")):
                    yield from _walk(child, path / child.name)
        elif path.suffix.lower() == ".zip":
            files = [*_walk(zipfile.Path(BytesIO(place.read_bytes())), path.with_suffix(""))]
            yield from files or [(path, "an empty zip file")]
        else:
            yield path, place.read_bytes() if path.suffix.lower() in READ else "no notebook"
    except (OSError, RuntimeError, zipfile.BadZipFile) as error:  # RuntimeError: it has a password
        yield path, f"cannot be read ({error!s:.100})"


def persons(paths: Sequence[PurePosixPath], lessons: Sequence[str]) -> dict[PurePosixPath, str]:
    """Tell whose each file is, from its path.

    Examples
    --------
    >>> def who(*paths):
    ...     return [*persons([PurePosixPath(path) for path in paths], ["01_loading"]).values()]
    >>> who("Anna/student/01_loading.ipynb", "Copy of 01_loading_Bo (2).ipynb", "Cy_17_assignsubmission_file_/x.ipynb")
    ['Anna', 'Bo', 'Cy']
    >>> who("all/dorasmith_LATE_12_345_01_loading-1.ipynb", "all/Ed/01_loading.ipynb", "all/01_loading/fay.ipynb.txt")
    ['dorasmith', 'Ed', 'fay']
    """
    if len({path.parts[0] for path in paths}) == 1 and all(len(path.parts) > 1 for path in paths):
        inner = persons([PurePosixPath(*path.parts[1:]) for path in paths], lessons)
        if len({*inner.values()} - {*lessons}) > 1:  # the folder is that of all
            return dict(zip(paths, inner.values(), strict=True))
    return {path: _person(path.parts, lessons) for path in paths}


def _person(parts, lessons):
    for part in parts:
        if match := PLATFORMS.match(part):
            return match[1]
    folders = [part for part in parts[:-1] if part not in lessons]
    name = COPY.sub("", _stem(parts[-1]))
    own = re.sub("|".join(lessons), "", name).strip(" _-.")
    return folders[0] if folders else own or name


def _stem(name):
    return re.sub(r"(\.ipynb)?(\.\w+)?$", "", name, flags=re.I)


def _read(person, path, content, stubs):
    try:
        if isinstance(content, str):
            raise MNISTError(content)
        if "instructor" in path.parts:  # `lab` writes it beside the students' notebooks
            raise MNISTError("comes with our solutions; expected that of a student")
        cells = read_notebook(Path(path), content).cells
    except MNISTError as error:
        return HandedIn(person, str(path), refused=str(error).removeprefix(f"{path}: "))
    parts = [_split(cell.source) if cell.cell_type == "code" else ("", {}) for cell in cells]
    called = {check for _, checks in parts for check in checks}
    lesson = max(stubs, key=lambda name: len(called & stubs[name].keys()))
    if not called & stubs[lesson].keys():
        return HandedIn(person, str(path), refused="no notebook of the course: none of its checks is there")
    first = (i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises") or "stub" in tags(cell))
    begin = next(first, 0)
    context = [_definitions(cell.source) for cell in cells[:begin] if cell.cell_type == "code"]
    exercises, own = {check: Exercise(check) for check in stubs[lesson]}, []
    for answer, checks in parts[begin:]:
        own += [answer] if answer else []
        for check in checks.keys() & exercises.keys():
            sources = *exercises[check].cells, *own  # some call a check again and again
            answered = _dump("\n".join(sources)) != _dump(stubs[lesson][check])
            exercises[check] = Exercise(check, checks[check], sources, answered)
        own = [] if checks else own
    return HandedIn(person, str(path), lesson, tuple(exercises.values()), tuple(filter(None, context)))


def _python(source):
    """Blank the lines of a cell that only IPython understands, so that the others keep their numbers."""
    return re.sub(r"^\s*[%!?].*|^.*\?$", "", source, flags=re.M)


def _statements(source):
    try:
        return ast.parse(_python(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _definitions(source):
    """Return the imports, functions and classes of a cell: nothing that computes."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return "\n".join(ast.unparse(node) for node in _statements(source) if isinstance(node, kinds))


def _split(source):
    """Split a cell: an answer, even if somebody has joined it with its check, and name of each check -> its call."""
    lines = [ast.unparse(node) for node in _statements(source)]
    checks = [re.search(r"\bchecks\.(?!claim\b)(\w+)\(", line) for line in lines]
    calls = {i: check[1] for i, check in enumerate(checks) if check}
    answer = "\n".join(lines[: min(calls)]) if calls else _python(source)
    return answer, {check: lines[i] for i, check in calls.items()}


def _dump(source):
    """Reduce code to what it does, without comments and spaces."""
    return [ast.dump(node) for node in _statements(source)] or source
