"""What was handed in: notebooks as people and learning platforms deliver them, and the code of their exercises."""

import ast
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mnist_tutorial.course.lesson import Lesson, read_notebook, tags, variant
from mnist_tutorial.errors import MNISTError

WITHOUT_EXERCISES = ("glossary", "project")  # they come along when a whole folder is handed in
READ = (".ipynb", ".json", ".txt")  # what the name of a notebook may end with
# What Moodle and Canvas put behind the name of a person.
PLATFORMS = re.compile(r"(.+?)(?:_\d+_assignsubmission_(?:file|onlinetext)|(?:_LATE)?_\d+_\d+_)")
COPY = re.compile(r"^copy of |(?: ?\(\d+\)|-copy\d+|\.new(?:-\w{6}|\d*))+$", re.I)
CHECK = re.compile(r"\bchecks\.(?!claim\b)(\w+)\(")
DEFINITIONS = ("import ", "from ", "def ", "class ", "@")
ROOT = PurePosixPath()


@dataclass
class Exercise:
    """An exercise as it was handed in, and its grade."""

    check: str  # its name
    call: str  # the line that calls it; empty if it is not in the notebook
    cells: list[str]  # of the answer
    answered: bool  # whether they differ from the stub
    # Solved: yes, no, not answered or refused; the line of the check, or why the file is refused; and the line of the
    # answer that raised an error, or else the last one.
    grade: tuple[str, str, str]


class HandedIn(NamedTuple):
    """A file that was handed in: an exercise for each of its lesson or, if it is refused, one that says why."""

    person: str
    path: str
    lesson: str
    exercises: list[Exercise]
    context: list[str]  # imports, functions and classes of the lesson


def read_all(place: Path, lessons: Sequence[Lesson]) -> list[HandedIn]:
    """Read a folder or a zip file; an `MNISTError` if there is no file in it."""
    root = zipfile.Path(place) if place.is_file() and zipfile.is_zipfile(place) else place
    contents = {path: content for path, content in _walk(root) if _stem(path.name) not in WITHOUT_EXERCISES}
    if not contents or ROOT in contents:
        reason = contents.get(ROOT, "no files")
        reason = reason if isinstance(reason, str) else "a single file"
        raise MNISTError(f"{place}: {reason}; expected a folder or a zip file with what people have handed in")
    names = _persons([*contents], [_stem(lesson.name) for lesson in lessons])
    stubs = {lesson.name: _take_apart(variant(lesson.notebook, "student"))[1] for lesson in lessons}
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
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:  # RuntimeError: a password
        yield path, f"cannot be read ({error!s:.100})"


def _persons(paths, lessons):
    """Tell whose each file is, from its path."""
    if len({path.parts[0] for path in paths}) == 1 and all(len(path.parts) > 1 for path in paths):
        inner = _persons([PurePosixPath(*path.parts[1:]) for path in paths], lessons)
        if len({*inner.values()} - {*lessons}) > 1:  # the folder is that of all
            return dict(zip(paths, inner.values(), strict=True))
    return {path: _person(path.parts, lessons) for path in paths}


def _person(parts, lessons):
    for part in parts:
        if match := PLATFORMS.match(part):
            return match[1]
    folders = [part for part in parts[:-1] if part not in lessons]
    name = COPY.sub("", _stem(parts[-1]))
    own = re.sub(rf"({'|'.join(lessons)})(-\d{{1,2}})?(?!\d)", "", name).strip(" _-.")  # 01_loading-1 is a copy
    return folders[0] if folders else own or name


def _stem(name):
    return re.sub(r"(\.ipynb)?(\.\w+)?$", "", name, flags=re.I)


def _read(person, path, content, stubs):
    try:
        if isinstance(content, str):
            raise MNISTError(content)
        if "instructor" in path.parts:  # `lab` writes it beside the students' notebooks
            raise MNISTError("comes with our solutions; expected that of a student")
        context, answers = _take_apart(read_notebook(Path(path), content))
        lesson = max(stubs, key=lambda name: len(answers.keys() & stubs[name].keys()))
        if not answers.keys() & stubs[lesson].keys():
            raise MNISTError("no notebook of the course: none of its checks is there")
    except MNISTError as error:
        refused = Exercise("", "", [], False, ("refused", str(error).removeprefix(f"{path}: "), ""))
        return HandedIn(person, str(path), "", [refused], [])
    exercises = []
    for check, (_, stub) in stubs[lesson].items():
        call, cells = answers.get(check, ("", []))
        grade = "not answered", "" if call else "the check is not in the notebook", ""
        exercises.append(Exercise(check, call, cells, call != "" and _code(cells) != _code(stub), grade))
    return HandedIn(person, str(path), lesson, exercises, context)


def _take_apart(notebook):
    """Return the definitions of the lesson, and for each check its call and the cells of the answer before it.

    Somebody may join an answer with its check, or call a check again and again.
    """
    cells, answers, own = notebook.cells, {}, []
    starts = (i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises") or "stub" in tags(cell))
    begin = next(starts, 0)
    taught, exercises = ([c.source for c in part if c.cell_type == "code"] for part in (cells[:begin], cells[begin:]))
    for source in exercises:
        lines = _statements(source)
        calls = {match[1]: line for line in lines if (match := CHECK.search(line))}
        answer = "\n".join(takewhile(lambda line: not CHECK.search(line), lines)) if calls else _python(source)
        own += [answer] if answer else []
        for check, call in calls.items():
            answers[check] = call, [*answers.get(check, ("", []))[1], *own]
        own = [] if calls else own
    return [line for source in taught for line in _statements(source) if line.startswith(DEFINITIONS)], answers


def _statements(source):
    """List the statements of a cell without comments and spaces; none if it is no Python."""
    try:
        return [ast.unparse(node) for node in ast.parse(_python(source)).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _python(source):
    """Blank the lines of a cell that only IPython understands, so that the others keep their numbers."""
    try:
        ast.parse(source)
        return source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.sub(r"^[ \t]*(?:[%!?].*|[\w.]+\?+[ \t]*)$", "", source, flags=re.M)


def _code(cells):
    source = "\n".join(cells)
    return _statements(source) or source
