"""Writing into a folder in which people work."""

from mnist_tutorial.course.working_folder import update

FIRST, SECOND, THIRD = ({"a/one.txt": version, "two.txt": version} for version in (b"1", b"2", b"3"))


def test_unchanged_files_are_brought_up_to_date(tmp_path):
    assert update(tmp_path, FIRST) == (["a/one.txt", "two.txt"], {})
    assert update(tmp_path, FIRST) == ([], {})
    assert update(tmp_path, SECOND) == (["a/one.txt", "two.txt"], {})
    assert {name: (tmp_path / name).read_bytes() for name in SECOND} == SECOND


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


def test_what_is_not_ours_stays_and_our_file_goes_beside_it(tmp_path):
    (tmp_path / "a/one.txt").mkdir(parents=True)
    (tmp_path / "two.txt").write_bytes(b"mine")
    for version in FIRST, SECOND:
        assert update(tmp_path, version) == ([], {"a/one.txt": "a/one.new.txt", "two.txt": "two.new.txt"})
    assert (tmp_path / "two.txt").read_bytes() == b"mine"
    assert (tmp_path / "a/one.new.txt").read_bytes() == b"2"


def test_without_our_record_each_file_that_differs_counts_as_changed(tmp_path):
    update(tmp_path, FIRST)
    (tmp_path / ".workshop.json").write_text('{"a/one.t')
    assert update(tmp_path, SECOND) == ([], {"a/one.txt": "a/one.new.txt", "two.txt": "two.new.txt"})
    assert {name: (tmp_path / name).read_bytes() for name in FIRST} == FIRST
