"""Writing into a folder in which people work."""

from mnist_tutorial.course.working_folder import update

FIRST, SECOND, THIRD = {"a/one.txt": b"1"}, {"a/one.txt": b"2"}, {"a/one.txt": b"3"}


def test_what_nobody_has_changed_is_brought_up_to_date(tmp_path):
    assert update(tmp_path, FIRST) == (["a/one.txt"], {})
    assert update(tmp_path, FIRST) == ([], {})
    assert update(tmp_path, SECOND) == (["a/one.txt"], {})
    assert (tmp_path / "a/one.txt").read_bytes() == b"2"


def test_changes_stay_and_the_new_version_lies_beside_them(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    assert update(tmp_path, SECOND) == ([], {"a/one.txt": "a/one.new.txt"})
    assert (tmp_path / "a/one.txt").read_bytes() == b"mine"
    assert (tmp_path / "a/one.new.txt").read_bytes() == b"2"
    # Once more, with nothing new: nothing more is written, even if the new version was thrown away.
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


def test_what_was_there_before_counts_as_changed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.txt").write_bytes(b"from elsewhere")
    assert update(tmp_path, FIRST) == ([], {"a/one.txt": "a/one.new.txt"})
    assert (tmp_path / "a/one.txt").read_bytes() == b"from elsewhere"


def test_without_its_record_nothing_is_overwritten(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / ".workshop.json").write_text("cut sho")
    (tmp_path / "a/one.txt").write_bytes(b"mine")
    update(tmp_path, SECOND)
    assert (tmp_path / "a/one.txt").read_bytes() == b"mine"


def test_a_file_that_was_deleted_comes_back(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / "a/one.txt").unlink()
    assert update(tmp_path, FIRST) == (["a/one.txt"], {})
