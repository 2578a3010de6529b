"""Writing into a folder in which people work."""

import os
import shutil
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from crashes import crash
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_tutorial.course.working_folder import update
from mnist_tutorial.errors import MNISTError

FIRST, SECOND, THIRD = ({"a/one.txt": version, "two.txt": version} for version in (b"1", b"2", b"3"))
RECORD = ".workshop.json"


def tree(folder, names=None):
    """Map each name in a folder to what is there; nothing is opened but small files."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes() if path.stat().st_size < 10**6 else "enormous"
        elif not path.is_dir():
            found[name] = "pipe"
        elif not any(path.iterdir()):
            found[name] = "folder"
    return {name: found.get(name) for name in names} if names is not None else found


def test_unchanged_files_are_brought_up_to_date(tmp_path):
    assert update(tmp_path, FIRST) == (["a/one.txt", "two.txt"], {})
    assert update(tmp_path, FIRST) == ([], {})
    assert update(tmp_path, SECOND) == (["a/one.txt", "two.txt"], {})
    assert tree(tmp_path, SECOND) == SECOND


def test_changes_stay_and_the_new_version_goes_beside_them(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    assert update(tmp_path, SECOND) == (["two.txt"], {"a/one.txt": "a/one.new.txt"})
    assert (tmp_path / "a/one.txt").read_bytes() == b"mine"
    assert (tmp_path / "a/one.new.txt").read_bytes() == b"2"
    # Again, with nothing new: nothing is written, even if the new version has been deleted.
    (tmp_path / "a/one.new.txt").unlink()
    assert update(tmp_path, SECOND) == ([], {"a/one.txt": None})
    assert not (tmp_path / "a/one.new.txt").exists()


def test_changes_in_the_new_version_stay_as_well(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    update(tmp_path, SECOND)
    (tmp_path / "a/one.new.txt").write_bytes(b"mine, too")
    assert update(tmp_path, THIRD) == (["two.txt"], {"a/one.txt": "a/one.new2.txt"})
    assert (tmp_path / "a/one.new.txt").read_bytes() == b"mine, too"
    assert (tmp_path / "a/one.new2.txt").read_bytes() == b"3"


def test_a_deleted_file_comes_back(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").unlink()
    assert update(tmp_path, FIRST) == (["a/one.txt"], {})


# What may be where we want to write a file.
FOREIGN = {
    "file": lambda path: path.write_bytes(b"mine"),
    "link": lambda path: path.symlink_to(path.parent / "mine.txt"),
    "dangling link": lambda path: path.symlink_to("nothing"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "folder": lambda path: path.mkdir(),
    "pipe": lambda path: os.mkfifo(path),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_not_ours_stays_and_our_file_goes_beside_it(kind, tmp_path):
    (tmp_path / "a").mkdir()
    FOREIGN[kind](tmp_path / "a/one.txt")
    before = tree(tmp_path)
    assert update(tmp_path, FIRST) == (["two.txt"], {"a/one.txt": "a/one.new.txt"})
    assert update(tmp_path, SECOND) == (["two.txt"], {"a/one.txt": "a/one.new.txt"})
    assert tree(tmp_path, before) == before
    assert tree(tmp_path, ["a/one.new.txt", "a/mine.txt"]) == {"a/one.new.txt": b"2", "a/mine.txt": None}


# A record that we did not write, or that is damaged.
RECORDS = {
    "a list": lambda path: path.write_text("[]"),
    "null": lambda path: path.write_text("null"),
    "a text": lambda path: path.write_text('"-"'),
    "other values": lambda path: path.write_text('{"a/one.txt": []}'),
    "a large number": lambda path: path.write_text('{"a/one.txt": 1' + "0" * 63 + "}"),
    "no digest": lambda path: path.write_text('{"a/one.txt": "mine"}'),
    "nested": lambda path: path.write_text("[" * 100_000),
    "cut off": lambda path: path.write_text('{"a/one.t'),
    "empty": lambda path: path.touch(),
    "not UTF-8": lambda path: path.write_bytes(b"\xff{}"),
    "enormous": lambda path: (path.touch(), os.truncate(path, 2**36)),
    "folder": FOREIGN["folder"],
    "pipe": FOREIGN["pipe"],
    "link": FOREIGN["link"],
    "dangling link": FOREIGN["dangling link"],
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_is_not_ours_is_refused_by_name_and_nothing_is_changed(kind, tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    (tmp_path / RECORD).unlink()
    RECORDS[kind](tmp_path / RECORD)
    names = [*FIRST, "a/one.new.txt"]
    before, status = tree(tmp_path, names), (tmp_path / RECORD).lstat()
    with pytest.raises(MNISTError, match=rf"{RECORD}: .*Move it"):
        update(tmp_path, SECOND)
    assert tree(tmp_path, names) == before
    assert (tmp_path / RECORD).lstat()[:7] == status[:7]
    (tmp_path / RECORD).rename(tmp_path / "elsewhere")  # as the message says
    update(tmp_path, SECOND)
    assert tree(tmp_path, names) == {"a/one.txt": b"mine", "two.txt": b"1", "a/one.new.txt": b"2"}


# A folder that cannot be written, and the name that must be shown.
FOLDERS = {
    "a file": (lambda folder: folder.write_text("mine"), "folder"),
    "a link to itself": (lambda folder: folder.symlink_to(folder), "folder"),
    "a file for a folder in it": (lambda folder: (folder.mkdir(), (folder / "a").write_text("mine")), "folder/a"),
    "a dangling link in it": (lambda folder: (folder.mkdir(), (folder / "a").symlink_to("nothing")), "folder/a"),
    "a loop in it": (lambda folder: (folder.mkdir(), (folder / "a").symlink_to("a")), "folder/a"),
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(kind, tmp_path):
    make, name = FOLDERS[kind]
    make(tmp_path / "folder")
    before = tree(tmp_path)
    with pytest.raises(MNISTError, match=rf"{tmp_path}/{name}.*cannot be written .*; expected"):
        update(tmp_path / "folder", FIRST)
    assert tree(tmp_path, before) == before


PLACES = ["a/one.txt", "a/one.new.txt", "two.txt", "two.new.txt", "two.new2.txt", ".two.txt.1.part", "a/b/c", "mine"]
PERSON = st.tuples(st.sampled_from(PLACES), st.sampled_from([*FOREIGN]))


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(PERSON | st.sampled_from([FIRST, SECOND, THIRD]), max_size=6))
def test_whatever_people_do_meanwhile_all_that_is_theirs_stays(steps):
    with TemporaryDirectory() as name:
        folder, theirs = Path(name), {}
        for step in steps:
            if isinstance(step, dict):
                update(folder, step)
            else:
                place, kind = step
                path = folder / place
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.is_symlink() or not path.is_dir():
                    path.unlink(missing_ok=True)
                    FOREIGN[kind](path)
                theirs = tree(folder, {*theirs, place})
            assert tree(folder, theirs) == theirs


@pytest.mark.parametrize("how", ["killed", "failed"])
def test_wherever_it_ends_the_next_run_gives_the_right_answer(how, tmp_path):
    theirs = {"mine.txt": b"mine", "three.txt": b"changed"}
    second, third = SECOND | {"three.txt": b"2", "b/new.txt": b"2"}, THIRD | {"three.txt": b"3", "b/new.txt": b"3"}
    update(tmp_path / "0", FIRST | {"three.txt": b"1"})
    for name, content in theirs.items():
        (tmp_path / "0" / name).write_bytes(content)
    for n in count(1):
        folder = shutil.copytree(tmp_path / "0", tmp_path / str(n))
        end = crash(lambda folder=folder, files=second: update(folder, files), folder, n, how)
        assert end in (None, *{"killed": ["killed"], "failed": ["done", "refused"]}[how])
        version = (second, third)[n % 2]
        update(folder, version)
        # What it was writing, or could not tidy up, may still be there, in a folder of ours.
        found = {name: content for name, content in tree(folder).items() if ".mnist-tutorial-" not in name}
        del found[RECORD]
        assert found == version | theirs | {"three.new.txt": version["three.txt"]}, f"{how} at call {n}"
        if end is None:
            break
    assert n > 10
