import contextlib

from mnist_tutorial.data.atomic import atomic, clear_parts


def test_a_file_that_is_not_complete_replaces_nothing(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with contextlib.suppress(KeyboardInterrupt), atomic(path) as part:
        part.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with atomic(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_leftovers_of_killed_processes_are_cleared(tmp_path):
    kept = {"film.mp4.part", ".hidden", ".7.part"}
    for name in (*kept, ".mnist-v1.bin.123.part"):
        (tmp_path / name).write_text("")
    clear_parts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept
