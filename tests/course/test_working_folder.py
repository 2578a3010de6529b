"""Writing into a folder in which people work."""

import pytest

from mnist_tutorial.course.working_folder import update

FIRST, SECOND, THIRD = {"a/one.txt": b"1"}, {"a/one.txt": b"2"}, {"a/one.txt": b"3"}


def test_unchanged_files_are_brought_up_to_date(tmp_path):
    assert update(tmp_path, FIRST) == (["a/one.txt"], {})
    assert update(tmp_path, FIRST) == ([], {})
    assert update(tmp_path, SECOND) == (["a/one.txt"], {})
    assert (tmp_path / "a/one.txt").read_bytes() == b"2"


def test_changes_stay_and_the_new_version_goes_beside_them(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    assert update(tmp_path, SECOND) == ([], {"a/one.txt": "a/one.new.txt"})
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
    assert update(tmp_path, THIRD) == ([], {"a/one.txt": "a/one.new2.txt"})
    assert (tmp_path / "a/one.new.txt").read_bytes() == b"mine, too"
    assert (tmp_path / "a/one.new2.txt").read_bytes() == b"3"


def test_a_file_from_elsewhere_counts_as_changed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.txt").write_bytes(b"from elsewhere")
    assert update(tmp_path, FIRST) == ([], {"a/one.txt": "a/one.new.txt"})
    assert (tmp_path / "a/one.txt").read_bytes() == b"from elsewhere"


def test_without_a_record_nothing_is_overwritten(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / ".workshop.json").write_text("cut sho")
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    update(tmp_path, SECOND)
    assert (tmp_path / "a/one.txt").read_bytes() == b"mine"


def test_a_deleted_file_comes_back(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").unlink()
    assert update(tmp_path, FIRST) == (["a/one.txt"], {})


def test_after_an_interruption_the_files_written_so_far_still_count_as_unchanged(tmp_path):
    class Interrupted(dict):
        def items(self):
            yield from super().items()
            raise KeyboardInterrupt

    update(tmp_path, FIRST)
    with pytest.raises(KeyboardInterrupt):
        update(tmp_path, Interrupted(SECOND))
    assert update(tmp_path, THIRD) == (["a/one.txt"], {})
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"one.txt", ".workshop.json"}
